import { existsSync } from "node:fs";
import { LedgerError } from "../ledger/errors.ts";
import { OpenedFile } from "./opened-file.ts";

/** A chain file opened for reading alone. Works beside the daemon. */
export class ChainSource extends OpenedFile {
  /** @throws LedgerError CHAIN_MISSING. */
  constructor(path: string) {
    if (!existsSync(path)) {
      throw new LedgerError("CHAIN_MISSING", `there is no ledger ${path}`, {
        hint: "restore the data folder from the backup; a new ledger needs a new license",
      });
    }
    super(path);
  }
}
