import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex, utf8 } from "../base/bytes.ts";
import { type IdempotencyKey, idempotencyKey } from "../base/ids.ts";
import { sha256 } from "../crypto/hash.ts";
import { makeFolder } from "./folder.ts";
import { isGone, ownProcessTag, PROCESS_TAG } from "./process-tag.ts";
import type { SeatWish } from "./seat-wish.ts";
import { randomKey } from "./usage-record.ts";

/** The name of a request for a seat, from before it is sent until nobody wants the seat any more. */
export interface SeatName {
  readonly key: IdempotencyKey;
  /** True when a process that is gone asked under it: the daemon may still have its seat. */
  readonly isInherited: boolean;
  /** Nobody wants the seat any more, and no later process shall ask for it. */
  forget(): Promise<void>;
}

/**
 * The names of the seats that processes of this computer hold or wait for. A process that crashed
 * forgets nothing, so the next one that wants the same asks under the same name, and gets the very
 * seat: the daemon's rule is one seat for one name.
 *
 * One empty file stands for one seat; its name says all: `<wish>.<process>.<key>.seat`. To take one
 * over is to rename it, which only one process can do. Memory is a help, no condition: where the
 * folder cannot be used, seats are granted all the same, and a crash leaves them to their time.
 */
export class SeatMemory {
  readonly #folder: string;

  /** @param folder for one vendor and one client key; made when first used. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The name under which a process that is gone wanted the same, or a new one. */
  async name(wish: SeatWish): Promise<SeatName> {
    const owner = `${hashOf(wish)}.${await ownProcessTag()}`;
    const inherited = await this.#inherit(wish, owner).catch(() => undefined);
    if (inherited !== undefined) return this.#named(owner, inherited, true);
    const key = randomKey();
    await this.#note(fileName(owner, key)).catch(() => undefined);
    return this.#named(owner, key, false);
  }

  async #inherit(wish: SeatWish, owner: string): Promise<IdempotencyKey | undefined> {
    const hash = hashOf(wish);
    for (const file of await readdir(this.#folder)) {
      const { wish: wanted, owner: former = "", key = "" } = NAME.exec(file)?.groups ?? {};
      if (wanted !== hash || !PROCESS_TAG.test(former)) continue;
      // oxlint-disable-next-line no-await-in-loop -- one is enough
      if (!(await isGone(former))) continue;
      const mine = idempotencyKey(key);
      // oxlint-disable-next-line no-await-in-loop -- another process may be faster
      if (await this.#rename(file, fileName(owner, mine))) return mine;
    }
    return undefined;
  }

  #rename(file: string, mine: string): Promise<boolean> {
    return rename(join(this.#folder, file), join(this.#folder, mine)).then(
      () => true,
      () => false,
    );
  }

  async #note(file: string): Promise<void> {
    await makeFolder(this.#folder);
    const made = await open(join(this.#folder, file), "wx", 0o600);
    await made.close();
  }

  #named(owner: string, key: IdempotencyKey, isInherited: boolean): SeatName {
    const path = join(this.#folder, fileName(owner, key));
    return { key, isInherited, forget: () => rm(path, { force: true }).catch(() => undefined) };
  }
}

const NAME = /^(?<wish>[0-9a-f]{16})\.(?<owner>.+)\.(?<key>[0-9a-f]{32})\.seat$/;

const fileName = (owner: string, key: IdempotencyKey): string => `${owner}.${key}.seat`;

/** Another feature, version, date or number of seats is another seat. */
function hashOf({ feature, version, versionDate, count }: SeatWish): string {
  const released = versionDate === undefined ? [] : [versionDate];
  const wish = JSON.stringify([feature, version, count, ...released]);
  return toHex(sha256(utf8(wish))).slice(0, 16);
}
