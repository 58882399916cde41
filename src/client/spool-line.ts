import { toHex, utf8 } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { sha256 } from "../crypto/hash.ts";
import { decodeUsageRecord, type UsageRecord } from "../protocol/requests.ts";

/** What one line of a spool file says. */
export type SpoolLine =
  /** A record, under a number of its own in this file. */
  | { readonly kind: "add"; readonly at: number; readonly record: UsageRecord }
  /** These may have reached the daemon of this ledger, and must go to no other. */
  | { readonly kind: "bind"; readonly chain: ChainId; readonly at: readonly number[] }
  /** The daemon has answered these. */
  | { readonly kind: "done"; readonly at: readonly number[] };

/** A checksum, one JSON object, and the line's end. */
export function writeLine(line: SpoolLine): string {
  const json = JSON.stringify(line);
  return `${checksum(json)} ${json}\n`;
}

/**
 * The whole lines of a spool file. What a crash or a full disk left half-written has no line's end
 * or another checksum, and nobody was told that it is safe: it is passed over.
 */
export function readLines(text: string): readonly SpoolLine[] {
  return text
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => readLine(line) ?? []);
}

function readLine(line: string): SpoolLine | undefined {
  const json = line.slice(CHECKSUM_LENGTH + 1);
  if (line.slice(0, CHECKSUM_LENGTH + 1) !== `${checksum(json)} `) return undefined;
  try {
    return decodeLine(JSON.parse(json));
  } catch {
    // Of a release that writes other lines.
    return undefined;
  }
}

function decodeLine(value: unknown): SpoolLine | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value && "at" in value)) {
    return undefined;
  }
  const { kind, at } = value;
  if (kind === "add" && isPlace(at) && "record" in value) {
    return { kind, at, record: decodeUsageRecord(value.record) };
  }
  if (!Array.isArray(at) || !at.every(isPlace)) return undefined;
  if (kind === "done") return { kind, at };
  if (kind !== "bind" || !("chain" in value) || typeof value.chain !== "string") return undefined;
  return { kind, at, chain: chainId(value.chain) };
}

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value);

/** Half of a sector written and half not is what it must notice, not an attacker: the file is the user's own. */
const checksum = (json: string): string => toHex(sha256(utf8(json))).slice(0, CHECKSUM_LENGTH);

const CHECKSUM_LENGTH = 16;
