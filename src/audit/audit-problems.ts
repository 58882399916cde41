import { Problems } from "../bundle/problems.ts";
import type { AUDIT_CODES, AuditProblem } from "./audit-report.ts";

/** Problems listed one by one. What a hostile file causes beyond that is only counted. */
const LISTED = 64;

/** Collects what is wrong: in the words of the vendor's verifier where it has one, else in our own. */
export class AuditProblems {
  /** For the steps that both share. */
  readonly shared: Problems = new Problems();
  readonly #own: AuditProblem[] = [];
  #count = 0;

  add(code: (typeof AUDIT_CODES)[number], detail: string, index: number | null = null): void {
    this.#count += 1;
    if (this.#own.length < LISTED) this.#own.push({ code, detail, index });
  }

  get none(): boolean {
    return this.count === 0;
  }

  get count(): number {
    return this.#count + this.shared.count;
  }

  /** In the order of the blocks, what concerns the whole file first. */
  get listed(): readonly AuditProblem[] {
    const shared = this.shared.listed.map(({ verdict: code, detail, index }) => {
      return { code, detail, index };
    });
    return [...shared, ...this.#own].toSorted(
      (left, right) => (left.index ?? -1) - (right.index ?? -1),
    );
  }
}
