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

  /** False while nothing is noted. */
  get isOn(): boolean {
    return !this.#isSilent;
  }

  note(step: () => void): void {
    if (!this.#isSilent) this.#steps.push(step);
  }

  /** Does `work` on what nobody knows yet and an undo throws away as a whole. */
  silently(work: () => void): void {
    this.#isSilent = true;
    try {
      work();
    } finally {
      this.#isSilent = false;
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

/**
 * A map that the journal can restore, in content though not in order of iteration: no decision
 * may hang on that order.
 */
export class JournaledMap<Key, Value> {
  readonly #journal: Journal;
  readonly #map = new Map<Key, Value>();
  readonly #restored: (key: Key, value: Value) => void;

  /** `restored` hears of every value that an undo has put back. */
  constructor(journal: Journal, restored: (key: Key, value: Value) => void = () => {}) {
    this.#journal = journal;
    this.#restored = restored;
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
    this.#noteBefore(key);
    this.#map.set(key, value);
  }

  delete(key: Key): void {
    if (!this.#map.has(key)) return;
    this.#noteBefore(key);
    this.#map.delete(key);
  }

  /**
   * Drops what no decision can see any more. Not journaled, so only with an empty journal, or a
   * later undo could bring half of it back.
   */
  forget(key: Key): void {
    this.#map.delete(key);
  }

  #noteBefore(key: Key): void {
    if (!this.#journal.isOn) return;
    const before = this.#map.get(key);
    if (before === undefined) {
      this.#journal.note(() => this.#map.delete(key));
      return;
    }
    this.#journal.note(() => {
      this.#map.set(key, before);
      this.#restored(key, before);
    });
  }
}
