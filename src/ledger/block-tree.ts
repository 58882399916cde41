import { PAGE_LEAVES, SparseTree } from "../merkle/sparse-tree.ts";
import { blockLeaf } from "./block.ts";
import type { LedgerFiles } from "./ports.ts";
import { chainSource, readBlocks } from "./reader.ts";

/**
 * The tree over the blocks of a chain file, for roots and proofs of any size that the ledger ever had.
 * What it needs beyond the roots it keeps, it reads from the file: 64 blocks at most.
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

  #leavesOf(page: number): readonly Uint8Array[] {
    const blocks = readBlocks(
      chainSource(this.#files),
      this.#offsets[page] ?? 0,
      this.#offsets[page + 1],
    );
    return Array.from(blocks, ({ block }) => blockLeaf(block.bytes));
  }
}
