import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../base/errors.ts";
import type { ChainId } from "../base/ids.ts";
import type { ByteSink } from "../ledger/ports.ts";
import { syncFolder, type VendorFolder } from "../store/data-folder.ts";
import { writeFully } from "../store/whole-writes.ts";

const FORMER = "former";

/** Where a ledger that has ended lies, relative to its vendor's folder. */
export const formerName = (chain: ChainId): string => join(FORMER, chain);

/** The ledgers of this vendor that have ended here; those of a backup among them. */
export function formerLedgers({ path: vendor }: VendorFolder): ReadonlySet<string> {
  try {
    return new Set(readdirSync(join(vendor, FORMER)));
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return new Set();
  }
}

/** Where everything of a ledger that has ended lies. */
export interface FormerFolder {
  readonly path: string;
  readonly chain: string;
  /** What was kept of its archived blocks, if there were any. */
  readonly leaves: string;
  readonly licenses: string;
  /** The bundle of what the vendor had not acknowledged. */
  readonly usage: string;
}

export function formerFolder({ path: vendor }: VendorFolder, chain: ChainId): FormerFolder {
  const path = join(vendor, formerName(chain));
  return {
    path,
    chain: join(path, "ledger.skc"),
    leaves: join(path, "ledger.skc.leaves"),
    licenses: join(path, "licenses"),
    usage: join(path, "usage.skb"),
  };
}

/** A new file, on the medium when the call returns. */
export function writingTo(path: string, write: (sink: ByteSink) => void): void {
  const file = openSync(path, "wx", 0o600);
  let length = 0;
  try {
    write({
      write(bytes) {
        writeFully(file, bytes, length);
        length += bytes.length;
      },
    });
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
}
