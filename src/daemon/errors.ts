import { CodedError } from "../base/errors.ts";

export const DAEMON_CODES = [
  "SITE_MISSING",
  "SITE_KEY_DAMAGED",
  "SITE_KEY_MISSING",
  "SITE_FILE_UNREADABLE",
  "VENDOR_LEDGER_EXISTS",
  "VENDOR_FOLDER_IN_USE",
  "VENDOR_FOLDER_ORPHANED",
  "VENDOR_NOT_HERE",
  "VENDOR_NOT_NAMED",
  "HOST_IDENTITY_MISSING",
  "LICENSE_INSTALLED",
  "LICENSE_FILE_REFUSED",
  "LICENSE_FILE_NAME",
  "TLS_FILES",
  "PLAINTEXT_REFUSED",
  "PORT_IN_USE",
  "LISTEN_FAILED",
  "ADMIN_SOCKET_IN_USE",
  "ADMIN_SOCKET_FAILED",
  "ADMIN_UNREACHABLE",
  "ADMIN_REPLY",
  "ADMIN_REQUEST",
  "ADMIN_LEASE_UNKNOWN",
  "ADMIN_LEASE_BORROWED",
  "ADMIN_NOT_WRITTEN",
  "BACKUP_NOT_SEALED",
  "BACKUP_FORMAT",
  "BACKUP_DAMAGED",
  "RESTORE_NOT_EMPTY",
  "RESTORE_OTHER_VENDOR",
  "RELEASE_NOT_BORROWED",
  "DAEMON_STOPPING",
] as const;

/** What a ledger that succeeds another says of itself in its INCIDENT block. */
export const SUCCESSION_CODES = ["RESTORED_FROM_BACKUP"] as const;

/** What can go wrong between the pieces that the daemon joins. */
export class DaemonError extends CodedError<(typeof DAEMON_CODES)[number]> {}
