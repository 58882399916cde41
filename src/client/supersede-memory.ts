import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { UnixMillis } from "../base/time.ts";
import type { Supersede } from "../license/supersede.ts";
import { putNewFile } from "./durable-file.ts";
import { makeFolder } from "./folder.ts";
import type { KnownTree } from "./known-tree.ts";

/**
 * The vendor's notes about branches of one ledger that processes of this computer have met, each a file of its
 * own, `<number>.superseded`: the note as it was signed, and the heads that were remembered before it. So a note
 * works once: shown again later, it gives up nothing that was seen in the meantime.
 *
 * As with the heads, where the disk takes nothing, all is as before.
 */
export class SupersedeMemory {
  readonly #folder: string;
  #newest = 0;
  #before: readonly string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder for one ledger of one vendor; made when first used. */
  static async open(folder: string): Promise<SupersedeMemory> {
    const memory = new SupersedeMemory(folder);
    await memory.look();
    return memory;
  }

  /** The number of the newest note that was met; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether a head was remembered before the newest note was met. */
  wasBefore({ note }: Pick<KnownTree, "note">): boolean {
    return this.#before.includes(note);
  }

  /** Reads the folder again: other processes write to it too. */
  async look(): Promise<void> {
    const files = await readdir(this.#folder).catch(() => []);
    const newest = files
      .filter((file) => NAME.test(file))
      .toSorted()
      .at(-1);
    const number = newest === undefined ? 0 : Number(newest.slice(0, DIGITS));
    if (newest === undefined || number <= this.#newest) return;
    this.#before = headsIn(await readFile(join(this.#folder, newest), "utf8").catch(() => ""));
    this.#newest = number;
  }

  /**
   * Remembers a note and the heads that it may be about.
   * @returns false when the disk did not take it.
   */
  async take(
    { number, text }: Supersede,
    before: readonly KnownTree[],
    now: UnixMillis,
  ): Promise<boolean> {
    const heads = before.map(({ note }) => note);
    const body = { kind: KIND, seen_at: now, note: text, heads };
    try {
      await makeFolder(this.#folder);
      const file = `${String(number).padStart(DIGITS, "0")}.superseded`;
      await putNewFile(join(this.#folder, file), `${JSON.stringify(body, undefined, 2)}\n`);
    } catch {
      return false;
    }
    await this.look();
    return true;
  }
}

const KIND = "seatkeeper superseded v1";
const DIGITS = 16;
const NAME = /^\d{16}\.superseded$/;

/** None for a file that somebody has written into. */
function headsIn(text: string): readonly string[] {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null) return [];
    const heads: unknown = Reflect.get(body, "heads");
    return Array.isArray(heads) ? heads.filter((head) => typeof head === "string") : [];
  } catch {
    return [];
  }
}
