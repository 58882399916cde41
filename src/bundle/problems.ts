import { type ProblemVerdict, VERDICTS, type Verdict } from "./verdict.ts";

/** One thing that is wrong. */
export interface Problem {
  readonly verdict: ProblemVerdict;
  /** The block it was seen at; null where it concerns the bundle as a whole. */
  readonly index: number | null;
  /** For people: lower case, no full stop. */
  readonly detail: string;
}

/** Problems listed one by one. What a hostile bundle causes beyond that is only counted. */
const LISTED = 64;

/** Collects what is wrong while the verification goes on, and ranks it. */
export class Problems {
  readonly #listed: Problem[] = [];
  readonly #seen = new Set<ProblemVerdict>();
  #count = 0;

  add(verdict: ProblemVerdict, detail: string, index: number | null = null): void {
    this.#count += 1;
    // The first of each kind is always listed: the verdict must have its reason.
    if (this.#listed.length < LISTED || !this.#seen.has(verdict)) {
      this.#listed.push({ verdict, detail, index });
    }
    this.#seen.add(verdict);
  }

  has(verdict: ProblemVerdict): boolean {
    return this.#seen.has(verdict);
  }

  get none(): boolean {
    return this.#count === 0;
  }

  /** All problems, also those not listed. */
  get count(): number {
    return this.#count;
  }

  /** The gravest first, otherwise in the order they were met. */
  get listed(): readonly Problem[] {
    return this.#listed.toSorted((left, right) => rank(left.verdict) - rank(right.verdict));
  }

  /** The gravest verdict, if anything is wrong. */
  get worst(): ProblemVerdict | undefined {
    return this.listed[0]?.verdict;
  }
}

function rank(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}
