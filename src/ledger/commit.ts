import { erase } from "../crypto/erase.ts";
import { type LedgerFiles, SLOT_BYTES, type SlotNumber } from "./ports.ts";
import { type ChainState, encodeSlot } from "./state.ts";

// The steps after the database has committed (docs/spec/ledger.md, "Commit"), used by every block
// and by recovery alike. An exception from any of them ends the process.

/** C2 and C3: puts a block in its place. When this returns, the block is on the medium. */
export function placeBlock(files: LedgerFiles, offset: number, bytes: Uint8Array): void {
  files.appendAt(offset, bytes);
  // A crash before the sync leaves part of the block. The outbox row still has all of it.
  files.syncChain();
}

/**
 * C4 to C7: the keys move on. `empty` is the slot that holds nothing; when this returns it holds
 * the one valid state, and the other is zeros on the medium.
 */
export function moveState(files: LedgerFiles, state: ChainState, empty: SlotNumber): void {
  const slot = encodeSlot(state);
  try {
    files.writeSlot(empty, slot);
    // The old slot must stand until the new one is safe: a crash before this leaves the old.
    files.syncState();
  } finally {
    erase(slot);
  }
  scrubSlot(files, other(empty));
}

/** Overwrites a slot with zeros, in place, down to the medium. */
export function scrubSlot(files: LedgerFiles, slot: SlotNumber): void {
  files.writeSlot(slot, new Uint8Array(SLOT_BYTES));
  // A crash before this may leave two valid slots of adjacent generations: recovery takes the newer.
  files.syncState();
}

export const other = (slot: SlotNumber): SlotNumber => (slot === 0 ? 1 : 0);
