import { Frontier } from "../merkle/tree.ts";
import {
  type Block,
  blockLeaf,
  blockLength,
  decodeBlock,
  decodeHeader,
  HEADER_BYTES,
} from "./block.ts";
import { LedgerError } from "./errors.ts";
import type { ByteSource, Gap, LedgerFiles } from "./ports.ts";

/** A block and where it stands in its file. */
export interface LocatedBlock {
  readonly block: Block;
  readonly offset: number;
}

/** Bytes read at once: several blocks, and always at least one. */
const WINDOW_BYTES = 256 * 1024;

/** Leaf hashes read at once. */
const LEAVES_AT_ONCE = 4_096;

/** The chain file behind a ledger's port. */
export function chainSource(files: LedgerFiles): ByteSource {
  return {
    length: files.chainLength(),
    read: (offset, length) => files.readChain(offset, length),
    gap: files.gap,
  };
}

/**
 * The blocks between two offsets, one after another; the file is never in memory. Judges the form
 * of each block alone, not how they hang together. Blocks that are in archives are passed over.
 * @yields each block; its bytes stay valid.
 * @throws LedgerError `LEDGER_TRUNCATED`, `LEDGER_MALFORMED`, `LEDGER_UNSUPPORTED`,
 * `LEDGER_LIMIT_EXCEEDED`, with the offset among its facts.
 */
export function* readBlocks(
  source: ByteSource,
  start: number = 0,
  end: number = source.length,
): Generator<LocatedBlock, void, undefined> {
  const { gap } = source;
  if (gap === undefined || start >= gap.offset) yield* blocksBetween(source, start, end);
  else {
    if (start < gap.front) yield* blocksBetween(source, start, Math.min(gap.front, end));
    yield* blocksBetween(source, gap.offset, end);
  }
}

function* blocksBetween(
  source: ByteSource,
  start: number,
  end: number,
): Generator<LocatedBlock, void, undefined> {
  const bytes = new Window(source, end);
  let offset = start;
  while (offset < end) {
    const block = blockAt(bytes, offset);
    yield { block, offset };
    offset += block.bytes.length;
  }
}

/**
 * The root over the first `size` blocks; undefined when there are fewer.
 * @throws LedgerError as `readBlocks`.
 */
export function rootAt(source: ByteSource, size: number): Uint8Array | undefined {
  const edge = edgeAt(source, size);
  return edge.size === size ? edge.root() : undefined;
}

/**
 * The edge of the tree over the first `size` blocks, or over all where there are fewer.
 * @throws LedgerError as `readBlocks`.
 */
export function edgeAt(source: ByteSource, size: number): Frontier {
  let frontier = Frontier.empty();
  if (size === 0) return frontier;
  for (const leaf of leavesOf(source)) {
    frontier = frontier.append(leaf);
    if (frontier.size === size) break;
  }
  return frontier;
}

/**
 * The leaf hash of each block in order, those in archives among them.
 * @yields 32 bytes each.
 * @throws LedgerError as `readBlocks`.
 */
function* leavesOf(source: ByteSource): Generator<Uint8Array, void, undefined> {
  let isFirst = true;
  for (const { block } of readBlocks(source)) {
    yield blockLeaf(block.bytes);
    if (isFirst && source.gap !== undefined) yield* archivedLeaves(source.gap);
    isFirst = false;
  }
}

/**
 * The leaf hashes of the blocks that a file lacks, in order.
 * @yields 32 bytes each.
 */
export function* archivedLeaves(gap: Gap): Generator<Uint8Array, void, undefined> {
  for (let from = 1; from < gap.size; from += LEAVES_AT_ONCE) {
    yield* gap.leaves(from, Math.min(from + LEAVES_AT_ONCE, gap.size));
  }
}

/** A part of a file that was read ahead. */
class Window {
  readonly #source: ByteSource;
  readonly #end: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, end: number) {
    this.#source = source;
    this.#end = end;
  }

  /** Up to `length` bytes at `offset`: fewer only at the end. */
  at(offset: number, length: number): Uint8Array {
    const from = offset - this.#start;
    const wanted = Math.min(length, this.#end - offset);
    if (from >= 0 && from + wanted <= this.#bytes.length) {
      return this.#bytes.subarray(from, from + wanted);
    }
    // A new array each time: blocks already handed out keep their views of the old one.
    const ahead = Math.min(Math.max(WINDOW_BYTES, wanted), this.#end - offset);
    this.#start = offset;
    this.#bytes = this.#source.read(offset, ahead);
    return this.#bytes.subarray(0, wanted);
  }
}

function blockAt(bytes: Window, offset: number): Block {
  try {
    const length = blockLength(decodeHeader(bytes.at(offset, HEADER_BYTES)));
    return decodeBlock(bytes.at(offset, length));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new LedgerError(error.code, `${error.message} (at byte ${offset})`, {
      cause: error,
      facts: { ...error.facts, offset },
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}
