import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { systemCode } from "../base/errors.ts";
import { type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import type { NoteVerifier } from "../note/signed-note.ts";
import { putFile } from "./durable-file.ts";
import { makeFolder } from "./folder.ts";
import type { KnownTree } from "./known-tree.ts";

/** A head that the daemon has shown to a process of this computer. */
export interface RememberedHead extends Head, KnownTree {}

/**
 * The heads of one ledger that processes of this computer have seen and that no later one is known to go
 * on from: usually one. Each is a file of its own, `<blocks>.<root>.head`. A process that has a later head,
 * with the proof, puts that one there first and then takes the proven ones away. So nothing is ever
 * overwritten, and processes need no lock: what each leaves is true. The folder is read when it is opened and
 * whenever there is a new head or note to write, so requests between need no disk.
 *
 * Memory is a help, no condition. Where the folder cannot be used, or the disk is full, what was remembered
 * stays remembered, nothing newer is, and seats are granted all the same.
 */
export class HeadMemory {
  readonly #folder: string;
  readonly #verifier: NoteVerifier;
  /** Files that were read: their bytes never change. */
  readonly #read = new Map<string, RememberedHead | undefined>();
  #heads: readonly RememberedHead[] = [];
  #looks = 0;

  private constructor(folder: string, verifier: NoteVerifier) {
    this.#folder = folder;
    this.#verifier = verifier;
  }

  /** @param folder for one ledger of one vendor; made when first used. */
  static async open(folder: string, verifier: NoteVerifier): Promise<HeadMemory> {
    const memory = new HeadMemory(folder, verifier);
    await memory.look();
    return memory;
  }

  /**
   * What was remembered when the folder was read last, the shortest first. What cannot be read, or was not
   * signed by the daemon, is passed over and left.
   */
  get heads(): readonly RememberedHead[] {
    return this.#heads;
  }

  /**
   * Remembers a head, and forgets those that it is proven to go on from.
   * @returns false when the disk did not take it: then all is as before.
   */
  async remember(head: RememberedHead, proven: readonly RememberedHead[]): Promise<boolean> {
    try {
      await makeFolder(this.#folder);
      await putFile(join(this.#folder, fileName(head)), head.note);
    } catch {
      return false;
    }
    const former = proven.map(fileName).filter((file) => file !== fileName(head));
    // One that stays is proven once more, and goes then.
    await Promise.all(former.map((file) => rm(join(this.#folder, file)).catch(() => undefined)));
    await this.look();
    return true;
  }

  /** Reads the folder again. */
  async look(): Promise<void> {
    this.#looks += 1;
    const look = this.#looks;
    const found = await this.#found();
    // One that began later has seen more.
    if (look === this.#looks) this.#heads = found;
  }

  async #found(): Promise<readonly RememberedHead[]> {
    for (let look = 1; ; look += 1) {
      // oxlint-disable-next-line no-await-in-loop -- again only when another process was at it
      const files = (await this.#files()).filter((file) => NAME.test(file)).toSorted();
      // oxlint-disable-next-line no-await-in-loop
      const found = await Promise.all(files.map((file) => this.#head(file)));
      // What is gone was followed by something that is there by now.
      if (look < LOOKS && found.includes("gone")) continue;
      return found.filter((head) => head !== undefined && head !== "gone");
    }
  }

  async #files(): Promise<readonly string[]> {
    return readdir(this.#folder).catch(() => []);
  }

  async #head(file: string): Promise<RememberedHead | "gone" | undefined> {
    if (this.#read.has(file)) return this.#read.get(file);
    try {
      const note = await readFile(join(this.#folder, file), "utf8");
      const head = { ...openHead(note, this.#verifier), note };
      const found = fileName(head) === file ? head : undefined;
      this.#read.set(file, found);
      return found;
    } catch (error) {
      if (systemCode(error) === "ENOENT") return "gone";
      if (error instanceof NoteError) this.#read.set(file, undefined);
      return undefined;
    }
  }
}

/** How often the folder is read again because another process has changed it. */
const LOOKS = 3;

const NAME = /^\d{16}\.[0-9a-f]{64}\.head$/;

function fileName({ size, root }: Head): string {
  return `${String(size).padStart(16, "0")}.${toHex(root)}.head`;
}
