import { largestPowerBelow } from "./proof.ts";
import { EMPTY_ROOT, nodeHash, rootOf } from "./tree.ts";

/** Leaves under the lowest roots that are kept. A power of two. */
export const PAGE_LEAVES = 64;

/** Pages whose leaves were fetched last and are kept: 2 KiB each. */
const PAGES_AT_HAND = 32;

/**
 * A growing tree that keeps the roots of its complete subtrees from a page of leaves upwards, about a
 * byte for each leaf. The leaves themselves are fetched a page at a time when a smaller tree ends
 * inside that page: so a root or proof costs one page, however long the tree is.
 */
export class SparseTree {
  /** By height above a page; of each, left to right. */
  readonly #roots: Uint8Array[][] = [];
  /** Leaves of the page that is not full yet. */
  #tail: Uint8Array[] = [];
  readonly #atHand = new Map<number, readonly Uint8Array[]>();
  readonly #leavesOf: (page: number) => readonly Uint8Array[];

  /** @param leavesOf fetches the `PAGE_LEAVES` leaf hashes of a full page. What it throws is passed on. */
  constructor(leavesOf: (page: number) => readonly Uint8Array[]) {
    this.#leavesOf = leavesOf;
  }

  get size(): number {
    return this.#pages * PAGE_LEAVES + this.#tail.length;
  }

  append(leaf: Uint8Array): void {
    this.#tail.push(leaf);
    if (this.#tail.length < PAGE_LEAVES) return;
    this.#complete(rootOf(this.#tail), 0);
    this.#tail = [];
  }

  /**
   * The root over the first `size` leaves.
   * @throws RangeError when there are fewer.
   */
  rootAt(size: number): Uint8Array {
    this.#refuseBeyond(size);
    return size === 0 ? EMPTY_ROOT : this.#root(0, size);
  }

  /**
   * As `consistencyProof` over all leaves.
   * @throws RangeError when `oldSize` is larger than the tree.
   */
  proofFrom(oldSize: number): readonly Uint8Array[] {
    this.#refuseBeyond(oldSize);
    return oldSize === 0 ? [] : this.#subproof(oldSize, [0, this.size], true);
  }

  /**
   * As `inclusionProof` over all leaves.
   * @throws RangeError unless `index` is one of them.
   */
  inclusionOf(index: number): readonly Uint8Array[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`no leaf ${index} among ${this.size}`);
    }
    return this.#path(index, [0, this.size]);
  }

  get #pages(): number {
    return this.#roots[0]?.length ?? 0;
  }

  #refuseBeyond(size: number): void {
    if (Number.isInteger(size) && size >= 0 && size <= this.size) return;
    throw new RangeError(`a tree of ${this.size} leaves has no tree of ${size} before it`);
  }

  /** Keeps the root of a subtree, and of each that it completes. */
  #complete(root: Uint8Array, height: number): void {
    const level = (this.#roots[height] ??= []);
    level.push(root);
    const left = level.at(-2);
    if (left !== undefined && level.length % 2 === 0) {
      this.#complete(nodeHash(left, root), height + 1);
    }
  }

  /** `SUBPROOF` of RFC 6962 over the leaves from the first number until before the second. */
  #subproof(
    oldSize: number,
    [from, to]: readonly [number, number],
    whole: boolean,
  ): readonly Uint8Array[] {
    if (oldSize === to - from) return whole ? [] : [this.#root(from, to)];
    const middle = from + largestPowerBelow(to - from);
    return from + oldSize <= middle
      ? [...this.#subproof(oldSize, [from, middle], whole), this.#root(middle, to)]
      : [...this.#subproof(from + oldSize - middle, [middle, to], false), this.#root(from, middle)];
  }

  /** `PATH` of RFC 6962, over the leaves from the first number until before the second. */
  #path(index: number, [from, to]: readonly [number, number]): readonly Uint8Array[] {
    if (to - from === 1) return [];
    const middle = from + largestPowerBelow(to - from);
    return index < middle
      ? [...this.#path(index, [from, middle]), this.#root(middle, to)]
      : [...this.#path(index, [middle, to]), this.#root(from, middle)];
  }

  /** `MTH` of RFC 6962. The recursion meets complete subtrees only at multiples of their size. */
  #root(from: number, to: number): Uint8Array {
    const count = to - from;
    if (count === 1) return this.#leaf(from);
    const kept = this.#kept(from, count);
    if (kept !== undefined) return kept;
    const middle = from + largestPowerBelow(count);
    return nodeHash(this.#root(from, middle), this.#root(middle, to));
  }

  #kept(from: number, count: number): Uint8Array | undefined {
    const height = Math.log2(count / PAGE_LEAVES);
    return this.#roots[height]?.[from / count];
  }

  #leaf(index: number): Uint8Array {
    const page = Math.floor(index / PAGE_LEAVES);
    const leaves = page === this.#pages ? this.#tail : this.#page(page);
    const leaf = leaves[index % PAGE_LEAVES];
    if (leaf === undefined) throw new RangeError(`page ${page} has no leaf ${index}`);
    return leaf;
  }

  #page(page: number): readonly Uint8Array[] {
    const found = this.#atHand.get(page) ?? this.#leavesOf(page);
    this.#atHand.delete(page);
    this.#atHand.set(page, found);
    const [oldest] = this.#atHand.keys();
    if (this.#atHand.size > PAGES_AT_HAND && oldest !== undefined) this.#atHand.delete(oldest);
    return found;
  }
}
