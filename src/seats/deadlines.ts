import type { MonoMillis } from "../base/time.ts";

interface Entry<Key> {
  readonly key: Key;
  at: MonoMillis;
  index: number;
}

/**
 * Which of many keys falls due first: a binary heap in which each key knows its place. Looking is
 * free, whatever the number of keys; moving a deadline costs a few steps down a path of the heap.
 * Not lazy (moving a renewed lease only when its old deadline comes to the top), because leases
 * that were all restored in one moment would then be looked at again in one tick.
 *
 * The order of what falls due hangs on deadline and key alone, never on history.
 */
export class Deadlines<Key extends string> {
  readonly #heap: Entry<Key>[] = [];
  readonly #entries = new Map<Key, Entry<Key>>();

  /** Gives `key` a deadline, or another one. */
  set(key: Key, at: MonoMillis): void {
    const known = this.#entries.get(key);
    if (known === undefined) {
      const entry = { key, at, index: this.#heap.length };
      this.#entries.set(key, entry);
      this.#heap.push(entry);
      this.#rise(entry);
    } else if (at !== known.at) {
      known.at = at;
      this.#rise(known);
      this.#sink(known);
    }
  }

  /** `key` has no deadline any more. */
  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#place(last, entry.index);
    this.#rise(last);
    this.#sink(last);
  }

  /** The soonest deadline of all; undefined when there is none. */
  first(): MonoMillis | undefined {
    return this.#heap[0]?.at;
  }

  /** The key that falls due first, if that is at or before `now`. */
  due(now: MonoMillis): Key | undefined {
    const top = this.#heap[0];
    return top !== undefined && top.at <= now ? top.key : undefined;
  }

  #rise(entry: Entry<Key>): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || !isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry<Key>): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(one: Entry<Key>, other: Entry<Key>): void {
    const index = one.index;
    this.#place(one, other.index);
    this.#place(other, index);
  }

  #place(entry: Entry<Key>, index: number): void {
    this.#heap[index] = entry;
    // oxlint-disable-next-line no-param-reassign -- the heap's own bookkeeping
    entry.index = index;
  }
}

function isBefore<Key extends string>(one: Entry<Key>, other: Entry<Key>): boolean {
  return one.at < other.at || (one.at === other.at && one.key < other.key);
}
