import { PAGE_LEAVES, SparseTree } from "../merkle/sparse-tree.ts";
import { blockLeaf } from "./block.ts";
import type { LedgerFiles } from "./ports.ts";
import { chainSource, readBlocks } from "./reader.ts";

/**
 * The tree over the blocks of a chain file, for roots and proofs of any size that the ledger ever had.
 * What it needs beyond the roots it keeps, it reads from the disk: 64 blocks, or their kept hashes, at most.
 */
export class BlockTree {
  readonly #files: LedgerFiles;
  /** Where in the file each page of leaves begins. */
  readonly #offsets: number[] = [];
  readonly #tree: SparseTree;

  constructor(files: LedgerFiles) {
    this.#files = files;
    this.#tree = new SparseTree((page) => this.#leavesOf(page));
  }

  get size(): number {
    return this.#tree.size;
  }

  /** Takes the next block: its leaf hash, and where it begins in the file. */
  add(leaf: Uint8Array, offset: number): void {
    if (this.size % PAGE_LEAVES === 0) this.#offsets.push(offset);
    this.#tree.append(leaf);
  }

  /**
   * The root over the first `size` blocks.
   * @throws RangeError when there are fewer; LedgerError when the file cannot be read any more.
   */
  rootAt(size: number): Uint8Array {
    return this.#tree.rootAt(size);
  }

  /**
   * The consistency proof of RFC 6962 from the first `size` blocks to all.
   * @throws as `rootAt`.
   */
  proofFrom(size: number): readonly Uint8Array[] {
    return this.#tree.proofFrom(size);
  }

  /**
   * Where block `index` begins, which must be in the file.
   * @throws RangeError when it is not; LedgerError when the file cannot be read any more.
   */
  offsetOf(index: number): number {
    const page = Math.floor(index / PAGE_LEAVES);
    const { gap } = this.#files;
    const start = Math.max(this.#offsets[page] ?? 0, gap?.offset ?? 0);
    for (const { block, offset } of readBlocks(chainSource(this.#files), start)) {
      if (block.index === index) return offset;
      if (block.index > index) break;
    }
    throw new RangeError(`block ${index} is not in the ledger file`);
  }

  /**
   * The leaf hashes of the first `size` blocks, a page at a time.
   * @yields at most 64 of them, in order.
   * @throws as `rootAt`.
   */
  *pages(size: number): Generator<readonly Uint8Array[], void, undefined> {
    for (let page = 0; page * PAGE_LEAVES < size; page += 1) {
      yield this.#leavesOf(page).slice(0, size - page * PAGE_LEAVES);
    }
  }

  /**
   * The audit path of RFC 6962 for block `index` in the tree over all.
   * @throws RangeError when there is no such block; LedgerError as `rootAt`.
   */
  inclusionOf(index: number): readonly Uint8Array[] {
    return this.#tree.inclusionOf(index);
  }

  #leavesOf(page: number): readonly Uint8Array[] {
    const { gap } = this.#files;
    const first = page * PAGE_LEAVES;
    const archived = gap?.leaves(first, Math.min(first + PAGE_LEAVES, gap.size)) ?? [];
    if (archived.length === PAGE_LEAVES) return archived;
    const start = archived.length > 0 ? gap?.offset : this.#offsets[page];
    const blocks = readBlocks(chainSource(this.#files), start ?? 0, this.#offsets[page + 1]);
    return [...archived, ...Array.from(blocks, ({ block }) => blockLeaf(block.bytes))];
  }
}
