import type { ClientKey, IdempotencyKey } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { type Journal, JournaledMap, Slot } from "./journal.ts";
import type { StoredUsageKey } from "./snapshot.ts";

/** Which usage records were counted, by the client's own keys, so that none counts twice. */
export class UsageKeys {
  readonly #journal: Journal;
  readonly #clients = new Map<ClientKey, JournaledMap<IdempotencyKey, UnixMillis>>();
  /** Keys counted before this moment are forgotten, whether still in memory or not. */
  readonly #forgottenBefore: Slot<number>;
  #prunedBefore = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#forgottenBefore = new Slot(journal, 0);
  }

  get forgottenBefore(): number {
    return this.#forgottenBefore.value;
  }

  isCounted(client: ClientKey, key: IdempotencyKey): boolean {
    const wall = this.#clients.get(client)?.get(key);
    return wall !== undefined && wall >= this.#forgottenBefore.value;
  }

  countOf(client: ClientKey): number {
    return this.#clients.get(client)?.size ?? 0;
  }

  remember({ client, key, wall }: StoredUsageKey): void {
    const known = this.#clients.get(client);
    const keys = known ?? new JournaledMap<IdempotencyKey, UnixMillis>(this.#journal);
    if (known === undefined) this.#clients.set(client, keys);
    keys.set(key, wall);
  }

  forgetBefore(wall: number): void {
    this.#forgottenBefore.set(Math.max(wall, this.#forgottenBefore.value));
  }

  /** Drops forgotten keys. They were added in order of time, so each client's oldest come first. */
  prune(): void {
    if (this.#prunedBefore === this.#forgottenBefore.value) return;
    this.#prunedBefore = this.#forgottenBefore.value;
    for (const [client, keys] of this.#clients) {
      for (const [key, wall] of keys.entries()) {
        if (wall >= this.#forgottenBefore.value) break;
        keys.forget(key);
      }
      if (keys.size === 0) this.#clients.delete(client);
    }
  }
}
