import { equalBytes, toHex } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { Frontier } from "../merkle/tree.ts";
import { type Block, blockLeaf } from "./block.ts";
import { LedgerError } from "./errors.ts";
import type { ByteSource, Gap } from "./ports.ts";
import { archivedLeaves, readBlocks } from "./reader.ts";
import { type ReaderChange, readersOf, sameReaders } from "./readers.ts";
import { decodeSegmentExt } from "./segment.ts";
import { type ChainState, decodeSlot } from "./state.ts";

/** What there is to compare the blocks with. The more is given, the more is checked. */
export interface PublicEvidence {
  /** The genesis leaf hash of the license. */
  readonly genesisLeaf?: Uint8Array | undefined;
  /** Heads whose signatures the caller has verified, or roots a receipt acknowledged. */
  readonly heads?: readonly { readonly size: number; readonly root: Uint8Array }[];
  /** Both state slots. They hold keys: the caller erases them. */
  readonly slots?: readonly [Uint8Array, Uint8Array];
}

/** What can be said about a ledger without any vendor key. */
export interface PublicReport {
  /** Undefined when not even one block could be read. */
  readonly chainId: ChainId | undefined;
  readonly size: number;
  readonly segments: number;
  /** Who can read from which segment on: the newest changes, the last of them in force. */
  readonly readers: readonly ReaderChange[];
  readonly root: Uint8Array;
  /** Sentences, each a thing that was looked at. Never empty. */
  readonly checked: readonly string[];
  readonly problems: readonly PublicProblem[];
}

/** What such a check can find. A code that is also a verdict on bundles means the same there. */
export const PUBLIC_PROBLEM_CODES = [
  "MALFORMED",
  "GENESIS_MISMATCH",
  "BLOCKS_MISSING",
  "HASH_CHAIN_BROKEN",
  "WRONG_CHAIN",
  "ROOT_MISMATCH",
  "STATE_MISMATCH",
] as const;

/** A block's leaf hash, and where it begins; of one in an archive, where the file goes on. */
type BlockMet = (leaf: Uint8Array, offset: number) => void;

interface PublicProblem {
  readonly code: (typeof PUBLIC_PROBLEM_CODES)[number];
  readonly detail: string;
}

/**
 * Checks what anyone can check: form, order, hash chain, root. It cannot tell who wrote a block or
 * what it says: that takes the vendor's keys. Blocks that are in archives count by
 * their leaf hashes.
 * @param met is told of each block in order.
 */
export function verifyPublic(
  source: ByteSource,
  evidence: PublicEvidence = {},
  met: BlockMet = () => undefined,
): PublicReport {
  const check = new PublicCheck(evidence);
  try {
    for (const { block, offset } of readBlocks(source)) {
      const isFirst = check.size === 0;
      met(check.add(block), offset);
      if (isFirst && source.gap) check.pass(source.gap, met);
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    check.report("MALFORMED", error.message);
  }
  return check.finish(source.length);
}

/** Changes of readers that are kept: an honest site makes one a day at most. */
const READER_CHANGES = 1_000;

class PublicCheck {
  readonly #evidence: PublicEvidence;
  readonly #problems: PublicProblem[] = [];
  /** Heads not met yet: the roots claimed for a size. */
  readonly #openHeads: Map<number, readonly Uint8Array[]> = new Map();
  #previous: Block | undefined;
  #chain: Uint8Array | undefined;
  #segments = 0;
  readonly #readers: ReaderChange[] = [];
  /** The index that follows. */
  #next = 0;
  /** Blocks in archives, in front of the next block. */
  #passed = 0;
  #archived = 0;
  /** Bytes of them. */
  #absent = 0;
  #lastLeaf: Uint8Array = new Uint8Array(32);
  #frontier: Frontier = Frontier.empty();

  constructor(evidence: PublicEvidence) {
    this.#evidence = evidence;
    for (const { size, root } of evidence.heads ?? []) {
      this.#openHeads.set(size, [...(this.#openHeads.get(size) ?? []), root]);
    }
    this.#compareHead();
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** Takes in what is kept of the blocks behind block 0 that are in archives. */
  pass(gap: Gap, met: BlockMet): void {
    if (!gap.leaves(0, 1).every((leaf) => equalBytes(leaf, this.#lastLeaf))) {
      this.report("HASH_CHAIN_BROKEN", "the kept leaf hashes do not begin with that of block 0");
    }
    for (const leaf of archivedLeaves(gap)) {
      this.#take(leaf);
      met(leaf, gap.offset);
    }
    this.#next = gap.size;
    this.#archived = gap.size - 1;
    this.#passed = this.#archived;
    this.#absent = gap.offset - gap.front;
  }

  /** @returns the block's leaf hash. */
  add(block: Block): Uint8Array {
    const leaf = blockLeaf(block.bytes);
    if (this.#previous === undefined) this.#addFirst(block, leaf);
    else this.#addFollowing(block, this.#previous);
    if (block.type === "segment") {
      this.#segments += 1;
      this.#acceptReaders(block);
    }
    this.#previous = block;
    this.#next = block.index + 1;
    this.#passed = 0;
    this.#take(leaf);
    return leaf;
  }

  #take(leaf: Uint8Array): void {
    this.#lastLeaf = leaf;
    this.#frontier = this.#frontier.append(leaf);
    this.#compareHead();
  }

  #acceptReaders({ segment, index, ext }: Block): void {
    const readers = readersOf(decodeSegmentExt(ext));
    if (sameReaders(this.#readers.at(-1), readers)) return;
    this.#readers.push({ segment, index, ...readers });
    if (this.#readers.length > READER_CHANGES) this.#readers.shift();
  }

  report(code: PublicProblem["code"], detail: string): void {
    this.#problems.push({ code, detail });
  }

  finish(length: number): PublicReport {
    const { size } = this.#frontier;
    if (size === 0) this.report("MALFORMED", "there is no block");
    for (const missing of this.#openHeads.keys()) {
      this.report("BLOCKS_MISSING", `a head speaks of ${missing} blocks, the file has ${size}`);
    }
    if (this.#evidence.slots) this.#compareState(this.#evidence.slots, length);
    return {
      chainId: this.#chain && chainId(toHex(this.#chain)),
      size,
      segments: this.#segments,
      readers: this.#readers,
      root: this.#frontier.root(),
      checked: this.#checked(length),
      problems: this.#problems,
    };
  }

  #addFirst(block: Block, leaf: Uint8Array): void {
    this.#chain = block.chainId;
    if (block.index !== 0) this.report("BLOCKS_MISSING", `the first block is ${block.index}`);
    const licensed = this.#evidence.genesisLeaf;
    if (licensed && !equalBytes(leaf, licensed)) {
      this.report("GENESIS_MISMATCH", "block 0 is not the one the license names");
    }
  }

  #addFollowing(block: Block, previous: Block): void {
    const { index } = block;
    if (!equalBytes(block.chainId, previous.chainId)) {
      this.report("WRONG_CHAIN", `block ${index} belongs to another ledger`);
    }
    // The segments of archived blocks are known by their number alone.
    if (this.#passed > 0) this.#segments += block.segment - 1;
    if (index !== this.#next) {
      this.report("BLOCKS_MISSING", `block ${index} comes after block ${this.#next - 1}`);
    } else if (!equalBytes(block.prevLeaf, this.#lastLeaf)) {
      this.report("HASH_CHAIN_BROKEN", `block ${index} does not follow the block before it`);
    } else if (this.#passed > 0 ? block.type !== "segment" : !isNextPlace(block, previous)) {
      this.report("MALFORMED", `block ${index} stands at the wrong place of its segment`);
    }
  }

  #compareHead(): void {
    const { size } = this.#frontier;
    const roots = this.#openHeads.get(size);
    if (!roots) return;
    this.#openHeads.delete(size);
    const own = this.#frontier.root();
    if (roots.some((root) => !equalBytes(root, own))) {
      this.report("ROOT_MISMATCH", `another root was signed at size ${size}`);
    }
  }

  #compareState(slots: readonly [Uint8Array, Uint8Array], length: number): void {
    const states = slots.map(decodeSlot);
    const [state, second] = states.filter((found) => found !== undefined);
    const zero = slots.some((slot) => slot.every((byte) => byte === 0));
    if (!state || second || !zero) {
      this.report("STATE_MISMATCH", "not exactly one state slot is valid and the other erased");
    }
    if (state && !this.#fits(state, length)) {
      const { size } = this.#frontier;
      const where =
        state.nextIndex === size
          ? "the blocks are not those that the key state was left at"
          : `the key state was left after ${state.nextIndex} blocks, the file has ${size}`;
      this.report("STATE_MISMATCH", where);
    }
    for (const { auth, read } of states.filter((found) => found !== undefined)) {
      auth.fill(0);
      read.fill(0);
    }
  }

  #fits(state: ChainState, length: number): boolean {
    return (
      state.nextIndex === this.#frontier.size &&
      state.fileOffset === length &&
      equalBytes(state.prevLeaf, this.#lastLeaf) &&
      equalBytes(state.frontier.root(), this.#frontier.root()) &&
      this.#chain !== undefined &&
      equalBytes(state.chainId, this.#chain)
    );
  }

  #checked(length: number): readonly string[] {
    const { genesisLeaf, heads, slots } = this.#evidence;
    const { size } = this.#frontier;
    const here = size - this.#archived;
    return [
      `form of ${here} ${here === 1 ? "block" : "blocks"} in ${length - this.#absent} bytes`,
      ...(this.#archived > 0 ? [`${this.#archived} archived blocks, by their leaf hashes`] : []),
      "order, segments and hash chain of the blocks",
      ...(genesisLeaf ? ["block 0 against the license"] : []),
      ...(heads && heads.length > 0 ? [`${heads.length} heads against the blocks`] : []),
      ...(slots ? ["the key state against the blocks, and the erasure of the other slot"] : []),
    ];
  }
}

function isNextPlace(block: Block, previous: Block): boolean {
  if (block.type === "segment") return block.segment === previous.segment + 1;
  return block.segment === previous.segment && block.indexInSegment === previous.indexInSegment + 1;
}
