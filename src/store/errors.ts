import { CodedError } from "../base/errors.ts";

export const STORE_CODES = [
  "STORE_UNAVAILABLE",
  "STORE_SYNC_FAILED",
  "STORE_LOCKED",
  "STORE_NEWER",
  "STORE_CORRUPT",
  "DATA_FOLDER_MISSING",
  "DATA_FOLDER_OWNER",
  "DATA_FOLDER_UNUSABLE",
] as const;

/**
 * - `STORE_UNAVAILABLE`: the disk refused a write, and nothing of it was kept; it may work later.
 * - `STORE_SYNC_FAILED`: a write may or may not be on the medium; only a restart can tell.
 * - `STORE_LOCKED`: another process has the data folder.
 * - `STORE_NEWER`: the database was written by a newer release.
 * - `STORE_CORRUPT`: the database is damaged, or is none of ours.
 * - `DATA_FOLDER_MISSING`, `DATA_FOLDER_OWNER`, `DATA_FOLDER_UNUSABLE`: the folder is not there,
 *   belongs to somebody else, or cannot be written.
 */
export class StoreError extends CodedError<(typeof STORE_CODES)[number]> {}
