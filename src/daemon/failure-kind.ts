import { CodedError } from "../base/errors.ts";
import { LedgerFatalError } from "../ledger/errors.ts";

/** A promise broken with a name, as every module makes them. */
export function isCoded(error: unknown): error is CodedError {
  return error instanceof CodedError;
}

/** The disk refused, nothing was changed, and it may be asked again later. */
export function isUnavailable(error: unknown): error is CodedError {
  return isCoded(error) && error.code === "STORE_UNAVAILABLE";
}

/**
 * Memory and disk may differ from here on, or the program is wrong: only a restart, which reads
 * the disk, can know what was kept.
 */
export function isFatal(error: unknown): boolean {
  if (error instanceof LedgerFatalError || !isCoded(error)) return true;
  return error.code === "STORE_SYNC_FAILED" || error.code === "STORE_CORRUPT";
}
