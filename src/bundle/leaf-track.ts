import { concat } from "../base/bytes.ts";
import { SEGMENT_BLOCKS } from "../ledger/block.ts";
import type { DirectoryRow } from "../ledger/directory.ts";
import { Frontier } from "../merkle/tree.ts";
import type { AckedSegment } from "./known-ledger.ts";
import type { OwnLeaves } from "./own-leaves.ts";

const UNKNOWN = new Uint8Array(32);

/** Grows the tree leaf by leaf and cuts it into segments for the vendor's store. */
export class LeafTrack {
  readonly #own: OwnLeaves;
  readonly #onSegment: (segment: AckedSegment) => void;
  #frontier: Frontier | undefined = Frontier.empty();
  #segment: Omit<AckedSegment, "leaves" | "lost"> | undefined;
  #leaves: Uint8Array[] = [];
  #lost: number[] = [];
  #next = 0;
  #lastLeaf: Uint8Array | undefined;

  /** @param onSegment is given each segment as it ends. */
  constructor(own: OwnLeaves, onSegment: (segment: AckedSegment) => void) {
    this.#own = own;
    this.#onSegment = onSegment;
  }

  /** Index of the leaf to come. */
  get next(): number {
    return this.#next;
  }

  /** The newest leaf; undefined when it is not known. */
  get lastLeaf(): Uint8Array | undefined {
    return this.#lastLeaf;
  }

  /** The root so far; undefined when leaves are not known. */
  get root(): Uint8Array | undefined {
    return this.#frontier?.root();
  }

  /** Takes up the tree before an acknowledged segment: its SEGMENT block is the next. */
  startAt(segment: AckedSegment): void {
    const { row, frontier } = segment;
    this.#next = row.index;
    this.#frontier = frontier === null ? undefined : Frontier.of(frontier, row.index);
    this.#lastLeaf = this.#own.at(row.index - 1);
  }

  /** Takes up the tree in the middle of an acknowledged segment. */
  resume(segment: AckedSegment): void {
    this.startAt(segment);
    this.open(segment.row, segment.lastEventId);
  }

  /** The next leaf begins a segment. */
  open(row: DirectoryRow, lastEventId: number | null): void {
    this.close();
    this.#segment = { row, lastEventId, frontier: this.#frontier?.hashes ?? null };
  }

  /** The next leaf, whether or not it is known. */
  add(leaf: Uint8Array | undefined): void {
    // Claims about millions of lost blocks belong to no segment and must not cost memory.
    if (this.#leaves.length === SEGMENT_BLOCKS) this.#drop();
    if (this.#segment) this.#leaves.push(leaf ?? UNKNOWN);
    this.#frontier = leaf && this.#frontier?.append(leaf);
    this.#lastLeaf = leaf;
    this.#next += 1;
  }

  /**
   * Passes over blocks that are not in the bundle, with the leaves the vendor knows.
   * @param starts segments that begin on the way.
   * @param last leaf of the block before `index`, where the block at `index` vouches for it.
   */
  skipTo(index: number, starts: readonly DirectoryRow[], last: Uint8Array | undefined): void {
    const startAt = new Map(starts.map((row) => [row.index, row]));
    while (this.#next < index) {
      const row = startAt.get(this.#next);
      if (row) this.open(row, null);
      if (this.#segment && !this.#own.has(this.#next)) this.#lost.push(this.#leaves.length);
      this.add(this.#own.at(this.#next) ?? (this.#next === index - 1 ? last : undefined));
    }
  }

  /** Gives out the segment that is open. */
  close(): void {
    if (this.#segment) {
      const [leaves, lost] = [concat(...this.#leaves), this.#lost];
      this.#onSegment({ ...this.#segment, leaves, lost });
    }
    this.#drop();
  }

  #drop(): void {
    this.#segment = undefined;
    this.#leaves = [];
    this.#lost = [];
  }
}
