/** What somebody may ask of the daemon: each role may what those before it may. */
export const ADMIN_ROLES = ["viewer", "operator", "administrator"] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** Whether a role may do what takes at least another. */
export const mayAct = (role: AdminRole, least: AdminRole): boolean =>
  ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(least);
