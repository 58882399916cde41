import { type LedgerFiles, SLOT_BYTES, type SlotNumber } from "../../src/ledger/ports.ts";

/** Thrown by a disk on which the machine stopped. Nothing may catch it but the test. */
export class Crash extends Error {}

/** How the machine stopped: the process alone, or with the page cache. */
export type CrashKind = "killed" | "power lost";

/** 0 up to but not including `below`. */
export type Dice = (below: number) => number;

const SECTOR = 512;

interface Write {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * One file with a page cache in front of it. What was written since the last sync is on the medium
 * or not, sector by sector, as the dice fall when the power goes.
 */
export class FakeFile {
  medium: Uint8Array = new Uint8Array(0);
  cache: Uint8Array = new Uint8Array(0);
  #unsynced: Write[] = [];
  #truncated: number | undefined;

  write(offset: number, bytes: Uint8Array): void {
    this.cache = overwritten(this.cache, offset, bytes);
    this.#unsynced.push({ offset, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.cache = this.cache.slice(0, length);
    this.#unsynced = [];
    this.#truncated = length;
  }

  sync(): void {
    this.medium = this.cache.slice();
    this.#unsynced = [];
    this.#truncated = undefined;
  }

  losePower(dice: Dice): void {
    if (this.#truncated !== undefined && dice(2) === 0) {
      this.medium = this.medium.slice(0, this.#truncated);
    }
    for (const { offset, bytes } of this.#unsynced.flatMap(sectors)) {
      if (dice(2) === 0) this.medium = overwritten(this.medium, offset, bytes);
    }
    this.cache = this.medium.slice();
    this.#unsynced = [];
    this.#truncated = undefined;
  }
}

function overwritten(file: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const longer = new Uint8Array(Math.max(file.length, offset + bytes.length));
  longer.set(file);
  longer.set(bytes, offset);
  return longer;
}

function sectors({ offset, bytes }: Write): readonly Write[] {
  const parts: Write[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, (Math.floor((offset + at) / SECTOR) + 1) * SECTOR - offset);
    parts.push({ offset: offset + at, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return parts;
}

/** The ledger's files in memory. Calls that change or sync something are numbered from 0. */
export class FakeDisk implements LedgerFiles {
  readonly chain: FakeFile = new FakeFile();
  readonly state: FakeFile = new FakeFile();
  readonly tails: Uint8Array[] = [];
  /** Every write to the chain file, for checking what ever met the medium. */
  readonly chainWrites: Uint8Array[] = [];
  calls = 0;
  /** Stops the machine in this call: before any effect, or in the middle of a write. */
  stopAt: number | undefined;
  stopInside = false;
  dice: Dice = () => 0;

  constructor() {
    this.state.write(0, new Uint8Array(2 * SLOT_BYTES));
    this.state.sync();
  }

  readSlot(slot: SlotNumber): Uint8Array {
    return this.state.cache.slice(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  }

  writeSlot(slot: SlotNumber, bytes: Uint8Array): void {
    this.#write(this.state, slot * SLOT_BYTES, bytes);
  }

  syncState(): void {
    this.#maybeStop();
    this.state.sync();
  }

  appendAt(offset: number, bytes: Uint8Array): void {
    this.chainWrites.push(bytes.slice());
    this.#write(this.chain, offset, bytes);
  }

  syncChain(): void {
    this.#maybeStop();
    this.chain.sync();
  }

  chainLength(): number {
    return this.chain.cache.length;
  }

  readChain(offset: number, length: number): Uint8Array {
    if (offset + length > this.chain.cache.length) throw new RangeError("beyond the end");
    return this.chain.cache.slice(offset, offset + length);
  }

  setAside(offset: number): void {
    this.#maybeStop();
    this.tails.push(this.chain.cache.slice(offset));
    this.#maybeStop();
    this.chain.truncate(offset);
    this.#maybeStop();
    this.chain.sync();
  }

  /** The machine starts again. */
  restart(kind: CrashKind): void {
    if (kind === "power lost") {
      this.chain.losePower(this.dice);
      this.state.losePower(this.dice);
    }
    this.stopAt = undefined;
  }

  /** The slots as the medium has them, cache aside. */
  durableSlots(): readonly [Uint8Array, Uint8Array] {
    return [this.state.medium.slice(0, SLOT_BYTES), this.state.medium.slice(SLOT_BYTES)];
  }

  #write(file: FakeFile, offset: number, bytes: Uint8Array): void {
    const inside = this.stopInside && this.calls === this.stopAt;
    if (inside) file.write(offset, bytes.subarray(0, this.dice(bytes.length)));
    this.#maybeStop();
    file.write(offset, bytes);
  }

  #maybeStop(): void {
    const call = this.calls;
    this.calls += 1;
    if (call === this.stopAt) throw new Crash();
  }
}
