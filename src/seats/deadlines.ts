import type { MonoMillis } from "../base/time.ts";

interface Watch<Key> {
  readonly key: Key;
  at: MonoMillis;
  index: number;
}

/**
 * Which of many keys falls due first. A binary heap of moments at which to look again, never
 * later than the true deadline: a deadline that moves later is not touched here until its old
 * moment comes to the top. So renewing a lease costs nothing here, and a tick looks at the top
 * alone. The order of what falls due hangs on deadline and key only, never on history.
 */
export class Deadlines<Key extends string> {
  readonly #heap: Watch<Key>[] = [];
  readonly #watches = new Map<Key, Watch<Key>>();
  readonly #deadlineOf: (key: Key) => MonoMillis | undefined;

  /** `deadlineOf` gives the true deadline, or undefined for a key that has none any more. */
  constructor(deadlineOf: (key: Key) => MonoMillis | undefined) {
    this.#deadlineOf = deadlineOf;
  }

  /** Must be called whenever a key gets a deadline, or an earlier one. Otherwise it is harmless. */
  watch(key: Key, at: MonoMillis): void {
    const known = this.#watches.get(key);
    if (known === undefined) {
      const watch = { key, at, index: this.#heap.length };
      this.#watches.set(key, watch);
      this.#heap.push(watch);
      this.#rise(watch);
    } else if (at < known.at) {
      known.at = at;
      this.#rise(known);
    }
  }

  /** The soonest deadline of all; undefined when there is none. */
  first(): MonoMillis | undefined {
    return this.#top()?.at;
  }

  /** The key that falls due first, if that is at or before `now`. It stays until its deadline goes. */
  due(now: MonoMillis): Key | undefined {
    const top = this.#top();
    return top !== undefined && top.at <= now ? top.key : undefined;
  }

  /** Settles the top of the heap until it tells the truth. */
  #top(): Watch<Key> | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const deadline = this.#deadlineOf(top.key);
      if (deadline === top.at) return top;
      if (deadline === undefined) {
        this.#removeTop(top);
      } else {
        top.at = deadline;
        this.#sink(top);
      }
    }
    return undefined;
  }

  #removeTop(top: Watch<Key>): void {
    this.#watches.delete(top.key);
    const last = this.#heap.pop();
    if (last === undefined || last === top) return;
    this.#place(last, 0);
    this.#sink(last);
  }

  #rise(watch: Watch<Key>): void {
    while (watch.index > 0) {
      const parent = this.#heap[(watch.index - 1) >> 1];
      if (parent === undefined || !isBefore(watch, parent)) return;
      this.#swap(watch, parent);
    }
  }

  #sink(watch: Watch<Key>): void {
    for (;;) {
      const left = this.#heap[2 * watch.index + 1];
      const right = this.#heap[2 * watch.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, watch)) return;
      this.#swap(watch, child);
    }
  }

  #swap(one: Watch<Key>, other: Watch<Key>): void {
    const index = one.index;
    this.#place(one, other.index);
    this.#place(other, index);
  }

  #place(watch: Watch<Key>, index: number): void {
    this.#heap[index] = watch;
    // oxlint-disable-next-line no-param-reassign -- the heap's own bookkeeping
    watch.index = index;
  }
}

function isBefore<Key extends string>(one: Watch<Key>, other: Watch<Key>): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key);
}
