import { fromHex, toHex } from "../../base/bytes.ts";
import type { AdminClient } from "../../daemon/admin-client.ts";
import type { ChainedRecord } from "../../trail/chain.ts";
import { TrailError } from "../../trail/errors.ts";
import { readRecord, type TrailRecord } from "../../trail/record.ts";
import { readTextInput } from "../shared/input-file.ts";

/** Bytes of an exported trail that is read: a million records and more. */
const EXPORT_BYTES = 1_073_741_824;

/** One line of an export: the record stands in it byte for byte as it was hashed. */
export const lineOf = ({ text, hash }: ChainedRecord): string =>
  `{"hash":"${toHex(hash)}","record":${text}}\n`;

const LINE = /^\{"hash":"([\da-f]{64})","record":(\{.*\})\}$/;

/**
 * The records of an export.
 * @throws TrailError TRAIL_FORMAT with the line that is none; CliError for a file that cannot be read.
 */
export function exportedRecords(path: string): readonly ChainedRecord[] {
  const lines = readTextInput(path, "audit trail", EXPORT_BYTES).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => {
    const [, hash, text] = LINE.exec(line) ?? [];
    if (hash !== undefined && text !== undefined) return { text, hash: fromHex(hash) };
    throw new TrailError("TRAIL_FORMAT", `${path}:${index + 1} is no line of an audit trail`, {
      hint: "give a file that seatkeeper audit export has written",
      facts: { path, line: index + 1 },
    });
  });
}

/**
 * The records that the daemon has.
 * @yields them as they are kept, the oldest first.
 */
export async function* keptRecords(
  client: AdminClient,
): AsyncGenerator<ChainedRecord, void, undefined> {
  for await (const { records } of client.trail()) {
    for (const { text, hash } of records) yield { text, hash: fromHex(hash) };
  }
}

/** What to look for. */
export interface TrailFilter {
  /** Days of UTC, both included. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** `seats.revoke`, or `seats.` for all that begin so. */
  readonly act: string | undefined;
  readonly outcome: string | undefined;
  /** Pseudonyms or ids of whom the record is about or by: one of them is enough. */
  readonly about: readonly string[];
}

/** The record that `each` is; undefined for one that was made unreadable: `audit verify` tells. */
export function recordIn({ text }: ChainedRecord): TrailRecord | undefined {
  try {
    return readRecord(text);
  } catch (error) {
    if (error instanceof TrailError) return undefined;
    throw error;
  }
}
