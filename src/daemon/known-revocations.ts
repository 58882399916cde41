import { existsSync } from "node:fs";
import { utf8 } from "../base/bytes.ts";
import { type Revocations, readRevocations } from "../license/revocations.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { writeFileDurably } from "../store/data-folder.ts";
import { DaemonError } from "./errors.ts";
import { isCoded } from "./failure-kind.ts";
import { readOwnFile } from "./own-file.ts";

/**
 * The newest list of revocations that ever came to this site, in a license or a receipt. It stays
 * when the file that brought it goes.
 */
export class KnownRevocations {
  readonly #path: string;
  #newest: Revocations | undefined;

  /** @throws DaemonError SITE_FILE_UNREADABLE. */
  constructor(path: string, vendor: VendorFile) {
    this.#path = path;
    this.#newest = existsSync(path) ? readKept(path, vendor) : undefined;
  }

  get newest(): Revocations | undefined {
    return this.#newest;
  }

  /** Keeps a list durably, unless it is older than the one that is known. @returns whether it did. */
  take(list: Revocations | undefined): boolean {
    if (list === undefined || list.number <= (this.#newest?.number ?? 0)) return false;
    writeFileDurably(this.#path, utf8(list.text), 0o600);
    this.#newest = list;
    return true;
  }
}

function readKept(path: string, { name, rootKey }: VendorFile): Revocations {
  try {
    return readRevocations(readOwnFile(path), { vendorName: name, rootKey });
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw new DaemonError("SITE_FILE_UNREADABLE", `cannot use ${path}: ${cause.message}`, {
      hint: "put it back from the backup; without one remove it: the vendor's next license or receipt brings it again",
      cause,
    });
  }
}
