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
import type { ByteSource, LedgerFiles } from "./ports.ts";

/** A block and where it stands in its file. */
export interface LocatedBlock {
  readonly block: Block;
  readonly offset: number;
}

/** Bytes read at once: several blocks, and always at least one. */
const WINDOW_BYTES = 256 * 1024;

/** The chain file behind a ledger's port. */
export function chainSource(files: LedgerFiles): ByteSource {
  return {
    length: files.chainLength(),
    read: (offset, length) => files.readChain(offset, length),
  };
}

/**
 * The blocks between two offsets, one after another; the file is never in memory. Judges the form
 * of each block alone, not how they hang together.
 * @yields each block; its bytes stay valid.
 * @throws LedgerError `LEDGER_TRUNCATED`, `LEDGER_MALFORMED`, `LEDGER_UNSUPPORTED`,
 * `LEDGER_LIMIT_EXCEEDED`, with the offset among its facts.
 */
export function* readBlocks(
  source: ByteSource,
  start: number = 0,
  end: number = source.length,
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
  let frontier = Frontier.empty();
  if (size === 0) return frontier.root();
  for (const { block } of readBlocks(source)) {
    frontier = frontier.append(blockLeaf(block.bytes));
    if (frontier.size === size) return frontier.root();
  }
  return undefined;
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
