import type { LedgerFiles, SlotNumber } from "../../src/ledger/ports.ts";
import { SLOT_BYTES } from "../../src/ledger/ports.ts";

/** The two files of a ledger in memory, on a disk that never fails. */
export class MemoryFiles implements LedgerFiles {
  readonly #slots: [Uint8Array, Uint8Array] = [
    new Uint8Array(SLOT_BYTES),
    new Uint8Array(SLOT_BYTES),
  ];
  #chain: Uint8Array = new Uint8Array(1 << 16);
  #length = 0;

  readSlot(slot: SlotNumber): Uint8Array {
    return this.#slots[slot].slice();
  }

  writeSlot(slot: SlotNumber, bytes: Uint8Array): void {
    this.#slots[slot] = bytes.slice();
  }

  syncState(): void {}

  appendAt(offset: number, bytes: Uint8Array): void {
    while (offset + bytes.length > this.#chain.length) {
      const longer = new Uint8Array(this.#chain.length * 2);
      longer.set(this.#chain);
      this.#chain = longer;
    }
    this.#chain.set(bytes, offset);
    this.#length = Math.max(this.#length, offset + bytes.length);
  }

  syncChain(): void {}

  chainLength(): number {
    return this.#length;
  }

  readChain(offset: number, length: number): Uint8Array {
    return this.#chain.slice(offset, Math.min(offset + length, this.#length));
  }

  setAside(offset: number): void {
    this.#length = offset;
  }

  /** What an administrator gets who copies both files. */
  copy(): MemoryFiles {
    const copy = new MemoryFiles();
    copy.writeSlot(0, this.#slots[0]);
    copy.writeSlot(1, this.#slots[1]);
    copy.appendAt(0, this.readChain(0, this.#length));
    return copy;
  }
}
