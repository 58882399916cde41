import { CodedError } from "../base/errors.ts";

/** Every way a sealed ledger can be refused or break; headings of docs/ERRORS.md. */
export const LEDGER_CODES = [
  // Bytes that are no SKC1.
  "LEDGER_MALFORMED",
  "LEDGER_UNSUPPORTED",
  "LEDGER_LIMIT_EXCEEDED",
  "LEDGER_TRUNCATED",
  "LEDGER_PAYLOAD",
  // A draft that cannot be sealed.
  "LEDGER_BLOCK_TOO_LARGE",
  "LEDGER_EVENT_ORDER",
  "LEDGER_SEGMENT_DUE",
  // What stays of blocks that were archived, and the archives.
  "LEDGER_LEAVES_MISSING",
  "LEDGER_LEAVES_DAMAGED",
  "ARCHIVE_MALFORMED",
  "ARCHIVE_UNSUPPORTED",
  "ARCHIVE_DAMAGED",
  // The ledger as a whole.
  "LEDGER_EXISTS",
  "LEDGER_WRITE_FAILED",
  "CHAIN_MISSING",
  "CHAIN_KEY_LOST",
  "STATE_REGRESSION",
  "EVENT_STORE_REGRESSION",
  "GENESIS_MISMATCH",
] as const;

export type LedgerCode = (typeof LEDGER_CODES)[number];

/** The bytes, the draft or the chain on disk cannot be accepted. Nothing was changed. */
export class LedgerError extends CodedError<LedgerCode> {}

/**
 * A write or sync of the ledger's files failed after the database had committed. Only a restart,
 * which reads the disk, can know what was kept: the process must end.
 */
export class LedgerFatalError extends LedgerError {}
