import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { LedgerError } from "../ledger/errors.ts";
import type { ByteSource } from "../ledger/ports.ts";

/** A chain file opened for reading alone, as it was long at that moment. Works beside the daemon. */
export class ChainSource implements ByteSource {
  readonly length: number;
  readonly #file: number;
  readonly #path: string;

  /** @throws LedgerError CHAIN_MISSING. */
  constructor(path: string) {
    if (!existsSync(path)) {
      throw new LedgerError("CHAIN_MISSING", `there is no ledger ${path}`, {
        hint: "restore the data folder from the backup; a new ledger needs a new license",
      });
    }
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
