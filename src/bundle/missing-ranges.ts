/** A run of numbers, both ends included. */
export interface Range {
  readonly first: number;
  /** Null where the end is unknown. */
  readonly last: number | null;
}

/** Runs listed one by one. Beyond them only the total goes on. */
const LISTED = 1_000;

/** Collects runs of missing numbers in rising order. */
export class MissingRanges {
  readonly #listed: Range[] = [];
  #total = 0;

  add(first: number, last: number): void {
    this.#total += last - first + 1;
    const previous = this.#listed.at(-1);
    if (previous?.last === first - 1) this.#listed[this.#listed.length - 1] = { ...previous, last };
    else if (this.#listed.length < LISTED) this.#listed.push({ first, last });
  }

  /** A last run, of which nobody knows how long it is, or whether there is one. */
  addOpen(first: number): void {
    if (this.#listed.length < LISTED) this.#listed.push({ first, last: null });
  }

  /** All numbers in all runs with an end, also those not listed. */
  get total(): number {
    return this.#total;
  }

  get listed(): readonly Range[] {
    return [...this.#listed];
  }
}
