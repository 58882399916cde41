import type { IdempotencyKey } from "../base/ids.ts";
import type { MonoMillis } from "../base/time.ts";
import type { WireDenial } from "../protocol/denial.ts";
import type { WireLease } from "../protocol/results.ts";
import type { Session } from "./session.ts";

/** How a place in the queue ends. */
export type QueueOutcome =
  | {
      readonly kind: "granted";
      readonly lease: WireLease;
      readonly session: Session;
      readonly at: MonoMillis;
    }
  | { readonly kind: "dropped"; readonly denial: WireDenial };

/** The requests of this process that wait in the daemon's queue, by key. */
export class WaitingRoom {
  readonly #places = new Map<IdempotencyKey, Place>();

  get keys(): readonly IdempotencyKey[] {
    return [...this.#places.keys()];
  }

  /** Must be entered before the request is sent: the grant may follow on the heels of the answer. */
  enter(key: IdempotencyKey): Place {
    const place = new Place();
    this.#places.set(key, place);
    return place;
  }

  leave(key: IdempotencyKey): void {
    this.#places.delete(key);
  }

  /** False when nobody waits under this key. */
  tell(key: IdempotencyKey, outcome: QueueOutcome): boolean {
    const place = this.#places.get(key);
    place?.tell(outcome);
    return place !== undefined;
  }

  disconnected(): void {
    for (const place of this.#places.values()) place.tell(undefined);
  }
}

/** One request's place, from before it is sent until nobody wants it any more. */
export class Place {
  /** What came while nobody was listening. */
  #kept: QueueOutcome | undefined;
  #listener: ((outcome: QueueOutcome | undefined) => void) | undefined;

  /** The end of the wait; `undefined` when the connection ends first. */
  outcome(): Promise<QueueOutcome | undefined> {
    const kept = this.#kept;
    if (kept !== undefined) return Promise.resolve(kept);
    return new Promise((resolve) => {
      this.#listener = resolve;
    });
  }

  tell(outcome: QueueOutcome | undefined): void {
    this.#kept ??= outcome;
    this.#listener?.(outcome);
    this.#listener = undefined;
  }
}
