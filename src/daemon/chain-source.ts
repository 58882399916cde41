import { existsSync } from "node:fs";
import { LedgerError } from "../ledger/errors.ts";
import { gapIn, overGap } from "../ledger/gap.ts";
import { KeptLeaves } from "../ledger/kept-leaves.ts";
import type { ByteSource, Gap } from "../ledger/ports.ts";
import { leavesPath } from "../store/ledger-files.ts";
import { OpenedFile } from "./opened-file.ts";

/** A ledger opened for reading alone, by the offsets of the whole ledger. Works beside the daemon. */
export class ChainSource implements ByteSource {
  readonly length: number;
  readonly gap: Gap | undefined;
  readonly #ledger: ByteSource;
  readonly #opened: OpenedFile[] = [];

  /** @throws LedgerError CHAIN_MISSING, LEDGER_LEAVES_DAMAGED. */
  constructor(path: string) {
    if (!existsSync(path)) {
      throw new LedgerError("CHAIN_MISSING", `there is no ledger ${path}`, {
        hint: "restore the data folder from the backup; a new ledger needs a new license",
      });
    }
    try {
      // In this order: leaf hashes are written before the ledger is cut.
      const chain = this.#open(path);
      const leaves = leavesPath(path);
      const kept = existsSync(leaves) ? KeptLeaves.open(this.#open(leaves)) : undefined;
      this.gap = gapIn(chain, kept);
      this.#ledger = overGap(chain, this.gap);
      this.length = this.#ledger.length;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(offset: number, length: number): Uint8Array {
    return this.#ledger.read(offset, length);
  }

  close(): void {
    for (const file of this.#opened) file.close();
  }

  #open(path: string): OpenedFile {
    const file = new OpenedFile(path);
    this.#opened.push(file);
    return file;
  }
}
