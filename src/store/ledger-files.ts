import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
} from "node:fs";
import { dirname } from "node:path";
import { type LedgerFiles, SLOT_BYTES, type SlotNumber } from "../ledger/ports.ts";
import { syncFolder } from "./data-folder.ts";
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
  readonly #chain: number;
  readonly #state: number;

  /**
   * Opens both files, and makes those that are missing: an empty chain, a state of two empty slots.
   * What it means that they were missing is for the ledger to say.
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
    writeFully(this.#chain, bytes, offset);
  }

  syncChain(): void {
    fdatasyncSync(this.#chain);
  }

  chainLength(): number {
    return fstatSync(this.#chain).size;
  }

  readChain(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (readFully(this.#chain, bytes, offset) === length) return bytes;
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
    ftruncateSync(this.#chain, offset);
    fsyncSync(this.#chain);
  }

  close(): void {
    closeSync(this.#chain);
    closeSync(this.#state);
  }

  #copyTail(offset: number, to: number): void {
    const end = this.chainLength();
    for (let at = offset; at < end; at += PIECE) {
      writeFully(to, this.readChain(at, Math.min(PIECE, end - at)), at - offset);
    }
  }
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
