import { equalBytes, fromHex } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import type { Block } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import {
  type BundleHead,
  type BundleTail,
  isIntact,
  looksLikeBundle,
  MAX_BUNDLE_BYTES,
  readBundleBlocks,
  readBundleHead,
} from "./bundle.ts";
import { BundleError } from "./errors.ts";
import type { Problems } from "./problems.ts";
import type { ProblemVerdict } from "./verdict.ts";

/** What can be said about a bundle without a key. */
export interface Framing {
  readonly head: BundleHead;
  readonly tail: BundleTail;
  /** The highest number of a segment that a block or directory row claims. */
  readonly highestSegment: number;
  /** Block 0, if the bundle has it. */
  readonly genesis: Uint8Array | undefined;
}

/**
 * Steps V0, V3 and the keyless half of V4: the whole file is read once, and every length, limit and
 * index is judged before any key is touched. `undefined` when the file cannot be read on.
 */
export function inspectFraming(source: ByteSource, problems: Problems): Framing | undefined {
  if (source.length > MAX_BUNDLE_BYTES) {
    problems.add("LIMIT_EXCEEDED", `the file has ${source.length} bytes`);
    return undefined;
  }
  // V0. A hash beside a foreign file proves nothing about transport.
  if (!isIntact(source)) {
    if (looksLikeBundle(source)) problems.add("TRANSPORT_DAMAGED", "the closing hash differs");
    else problems.add("MALFORMED", "the file does not begin as a bundle");
    return undefined;
  }
  return read(source, problems);
}

function read(source: ByteSource, problems: Problems): Framing | undefined {
  try {
    const head = readBundleHead(source);
    const order = new BlockOrder(head, problems);
    const blocks = readBundleBlocks(source, head);
    let step = blocks.next();
    for (; step.done !== true; step = blocks.next()) order.accept(step.value);
    const { highestSegment, genesis } = order;
    return { head, tail: step.value, highestSegment, genesis };
  } catch (error) {
    problems.add(verdictOf(error), messageOf(error));
    return undefined;
  }
}

/** Follows indices and segments through the blocks. */
class BlockOrder {
  readonly #head: BundleHead;
  readonly #chainId: Uint8Array;
  readonly #problems: Problems;
  #previous: Block | undefined;
  highestSegment: number;
  genesis: Uint8Array | undefined;

  constructor(head: BundleHead, problems: Problems) {
    this.#head = head;
    this.#chainId = fromHex(head.chainId);
    this.#problems = problems;
    this.highestSegment = head.directory.at(-1)?.segment ?? 0;
  }

  accept(block: Block): void {
    const { index } = block;
    if (!equalBytes(block.chainId, this.#chainId)) {
      this.#problems.add("WRONG_CHAIN", "a block belongs to another ledger", index);
    }
    if (index < this.#head.fromIndex || index >= this.#head.size) {
      throw new BundleError("BUNDLE_MALFORMED", `block ${index} is not one the bundle covers`);
    }
    if (this.#previous && !follows(this.#previous, block)) {
      this.#problems.add("KEY_INDEX_MISMATCH", "the block does not follow the one before", index);
    }
    if (block.type === "segment") decodeSegmentExt(block.ext);
    if (index === 0) this.genesis = block.bytes;
    this.highestSegment = Math.max(this.highestSegment, block.segment);
    this.#previous = block;
  }
}

/** V4: indices rise; inside a segment the position rises with them; a new segment begins later. */
function follows(previous: Block, block: Block): boolean {
  if (block.index <= previous.index || block.segment < previous.segment) return false;
  const start = block.index - block.indexInSegment;
  const previousStart = previous.index - previous.indexInSegment;
  return block.segment === previous.segment ? start === previousStart : start > previous.index;
}

function verdictOf(error: unknown): ProblemVerdict {
  if (error instanceof BundleError) {
    if (error.code === "BUNDLE_LIMIT_EXCEEDED") return "LIMIT_EXCEEDED";
    if (error.code === "BUNDLE_UNSUPPORTED") return "UNSUPPORTED";
    return error.code === "BUNDLE_DOWNGRADE" ? "DOWNGRADE" : "MALFORMED";
  }
  if (error instanceof LedgerError) {
    if (error.code === "LEDGER_LIMIT_EXCEEDED") return "LIMIT_EXCEEDED";
    return error.code === "LEDGER_UNSUPPORTED" ? "UNSUPPORTED" : "MALFORMED";
  }
  // Anything else is the file system's failure or our own, and no verdict about the bundle.
  throw error;
}
