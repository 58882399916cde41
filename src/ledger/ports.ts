/** Bytes of one state slot: `ledger.state` holds two of them, one after the other. */
export const SLOT_BYTES = 4096;

/** Which of the two state slots. */
export type SlotNumber = 0 | 1;

/**
 * What the ledger needs from a disk. All calls are synchronous. A call that throws during
 * publication ends the process, so an adapter must not retry a failed sync.
 */
export interface LedgerFiles {
  /**
   * The 4,096 bytes of a slot as the disk has them; all zero when never written. A fresh array:
   * the ledger erases it after use.
   */
  readSlot(slot: SlotNumber): Uint8Array;
  /** Overwrites a slot in place. The file is never renamed or replaced: old keys must vanish. */
  writeSlot(slot: SlotNumber, bytes: Uint8Array): void;
  /** Returns when every slot written before is on the medium. */
  syncState(): void;
  /** Writes all of `bytes` at `offset` of the chain file, however many calls that takes. */
  appendAt(offset: number, bytes: Uint8Array): void;
  /** Returns when every byte appended before is on the medium. */
  syncChain(): void;
  /** The length of the chain file in bytes. */
  chainLength(): number;
  /** Exactly `length` bytes at `offset` of the chain file. @throws beyond its end. */
  readChain(offset: number, length: number): Uint8Array;
  /** What was cut out of the chain file; undefined while it is whole. Offsets count it in. */
  readonly gap?: Gap | undefined;
  /** Copies the chain file from `offset` on to a file beside it, truncates there, and syncs both. */
  setAside(offset: number): void;
}

/** Random access to bytes that need not be in memory: a chain file, a bundle. */
export interface ByteSource {
  /** Bytes altogether. */
  readonly length: number;
  /** Exactly `length` bytes at `offset`. @throws beyond the end. */
  read(offset: number, length: number): Uint8Array;
  /** Of a chain file: what was cut out of it. */
  readonly gap?: Gap | undefined;
}

/** Where a ledger was cut: the first block that stayed, and the offset at which it begins. */
export interface Cut {
  readonly size: number;
  readonly offset: number;
}

/**
 * What a ledger file lacks behind block 0: blocks 1 to `size - 1`, which are in archives. Offsets
 * count the bytes of the whole ledger, so none of them changes when a ledger is cut.
 */
export interface Gap extends Cut {
  /** Bytes of block 0: where the gap begins. */
  readonly front: number;
  /** Leaf hashes of blocks `from` up to but not including `to`, of those before `size`. */
  leaves(from: number, to: number): readonly Uint8Array[];
}

/** Takes bytes in order. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/**
 * One block on its way to the chain file, as SQLite keeps it: from the COMMIT that holds it, these
 * and no other bytes become block `index`. Rows below a new row's index are deleted with its insert.
 */
export interface OutboxRow {
  readonly index: number;
  /** Where in the chain file the bytes belong. */
  readonly offset: number;
  /** The whole block. */
  readonly bytes: Uint8Array;
  /**
   * Behind a SEGMENT block: the 64 random bytes of its key exchange and the vendor's 32-byte sealing
   * key; empty for every other type. Recovery derives the segment's keys from them and the chain key
   * in the state slot; alone they open nothing.
   */
  readonly entropy: Uint8Array;
}
