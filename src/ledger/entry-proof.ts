import { equalBytes, fromHex } from "../base/bytes.ts";
import { parsePseudonym } from "../base/identity.ts";
import type { ChainId, LeaseId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { UsageEvent } from "../base/usage-event.ts";
import { verifyInclusion } from "../merkle/proof.ts";
import { leafHash } from "../merkle/tree.ts";
import { decodeHeader } from "./block.ts";
import { canonicalElements } from "./cbor-writer.ts";
import { LedgerError } from "./errors.ts";
import { eventValue } from "./event-entry.ts";

/** What the ledger tells of the seats of one lease, but for the lease and its feature. */
export interface SeatEntry {
  readonly id: number;
  readonly user: string;
  readonly wall: UnixMillis;
  /** Seats that the grant took: 0 where it shares those of another lease; of a borrowing, those of the lease. */
  readonly count: number;
  /** Of a grant: whether it used seats above the license. */
  readonly overdraft?: boolean;
  /** Of a borrowing: its end. */
  readonly until?: UnixMillis;
}

/**
 * That one block of a ledger tells of one lease, for who sees nothing but heads: the entry, what
 * blinds it, its way to the block's `events_root`, and of the block the header and the hash of the
 * rest. Opens nothing else of the block.
 */
export interface EntryProof {
  readonly entry: SeatEntry;
  /** 16 bytes. */
  readonly blind: Uint8Array;
  /** Place of the entry among those of its block, from 0, and how many there are. */
  readonly at: number;
  readonly of: number;
  /** RFC 6962 audit path to `events_root`. */
  readonly path: readonly Uint8Array[];
  /** 144 bytes. */
  readonly header: Uint8Array;
  /** SHA-256 of the block behind its header. */
  readonly rest: Uint8Array;
}

/** What a proof can be of. */
export type SeatEvent = Extract<UsageEvent, { readonly type: "grant" | "borrow" }>;

/** A lease that a ledger shall tell of. */
export interface ToldLease {
  readonly chainId: ChainId;
  readonly lease: LeaseId;
  readonly feature: string;
}

/** The tree of a head, and the way of the proof's block to its root. */
export interface BlockPlace {
  readonly size: number;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Whether the ledger of that head tells of the lease. Malformed proofs are `false`. */
export function isTold(proof: EntryProof, told: ToldLease, place: BlockPlace): boolean {
  try {
    return hasEntry(proof, told) && hasBlock(proof, place);
  } catch (error) {
    // What is no header, no pseudonym or no name proves nothing.
    if (error instanceof LedgerError || error instanceof RangeError) return false;
    throw error;
  }
}

function hasEntry({ entry, blind, at, of, path, header }: EntryProof, told: ToldLease): boolean {
  const { type, chainId, eventsRoot } = decodeHeader(header);
  if (type !== "checkpoint" || !equalBytes(chainId, fromHex(told.chainId))) return false;
  const { whole } = canonicalElements(eventValue(eventOf(entry, told)));
  const leaf = leafHash(blind, whole);
  return verifyInclusion({ index: at, size: of, leaf, proof: path, root: eventsRoot });
}

function hasBlock({ header, rest }: EntryProof, { size, root, path }: BlockPlace): boolean {
  const { index } = decodeHeader(header);
  return verifyInclusion({ index, size, leaf: leafHash(header, rest), proof: path, root });
}

function eventOf(entry: SeatEntry, { lease, feature }: ToldLease): SeatEvent {
  const { id, wall, count, until, overdraft = false } = entry;
  const what = { id, wall, count, feature, lease, user: parsePseudonym(entry.user) };
  if (until === undefined) return { type: "grant", ...what, overdraft };
  return { type: "borrow", ...what, until };
}
