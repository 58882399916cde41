/** What the generator saw with its own eyes, to be compared with the books of the server. */
export interface TallyReport {
  /** Grants that were acknowledged. */
  readonly granted: number;
  readonly denied: number;
  /** Most seats held at one moment. */
  readonly most: number;
  /** Grants of a lease that somebody held already. */
  readonly doubled: number;
  /** Refusals that the load did not provoke, by code. */
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Counts held seats while the load presses. A seat counts from its acknowledgement until its
 * release is *sent*: the server may give it away from then on, and not a moment before.
 */
export class Tally {
  readonly #held: Set<string> = new Set();
  readonly #failures: Map<string, number> = new Map();
  #granted = 0;
  #denied = 0;
  #most = 0;
  #doubled = 0;

  granted(lease: string): void {
    this.#granted += 1;
    if (this.#held.has(lease)) this.#doubled += 1;
    this.#held.add(lease);
    this.#most = Math.max(this.#most, this.#held.size);
  }

  denied(): void {
    this.#denied += 1;
  }

  givenBack(lease: string): void {
    this.#held.delete(lease);
  }

  failed(code: string): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  get held(): readonly string[] {
    return [...this.#held];
  }

  report(): TallyReport {
    return {
      granted: this.#granted,
      denied: this.#denied,
      most: this.#most,
      doubled: this.#doubled,
      failures: Object.fromEntries(this.#failures),
    };
  }
}
