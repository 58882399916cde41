import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { gapIn, lengthOver, placeIn } from "../ledger/gap.ts";
import { KeptLeaves } from "../ledger/kept-leaves.ts";
import {
  type ByteSource,
  type Cut,
  type Gap,
  type LedgerFiles,
  SLOT_BYTES,
  type SlotNumber,
} from "../ledger/ports.ts";
import { fresh, replaceDurably, syncFolder } from "./data-folder.ts";
import { readFully, writeFully } from "./whole-writes.ts";

const STATE_BYTES = 2 * SLOT_BYTES;

/** Bytes copied at a time when a tail is set aside. */
const PIECE = 1_048_576;

/**
 * A ledger on disk: the chain file and the state file beside it, both held open. Errors of the
 * system come as they are; from the first write on, the ledger ends the process for any of them,
 * because only a restart, which reads the disk, can know what was kept.
 */
export class RealLedgerFiles implements LedgerFiles {
  readonly #chainPath: string;
  readonly #state: number;
  #chain: number;
  #leaves: number | undefined;
  #kept: KeptLeaves | undefined;
  #gap: Gap | undefined;

  /**
   * Opens both files, and makes those that are missing: an empty chain, a state of two empty slots.
   * What it means that they were missing is for the ledger to say.
   * @throws LedgerError `LEDGER_LEAVES_DAMAGED`.
   */
  constructor(chainPath: string, statePath: string) {
    this.#chainPath = chainPath;
    this.#chain = openOrMake(chainPath);
    try {
      this.#state = openOrMake(statePath);
      preallocate(this.#state);
      syncFolder(dirname(chainPath));
      syncFolder(dirname(statePath));
    } catch (error) {
      closeSync(this.#chain);
      throw error;
    }
    try {
      // What a crash in the middle of a cut has left.
      for (const path of [chainPath, leavesPath(chainPath)]) rmSync(fresh(path), { force: true });
      this.#takeUpLeaves();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get gap(): Gap | undefined {
    return this.#gap;
  }

  /** What is kept of blocks that are in archives, or are about to be cut off. */
  get kept(): KeptLeaves | undefined {
    return this.#kept;
  }

  readSlot(slot: SlotNumber): Uint8Array {
    const bytes = new Uint8Array(SLOT_BYTES);
    readFully(this.#state, bytes, slot * SLOT_BYTES);
    return bytes;
  }

  writeSlot(slot: SlotNumber, bytes: Uint8Array): void {
    if (bytes.length !== SLOT_BYTES) throw new RangeError(`a slot of ${bytes.length} bytes`);
    writeFully(this.#state, bytes, slot * SLOT_BYTES);
  }

  syncState(): void {
    fdatasyncSync(this.#state);
  }

  appendAt(offset: number, bytes: Uint8Array): void {
    writeFully(this.#chain, bytes, placeIn(this.#gap, offset, bytes.length));
  }

  syncChain(): void {
    fdatasyncSync(this.#chain);
  }

  chainLength(): number {
    return lengthOver(this.#gap, fstatSync(this.#chain).size);
  }

  /** Bytes of the chain file up to an offset of the ledger. */
  bytesUpTo(offset: number): number {
    return placeIn(this.#gap, offset, 0);
  }

  readChain(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (readFully(this.#chain, bytes, placeIn(this.#gap, offset, length)) === length) return bytes;
    throw new RangeError(`${this.#chainPath} ends before byte ${offset + length}`);
  }

  setAside(offset: number): void {
    const tail = openSync(freeName(this.#chainPath), "wx", 0o600);
    try {
      this.#copyTail(offset, tail);
      fsyncSync(tail);
    } finally {
      closeSync(tail);
    }
    // The copy has to be findable before the original goes.
    syncFolder(dirname(this.#chainPath));
    ftruncateSync(this.#chain, this.bytesUpTo(offset));
    fsyncSync(this.#chain);
  }

  /**
   * Keeps the leaf hashes of all blocks before a cut, which changes nothing yet: a ledger file may
   * begin with any cut that they speak of.
   * @param leaves the whole file: its head, all hashes from block 0 on, and the closing hash.
   * @throws StoreError as `replaceDurably`.
   */
  keepLeaves(leaves: Iterable<Uint8Array>): void {
    replaceDurably(leavesPath(this.#chainPath), leaves);
    this.#takeUpLeaves();
  }

  /**
   * Cuts off every block between block 0 and the cut. The file is written anew and takes the old
   * one's name: after a crash it is there with the old content or with the new.
   * @param front bytes of block 0.
   * @throws StoreError as `replaceDurably`; after `STORE_SYNC_FAILED` the process must end.
   */
  cut({ offset }: Cut, front: number): void {
    replaceDurably(this.#chainPath, this.#remains(offset, front));
    const old = this.#chain;
    this.#chain = openOrMake(this.#chainPath);
    closeSync(old);
    this.#gap = gapIn(this.#file(), this.#kept);
  }

  close(): void {
    closeSync(this.#chain);
    closeSync(this.#state);
    if (this.#leaves !== undefined) closeSync(this.#leaves);
  }

  *#remains(offset: number, front: number): Generator<Uint8Array, void, undefined> {
    yield this.readChain(0, front);
    const end = this.chainLength();
    for (let at = offset; at < end; at += PIECE)
      yield this.readChain(at, Math.min(PIECE, end - at));
  }

  #takeUpLeaves(): void {
    const path = leavesPath(this.#chainPath);
    if (!existsSync(path)) return;
    const opened = openSync(path, "r");
    if (this.#leaves !== undefined) closeSync(this.#leaves);
    this.#leaves = opened;
    this.#kept = KeptLeaves.open(fileOf(opened, path));
    this.#gap = gapIn(this.#file(), this.#kept);
  }

  /** The chain file as it lies on the disk. */
  #file(): ByteSource {
    return fileOf(this.#chain, this.#chainPath);
  }

  #copyTail(offset: number, to: number): void {
    const end = this.chainLength();
    for (let at = offset; at < end; at += PIECE) {
      writeFully(to, this.readChain(at, Math.min(PIECE, end - at)), at - offset);
    }
  }
}

/** Beside the chain file, for a ledger that has ended takes it along. */
export const leavesPath = (chainPath: string): string => `${chainPath}.leaves`;

function fileOf(file: number, path: string): ByteSource {
  return {
    length: fstatSync(file).size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      if (readFully(file, bytes, offset) === length) return bytes;
      throw new RangeError(`${path} ends before byte ${offset + length}`);
    },
  };
}

/** Not in append mode: on Linux, that would ignore the offset of each write. */
function openOrMake(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
}

/** Once: from here on the slots are overwritten in place, so that no copy of an old key is left. */
function preallocate(state: number): void {
  const { size } = fstatSync(state);
  if (size >= STATE_BYTES) return;
  writeFully(state, new Uint8Array(STATE_BYTES - size), size);
  fsyncSync(state);
}

/** `ledger.skc.tail-1`, or the next number that is free. */
function freeName(path: string): string {
  let number = 1;
  while (existsSync(`${path}.tail-${number}`)) number += 1;
  return `${path}.tail-${number}`;
}
