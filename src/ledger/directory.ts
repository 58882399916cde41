import { concat, readUint, u32, u64 } from "../base/bytes.ts";
import { LedgerError } from "./errors.ts";

export const DIRECTORY_ROW_BYTES = 108;

/**
 * One line of the segment directory: what is needed to pick up the keys of a segment whose own
 * block was lost. It proves nothing by itself; only its `handoff`, checked under the previous
 * segment's auth key, makes it believable.
 */
export interface DirectoryRow {
  readonly segment: number;
  /** Index of the SEGMENT block. */
  readonly index: number;
  /** The key share for the vendor, 32 bytes. */
  readonly enc: Uint8Array;
  readonly readCommit: Uint8Array;
  /** Zeros for segment 0. */
  readonly handoff: Uint8Array;
}

export function encodeDirectoryRow(row: DirectoryRow): Uint8Array {
  return concat(u32(row.segment), u64(row.index), row.enc, row.readCommit, row.handoff);
}

/** @throws LedgerError `LEDGER_MALFORMED` unless there are exactly 108 bytes. */
export function decodeDirectoryRow(bytes: Uint8Array): DirectoryRow {
  if (bytes.length !== DIRECTORY_ROW_BYTES) {
    throw new LedgerError("LEDGER_MALFORMED", `directory row of ${bytes.length} bytes`);
  }
  return {
    segment: readUint(bytes, 0, 4),
    index: readUint(bytes, 4, 8),
    enc: bytes.slice(12, 44),
    readCommit: bytes.slice(44, 76),
    handoff: bytes.slice(76, 108),
  };
}
