import type { Block } from "../ledger/block.ts";
import { type ReaderChange, type Readers, readersOf, sameReaders } from "../ledger/readers.ts";
import type { SegmentExt } from "../ledger/segment.ts";
import type { AuditProblems } from "./audit-problems.ts";

/** Changes listed one by one: an honest site makes one a day at most. */
const LISTED = 1_000;

/** Who can read, from segment to segment: the list stands in the open and under every seal. */
export class ReaderWatch {
  readonly #own: string | undefined;
  readonly #known: ReadonlySet<string>;
  readonly #problems: AuditProblems;
  readonly #changes: ReaderChange[] = [];
  #current: Readers | undefined;
  #wasReader = false;

  /**
   * @param own this auditor's key id; undefined when there is no key.
   * @param known further auditors that the site has said it has.
   */
  constructor(own: string | undefined, known: ReadonlySet<string>, problems: AuditProblems) {
    this.#own = own;
    this.#known = known;
    this.#problems = problems;
  }

  get changes(): readonly ReaderChange[] {
    return this.#changes;
  }

  /** True once some segment was sealed for this auditor too. */
  get wasReader(): boolean {
    return this.#wasReader;
  }

  accept({ segment, index }: Block, ext: SegmentExt): Readers {
    const readers = readersOf(ext);
    if (!sameReaders(this.#current, readers)) {
      if (this.#changes.length < LISTED) this.#changes.push({ segment, index, ...readers });
      this.#judge(readers, segment, index);
    }
    this.#current = readers;
    return readers;
  }

  /** Once for each change, not for every segment after it. */
  #judge({ auditors }: Readers, segment: number, index: number): void {
    // Without a key of one's own nobody is a stranger: it is only told who reads.
    if (this.#own === undefined) return;
    const isReader = auditors.includes(this.#own);
    if (this.#wasReader && !isReader && this.#current?.auditors.includes(this.#own) === true) {
      const detail = `from segment ${segment} on nothing is sealed for ${this.#own} any more`;
      this.#problems.add("AUDITOR_LEFT_OUT", detail, index);
    }
    this.#wasReader ||= isReader;
    for (const kid of new Set(auditors)) {
      if (kid === this.#own || this.#known.has(kid)) continue;
      if (this.#current?.auditors.includes(kid) === true) continue;
      this.#problems.add("READER_UNKNOWN", `from segment ${segment} on ${kid} can read too`, index);
    }
  }
}
