import type { ChainId } from "../base/ids.ts";
import type { Range } from "../bundle/missing-ranges.ts";
import type { ProblemVerdict } from "../bundle/verdict.ts";
import type { BlockType } from "../ledger/block.ts";
import type { Payload } from "../ledger/payload.ts";
import type { ReaderChange, Readers } from "../ledger/readers.ts";
import type { Head } from "../note/checkpoint.ts";

/** What an auditor finds that a vendor has no word for. */
export const AUDIT_CODES = [
  "HASH_CHAIN_BROKEN",
  "AUDITOR_LEFT_OUT",
  "READER_UNKNOWN",
  "WRAP_UNREADABLE",
  "NOTHING_READABLE",
] as const;

/** Codes that are verdicts on bundles too mean the same there. */
type AuditCode = (typeof AUDIT_CODES)[number] | ProblemVerdict;

export interface AuditProblem {
  readonly code: AuditCode;
  /** The block it was seen at; null where it concerns the file as a whole. */
  readonly index: number | null;
  /** For people: lower case, no full stop. */
  readonly detail: string;
}

/** What was sealed in a block, as far as the auditor's key shows it. */
export type BlockContent =
  | { readonly kind: "opened"; readonly payload: Payload; readonly plaintext: Uint8Array }
  /** Under keys that this auditor was not given. */
  | { readonly kind: "sealed" }
  /** Under keys that were given, and not what those keys vouch for. */
  | { readonly kind: "broken" };

/** One block as an auditor sees it. */
export interface AuditedBlock {
  readonly index: number;
  readonly segment: number;
  readonly indexInSegment: number;
  readonly type: BlockType;
  /** Bytes of the whole block. */
  readonly bytes: number;
  readonly content: BlockContent;
  /** For a SEGMENT block: who reads the blocks after it. */
  readonly readers: Readers | undefined;
}

/** Where the bytes of a file went: together they are the file. */
export interface ByteCount {
  readonly total: number;
  /** Open to everybody: heads of blocks, and what holds a bundle together. */
  readonly open: number;
  /** Sealed, and shown to this auditor. */
  readonly shown: number;
  /** Sealed, and not shown: under keys this auditor was not given, or broken. */
  readonly hidden: number;
  /** Recomputed from what was shown: synthetic IVs, seals of the cipher, commitments, roots, hashes. */
  readonly recomputed: number;
  /** Values of a fixed length that only the vendor, or another auditor, can check. */
  readonly unchecked: number;
}

/** What was found. An empty list of checks would be our own fault. */
export interface AuditReport {
  readonly kind: "bundle" | "ledger" | "archive";
  /** Undefined when not even one block could be read. */
  readonly chainId: ChainId | undefined;
  /** The key id of this auditor; undefined when no key was given. */
  readonly auditor: string | undefined;
  readonly fromIndex: number;
  /** Blocks in the ledger, as far as the file reaches. */
  readonly size: number;
  /** Blocks in the file. */
  readonly blocks: number;
  readonly opened: number;
  readonly sealed: number;
  /** Indices of the blocks that were not opened. Long lists are cut. */
  readonly sealedRanges: readonly Range[];
  readonly readers: readonly ReaderChange[];
  /** The root over the blocks, recomputed; undefined where the file does not hold them all. */
  readonly root: Uint8Array | undefined;
  /** The head in the bundle, if its signature was verified. */
  readonly head: Head | undefined;
  readonly bytes: ByteCount;
  /** Sentences, each a thing that was looked at. Never empty. */
  readonly checked: readonly string[];
  /** What nobody but the vendor can check, or what the file or the options did not allow. */
  readonly unchecked: readonly string[];
  /** Long lists are cut; `problemCount` is not. */
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
}
