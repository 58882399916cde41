import { type AdminRequest, bare } from "./route.ts";

export interface BackupRoutes {
  /** The answer is a backup of the site, as bytes. */
  readonly backup: AdminRequest<undefined>;
}

export const BACKUP_ROUTES: BackupRoutes = { backup: bare("POST", "/v1/backup") };
