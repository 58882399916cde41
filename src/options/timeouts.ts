/** A `TIMEOUT` or `TIMEOUTALL` line that can be read; `*` stands for all features. */
export interface Timeout {
  readonly feature: string;
  readonly line: number;
}

/** The timeouts of a file, whose order decides which of them count. */
export class Timeouts {
  readonly #all: Timeout[] = [];
  #isTold = false;

  add(timeout: Timeout): void {
    this.#all.push(timeout);
  }

  /** The last line below that is about the feature of this one too. */
  below({ feature, line }: Timeout): number | undefined {
    const isAbout = (other: Timeout): boolean =>
      other.line > line && (other.feature === feature || other.feature === "*");
    return this.#all.findLast(isAbout)?.line;
  }

  /** Whether a feature has a line of its own. */
  get hasOwn(): boolean {
    return this.#all.some(({ feature }) => feature !== "*");
  }

  /** True for the first who asks: what all lines have in common is told once. */
  tellOnce(): boolean {
    const isFirst = !this.#isTold;
    this.#isTold = true;
    return isFirst;
  }
}
