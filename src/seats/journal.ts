/**
 * How to take back what was decided but could not be made durable: one step per change, run
 * backwards. Nothing is copied up front, so a decision costs what it changes.
 */
export class Journal {
  readonly #steps: (() => void)[] = [];
  #isSilent = false;

  /** Where the journal stands, for `undoTo`. */
  get length(): number {
    return this.#steps.length;
  }

  note(step: () => void): void {
    if (!this.#isSilent) this.#steps.push(step);
  }

  /** Whether what is noted now would be forgotten: then a step need not even be made. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Does `work` on what nobody knows yet and an undo throws away as a whole. */
  silently(work: () => void): void {
    const before = this.#isSilent;
    this.#isSilent = true;
    try {
      work();
    } finally {
      this.#isSilent = before;
    }
  }

  /** What was noted is durable. */
  keep(): void {
    this.#steps.length = 0;
  }

  /** Takes back everything noted since the journal was `length` long. */
  undoTo(length: number): void {
    while (this.#steps.length > length) this.#steps.pop()?.();
  }
}

/** One value that the journal can restore. Hold only values that are never changed in place. */
export class Slot<Value> {
  readonly #journal: Journal;
  #value: Value;

  constructor(journal: Journal, value: Value) {
    this.#journal = journal;
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  set(value: Value): void {
    const before = this.#value;
    if (Object.is(before, value)) return;
    this.#value = value;
    this.#journal.note(() => {
      this.#value = before;
    });
  }
}

/** Hears of each change of a map, also of one that is taken back; undefined stands for none. */
export type Follower<Key, Value> = (
  key: Key,
  value: Value | undefined,
  before: Value | undefined,
) => void;

/**
 * A map that the journal can restore, in content though not in order of iteration: no decision
 * may hang on that order. What is derived from it, such as an index, follows it.
 */
export class JournaledMap<Key, Value extends string | number | object> {
  readonly #journal: Journal;
  readonly #map = new Map<Key, Value>();
  readonly #follow: Follower<Key, Value> | undefined;

  constructor(journal: Journal, follow?: Follower<Key, Value>) {
    this.#journal = journal;
    this.#follow = follow;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#map.entries();
  }

  set(key: Key, value: Value): void {
    const before = this.#map.get(key);
    this.#put(key, value, before);
    if (!this.#journal.isSilent) this.#journal.note(() => this.#put(key, before, value));
  }

  delete(key: Key): void {
    const before = this.#map.get(key);
    if (before === undefined) return;
    this.#put(key, undefined, before);
    this.#journal.note(() => this.#put(key, before, undefined));
  }

  /**
   * Drops what no decision can see any more. Not journaled, so only with an empty journal, or a
   * later undo could bring half of it back.
   */
  forget(key: Key): void {
    this.#map.delete(key);
  }

  #put(key: Key, value: Value | undefined, before: Value | undefined): void {
    if (value === undefined) this.#map.delete(key);
    else this.#map.set(key, value);
    this.#follow?.(key, value, before);
  }
}
