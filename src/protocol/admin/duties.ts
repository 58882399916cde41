import type { AdminRole } from "../../base/admin-role.ts";
import type { AdminRouteName } from "../admin.ts";

interface Duty {
  /** The least role that may ask. */
  readonly least: AdminRole;
  /** Under which name the audit trail has it; null for what changes nothing and gives nothing away. */
  readonly act: string | null;
}

/** Every request has a line here, or this does not compile. */
export const ADMIN_DUTIES: Readonly<Record<AdminRouteName, Duty>> = {
  status: { least: "viewer", act: null },
  watchStatus: { least: "viewer", act: null },
  seats: { least: "viewer", act: null },
  // Who asks by name learns whose pseudonym is whose.
  findSeats: { least: "operator", act: null },
  revoke: { least: "operator", act: "seats.revoke" },
  revokeHeld: { least: "operator", act: "seats.revoke-held" },
  releaseBorrowed: { least: "operator", act: "seats.release" },
  usage: { least: "viewer", act: null },
  usageHistory: { least: "viewer", act: null },
  checkpoint: { least: "operator", act: "ledger.checkpoint" },
  exportUsage: { least: "operator", act: "usage.export" },
  previewExport: { least: "viewer", act: null },
  importReceipt: { least: "operator", act: "usage.receipt" },
  planArchive: { least: "operator", act: null },
  cutLedger: { least: "administrator", act: "ledger.cut" },
  backup: { least: "administrator", act: "site.backup" },
  // Nobody is served while it reads the database.
  checkup: { least: "administrator", act: null },
  backupChecked: { least: "administrator", act: "site.backup-checked" },
  licenses: { least: "viewer", act: null },
  installLicense: { least: "administrator", act: "license.install" },
  requestRenewal: { least: "operator", act: "license.renewal" },
  reload: { least: "administrator", act: "config.reload" },
  why: { least: "operator", act: null },
  namedUsers: { least: "viewer", act: null },
  editNamedUsers: { least: "administrator", act: "named-users.edit" },
  askNamedUser: { least: "operator", act: null },
  tokens: { least: "viewer", act: null },
  createToken: { least: "administrator", act: "tokens.create" },
  findTokens: { least: "operator", act: null },
  revokeToken: { least: "administrator", act: "tokens.revoke" },
  trail: { least: "viewer", act: null },
};
