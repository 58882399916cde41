import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../ledger/ports.ts";

/** A file opened for reading alone, as it was long at that moment. It may have no name any more. */
export class OpenedFile implements ByteSource {
  readonly length: number;
  readonly #file: number;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "r");
    this.length = fstatSync(this.#file).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#file, bytes, filled, length - filled, offset + filled);
      if (count === 0) throw new RangeError(`${this.#path} ends before byte ${offset + length}`);
      filled += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}
