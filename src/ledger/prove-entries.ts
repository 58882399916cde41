import type { LeaseId } from "../base/ids.ts";
import type { UsageEvent } from "../base/usage-event.ts";
import { sha256Public } from "../crypto/hash.ts";
import { WholeTree } from "../merkle/whole-tree.ts";
import { HEADER_BYTES } from "./block.ts";
import type { EntryProof, SeatEntry, SeatEvent } from "./entry-proof.ts";
import { blindedEntries } from "./keys.ts";

/**
 * The proofs for all leases that a block tells of; of several entries for one lease, the last.
 * @param read the read key of the block's position.
 * @param block the whole block, as `entries` and `events` were sealed into it.
 */
export function entryProofs(
  read: Uint8Array,
  block: Uint8Array,
  entries: readonly Uint8Array[],
  events: readonly UsageEvent[],
): ReadonlyMap<LeaseId, EntryProof> {
  const proofs = new Map<LeaseId, EntryProof>();
  if (!events.some(isOfSeats)) return proofs;
  const blinded = blindedEntries(read, entries);
  const tree = new WholeTree(blinded.map(({ leaf }) => leaf));
  const header = block.slice(0, HEADER_BYTES);
  const rest = sha256Public(block.subarray(HEADER_BYTES));
  // Entries of events come first, in their order.
  for (const [at, event] of events.entries()) {
    const { blind } = blinded[at] ?? {};
    if (!isOfSeats(event) || blind === undefined) continue;
    const place = { at, of: entries.length, path: tree.path(at), header, rest };
    proofs.set(event.lease, { entry: entryOf(event), blind, ...place });
  }
  return proofs;
}

function entryOf(event: SeatEvent): SeatEntry {
  const { id, user, wall, count } = event;
  const kind = event.type === "grant" ? { overdraft: event.overdraft } : { until: event.until };
  return { id, user, wall, count, ...kind };
}

const isOfSeats = (event: UsageEvent): event is SeatEvent =>
  event.type === "grant" || event.type === "borrow";
