import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { newestRevocations, type Revocations, readRevocations } from "../license/revocations.ts";
import { putNewFile } from "./durable-file.ts";
import { makeFolder } from "./folder.ts";
import type { VendorTrust } from "./trust.ts";

/**
 * The newest list of revocations that a process of this computer has seen, from whatever daemon: the
 * vendor's root key has signed it. So what was revoked once stays revoked here, also for a daemon that keeps the list
 * to itself.
 *
 * Each list is a file of its own, `<number>.note`, which is put there before the older ones are taken away. Memory is a
 * help, no condition: where the folder cannot be used, the list is remembered by this process alone.
 */
export class RevocationMemory {
  readonly #folder: string;
  readonly #vendor: VendorTrust;
  #newest: Revocations | undefined;

  /** @param folder for one vendor; made when first used. */
  constructor(folder: string, vendor: VendorTrust) {
    this.#folder = folder;
    this.#vendor = vendor;
  }

  /**
   * Remembers a list, if it is newer than what is known.
   * @returns the newest of all: on this computer's disk, unless the disk did not take it.
   */
  async take(shown: Revocations | undefined): Promise<Revocations | undefined> {
    const kept = await this.#read();
    const newest = newestRevocations([...kept, this.#newest, shown]);
    this.#newest = newest;
    if (newest === undefined) return undefined;
    const isKept = kept.some(({ number }) => number === newest.number);
    if (isKept || (await this.#put(newest))) await this.#drop(kept, newest);
    return newest;
  }

  /** What cannot be read, or was not signed by the vendor, is passed over and left. */
  async #read(): Promise<readonly Revocations[]> {
    const files = await readdir(this.#folder).catch(() => []);
    const found = files.filter((file) => NAME.test(file)).map((file) => this.#list(file));
    return (await Promise.all(found)).filter((list) => list !== undefined);
  }

  async #list(file: string): Promise<Revocations | undefined> {
    const { name: vendorName, rootKey } = this.#vendor;
    try {
      const note = await readFile(join(this.#folder, file), "utf8");
      const list = readRevocations(note, { vendorName, rootKey });
      return fileName(list) === file ? list : undefined;
    } catch {
      return undefined;
    }
  }

  async #put(list: Revocations): Promise<boolean> {
    try {
      await makeFolder(this.#folder);
      await putNewFile(join(this.#folder, fileName(list)), list.text);
      return true;
    } catch {
      return false;
    }
  }

  async #drop(kept: readonly Revocations[], newest: Revocations): Promise<void> {
    const former = kept.filter(({ number }) => number < newest.number).map(fileName);
    // One that stays does no harm: the highest number counts.
    await Promise.all(former.map((file) => rm(join(this.#folder, file)).catch(() => undefined)));
  }
}

const NAME = /^\d{16}\.note$/;

const fileName = ({ number }: Revocations): string => `${String(number).padStart(16, "0")}.note`;
