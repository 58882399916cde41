import { concat, fromHex, readUint, toHex, u16, u32, u64, utf8 } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { createSha256, type Sha256 } from "../crypto/hash.ts";
import {
  type Block,
  blockLength,
  decodeBlock,
  decodeHeader,
  HEADER_BYTES,
} from "../ledger/block.ts";
import {
  DIRECTORY_ROW_BYTES,
  type DirectoryRow,
  decodeDirectoryRow,
  encodeDirectoryRow,
} from "../ledger/directory.ts";
import type { ByteSink, ByteSource } from "../ledger/ports.ts";
import { readBlocks } from "../ledger/reader.ts";
import { BundleError } from "./errors.ts";
import { SourceWindow } from "./source-window.ts";

/** Bytes of a bundle at most: 2 GiB. */
export const MAX_BUNDLE_BYTES: number = 2 ** 31;
/** Blocks that a bundle may claim to cover, present or missing. */
export const MAX_BUNDLE_BLOCKS = 2_000_000;
/** Bytes of the checkpoint note at most. */
const MAX_CHECKPOINT_BYTES = 4_096;

/** Everything an export consists of (docs/spec/bundle.md). */
export interface BundleParts {
  readonly chainId: ChainId;
  /** Where the segment that holds the last acknowledged block begins; 0 without one. */
  readonly fromIndex: number;
  /** Blocks in the ledger. */
  readonly size: number;
  /** Rows of all segments of the ledger, in order. */
  readonly directory: readonly DirectoryRow[];
  /** How many blocks `blocks` will give: fewer than `size - fromIndex` when some are lost. */
  readonly blockCount: number;
  /** The blocks from `fromIndex` on, in order, byte for byte. */
  readonly blocks: Iterable<Uint8Array>;
  /** The head of this size and root, signed by the daemon. */
  readonly checkpoint: string;
  /** RFC 6962 root at `size`. */
  readonly root: Uint8Array;
  /** The tip proof; 32 zeros when the chain key is lost. */
  readonly tip: Uint8Array;
}

/** What a bundle says in front of its blocks. Nothing of it is authenticated. */
export interface BundleHead {
  readonly chainId: ChainId;
  readonly fromIndex: number;
  readonly size: number;
  readonly directory: readonly DirectoryRow[];
  readonly blockCount: number;
  /** Where the first block begins. */
  readonly blocksAt: number;
}

/** What a bundle says behind its blocks. Nothing of it is authenticated. */
export interface BundleTail {
  /** The checkpoint note. */
  readonly checkpoint: Uint8Array;
  readonly root: Uint8Array;
  readonly tip: Uint8Array;
}

/**
 * Writes a bundle block by block.
 * @throws RangeError when `blocks` gives another number of blocks than promised: the bytes written
 * so far are no bundle.
 */
export function writeBundle(sink: ByteSink, parts: BundleParts): void {
  const hash = createSha256();
  const write = (bytes: Uint8Array): void => {
    hash.update(bytes);
    sink.write(bytes);
  };
  write(
    concat(
      MAGIC,
      u16(VERSION),
      fromHex(parts.chainId),
      u64(parts.fromIndex),
      u64(parts.size),
      u32(parts.directory.length),
      ...parts.directory.map(encodeDirectoryRow),
      u32(parts.blockCount),
    ),
  );
  writeBlocks(write, parts);
  const note = utf8(parts.checkpoint);
  write(concat(u32(note.length), note, parts.root, parts.tip));
  sink.write(hash.digest());
}

/**
 * What an export takes from a chain file: everything from the segment that holds the last
 * acknowledged block. Reads the file once to count, and again while the blocks are written.
 * @param directory every row of the ledger, in order.
 * @throws LedgerError when the chain file holds anything but blocks.
 */
export function selectBlocks(
  chain: ByteSource,
  directory: readonly DirectoryRow[],
  ackSize: number,
): Pick<BundleParts, "fromIndex" | "blockCount" | "blocks"> {
  const fromIndex = firstToExport(directory, ackSize);
  let start = chain.length;
  let blockCount = 0;
  for (const { block, offset } of readBlocks(chain)) {
    if (block.index < fromIndex) continue;
    start = Math.min(start, offset);
    blockCount += 1;
  }
  return { fromIndex, blockCount, blocks: { [Symbol.iterator]: () => blockBytes(chain, start) } };
}

/** The index of an export's first block: where the segment of the last acknowledged block begins. */
export function firstToExport(directory: readonly DirectoryRow[], ackSize: number): number {
  return directory.findLast((row) => row.index < ackSize)?.index ?? 0;
}

/**
 * Reads the head of a bundle: enough to find out which ledger it is from.
 * @throws BundleError
 */
export function readBundleHead(source: ByteSource): BundleHead {
  if (source.length > MAX_BUNDLE_BYTES) throw limit(`has ${source.length} bytes`);
  const window = new SourceWindow(source, 0);
  refuseVersion(window);
  const chain = chainId(toHex(window.take(16)));
  const fromIndex = place(window.take(8), "first index");
  const size = place(window.take(8), "size");
  if (size < 1 || fromIndex >= size) throw malformed("covers no block");
  if (size - fromIndex > MAX_BUNDLE_BLOCKS) throw limit(`covers ${size - fromIndex} blocks`);
  const directory = readDirectory(window, size);
  const blockCount = readUint(window.take(4), 0, 4);
  if (blockCount > size - fromIndex) throw malformed("has more blocks than it covers");
  return { chainId: chain, fromIndex, size, directory, blockCount, blocksAt: window.offset };
}

/**
 * The blocks one after another, and then the tail. Holds one block at a time.
 * @yields each block, well-formed and nothing more.
 * @throws BundleError, and LedgerError for a block that is not well-formed.
 */
export function* readBundleBlocks(
  source: ByteSource,
  head: BundleHead,
): Generator<Block, BundleTail, void> {
  const window = new SourceWindow(source, head.blocksAt);
  for (let read = 0; read < head.blockCount; read += 1) yield readBlock(window);
  return readTail(window);
}

/** True when the last 32 bytes are the SHA-256 of all before: the file arrived as it was written. */
export function isIntact(source: ByteSource): boolean {
  if (source.length <= DIGEST_BYTES) return false;
  const end = source.length - DIGEST_BYTES;
  const found = digestUpTo(source, end, createSha256());
  return toHex(found) === toHex(source.read(end, DIGEST_BYTES));
}

/** True when the bytes begin as a bundle does. */
export function looksLikeBundle(source: ByteSource): boolean {
  return source.length >= MAGIC.length && toHex(source.read(0, MAGIC.length)) === toHex(MAGIC);
}

const MAGIC: Uint8Array = utf8("SKX1");
const VERSION = 1;
const DIGEST_BYTES = 32;
const ROOT_AND_TIP_BYTES = 64;
/** `SKB1`, after which version stands at 4 and suite at 6. */
const BLOCK_MAGIC = "534b4231";
/** Bytes hashed at a time. */
const HASHED_AT_ONCE = 1_048_576;

function* blockBytes(chain: ByteSource, start: number): Generator<Uint8Array, void, undefined> {
  for (const { block } of readBlocks(chain, start)) yield block.bytes;
}

function writeBlocks(write: (bytes: Uint8Array) => void, parts: BundleParts): void {
  let written = 0;
  for (const block of parts.blocks) {
    write(block);
    written += 1;
  }
  if (written !== parts.blockCount) {
    throw new RangeError(`${written} blocks written, ${parts.blockCount} promised`);
  }
}

function refuseVersion(window: SourceWindow): void {
  if (toHex(window.take(MAGIC.length)) !== toHex(MAGIC)) {
    throw malformed("does not begin with SKX1");
  }
  const version = readUint(window.take(2), 0, 2);
  if (version < VERSION) {
    throw new BundleError("BUNDLE_DOWNGRADE", `bundle version ${version} was never in use`);
  }
  if (version > VERSION) {
    throw new BundleError("BUNDLE_UNSUPPORTED", `bundle version ${version} is not supported`, {
      hint: "install a newer release",
    });
  }
}

function readDirectory(window: SourceWindow, size: number): readonly DirectoryRow[] {
  const count = readUint(window.take(4), 0, 4);
  // Each row claims at least one block, so a short ledger cannot have a long directory.
  if (count > MAX_BUNDLE_BLOCKS || count > size) throw limit(`has ${count} directory rows`);
  const rows: DirectoryRow[] = [];
  for (let read = 0; read < count; read += 1) {
    const row = directoryRow(window.take(DIRECTORY_ROW_BYTES));
    const previous = rows.at(-1);
    if (row.index >= size) throw malformed(`has a directory row for block ${row.index}`);
    if (previous && (row.segment <= previous.segment || row.index <= previous.index)) {
      throw malformed("has directory rows out of order");
    }
    rows.push(row);
  }
  return rows;
}

function directoryRow(bytes: Uint8Array): DirectoryRow {
  try {
    return decodeDirectoryRow(bytes);
  } catch (cause) {
    throw malformed("has a directory row with an impossible number", cause);
  }
}

function readBlock(window: SourceWindow): Block {
  const front = window.peek(HEADER_BYTES);
  if (toHex(front.subarray(0, 4)) === BLOCK_MAGIC && (front[4] === 0 || front[6] === 0)) {
    throw new BundleError(
      "BUNDLE_DOWNGRADE",
      "a block has a version or suite that was never in use",
    );
  }
  const header = decodeHeader(front);
  return decodeBlock(window.take(blockLength(header)));
}

function readTail(window: SourceWindow): BundleTail {
  const length = readUint(window.take(4), 0, 4);
  if (length > MAX_CHECKPOINT_BYTES) throw limit(`has a checkpoint of ${length} bytes`);
  const checkpoint = window.take(length);
  const rest = window.take(ROOT_AND_TIP_BYTES);
  if (window.remaining !== DIGEST_BYTES) throw malformed("has bytes behind its end");
  return { checkpoint, root: rest.subarray(0, 32), tip: rest.subarray(32) };
}

function place(bytes: Uint8Array, what: string): number {
  if (readUint(bytes, 0, 2) !== 0) throw limit(`has a ${what} of 2^48 or above`);
  return readUint(bytes, 0, 8);
}

function digestUpTo(source: ByteSource, end: number, hash: Sha256): Uint8Array {
  for (let offset = 0; offset < end; offset += HASHED_AT_ONCE) {
    hash.update(source.read(offset, Math.min(HASHED_AT_ONCE, end - offset)));
  }
  return hash.digest();
}

function malformed(what: string, cause?: unknown): BundleError {
  return new BundleError("BUNDLE_MALFORMED", `the bundle ${what}`, { cause });
}

function limit(what: string): BundleError {
  return new BundleError("BUNDLE_LIMIT_EXCEEDED", `the bundle ${what}`);
}
