import { concat, equalBytes, readUint, toHex, u8, u16, u32, u64, utf8 } from "../base/bytes.ts";
import { createSha256 } from "../crypto/hash.ts";
import { Frontier } from "../merkle/tree.ts";
import { type Block, blockLeaf } from "./block.ts";
import { LedgerError } from "./errors.ts";
import type { ByteSource } from "./ports.ts";
import { readBlocks } from "./reader.ts";

/** How pieces are packed: raw DEFLATE, from who may use it. */
export interface PieceCodec {
  pack(bytes: Uint8Array): Uint8Array;
  /**
   * What was packed; undefined for bytes that were not packed so, or that hold more than `length`.
   * Never makes more than `length` bytes.
   */
  unpack(packed: Uint8Array, length: number): Uint8Array | undefined;
}

/** What an archive says in front of its blocks. */
export interface ArchiveHead {
  /** 16 bytes. */
  readonly chainId: Uint8Array;
  /** Index of its first block. */
  readonly from: number;
  /** The index behind its last block. */
  readonly size: number;
  /** The edge of the tree over the blocks in front of it. */
  readonly edge: Frontier;
}

/** Bytes of blocks in one piece at most. */
const PIECE_BYTES = 1_048_576;
const FIXED_BYTES = 39;
const DIGEST_BYTES = 32;
const ROOT_BYTES = 32;
const EDGE_HASHES = 48;
const INDEX_LIMIT = 2 ** 48;

/**
 * An archive piece by piece (docs/spec/ledger.md, "Archive").
 * @param blocks those from `head.from` up to `head.size`, in order, whole.
 * @yields bytes of any length.
 * @throws RangeError when `blocks` gives another number of blocks: the pieces so far are no archive.
 */
export function* encodeArchive(
  head: ArchiveHead,
  blocks: Iterable<Uint8Array>,
  codec: PieceCodec,
): Generator<Uint8Array, void, undefined> {
  const hash = createSha256();
  let { edge } = head;
  const hashed = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  const packed = (piece: readonly Uint8Array[]): Uint8Array => {
    const bytes = concat(...piece);
    const body = codec.pack(bytes);
    return hashed(concat(u32(bytes.length), u32(body.length), body));
  };
  yield hashed(encodeHead(head));
  let piece: Uint8Array[] = [];
  let length = 0;
  for (const block of blocks) {
    if (length + block.length > PIECE_BYTES) {
      yield packed(piece);
      [piece, length] = [[], 0];
    }
    piece.push(block);
    length += block.length;
    edge = edge.append(blockLeaf(block));
  }
  if (piece.length > 0) yield packed(piece);
  if (edge.size !== head.size) throw new RangeError(`${edge.size} blocks, ${head.size} promised`);
  yield hashed(concat(u32(0), edge.root()));
  yield hash.digest();
}

/** True when the bytes begin as an archive does. */
export const looksLikeArchive = (source: ByteSource): boolean =>
  source.length >= MAGIC.length && equalBytes(source.read(0, MAGIC.length), MAGIC);

/** @throws LedgerError `ARCHIVE_MALFORMED`, `ARCHIVE_UNSUPPORTED`. */
export function readArchiveHead(source: ByteSource): ArchiveHead {
  return headIn(source).head;
}

/**
 * The blocks of an archive, one after another, each in its place: what stands at the end is judged
 * before the last block is followed by nothing. Reads the file once for its closing hash, and again.
 * Holds one piece.
 * @yields each block, well-formed, of one ledger, and following the one before.
 * @throws LedgerError `ARCHIVE_MALFORMED`, `ARCHIVE_UNSUPPORTED`, `ARCHIVE_DAMAGED`.
 */
export function* readArchive(
  source: ByteSource,
  codec: PieceCodec,
): Generator<Block, Frontier, undefined> {
  const { head, at } = headIn(source);
  refuseChanged(source);
  const order = new Order(head);
  let offset = at;
  for (;;) {
    const piece = pieceAt(source, offset, codec);
    if (piece === undefined) break;
    for (const block of blocksIn(piece.bytes)) {
      order.take(block);
      yield block;
    }
    offset = piece.end;
  }
  order.finish(source, offset + 4);
  return order.edge;
}

const MAGIC = utf8("SKA1");
const VERSION = 1;

function encodeHead({ chainId, from, size, edge }: ArchiveHead): Uint8Array {
  const { hashes } = edge;
  return concat(MAGIC, u16(VERSION), chainId, u64(from), u64(size), u8(hashes.length), ...hashes);
}

function headIn(source: ByteSource): { readonly head: ArchiveHead; readonly at: number } {
  if (!looksLikeArchive(source)) throw malformed("does not begin with SKA1");
  if (source.length < FIXED_BYTES) throw malformed(`has ${source.length} bytes`);
  const fixed = source.read(0, FIXED_BYTES);
  const version = readUint(fixed, 4, 2);
  if (version !== VERSION) {
    throw new LedgerError("ARCHIVE_UNSUPPORTED", `archive version ${version} is not supported`, {
      hint: "install the release that wrote it, or a newer one",
    });
  }
  const from = place(fixed, 22);
  const size = place(fixed, 30);
  if (from >= size) throw malformed("covers no block");
  const count = readUint(fixed, 38, 1);
  const at = FIXED_BYTES + count * 32;
  if (count > EDGE_HASHES || source.length < at) throw malformed(`has ${count} hashes of a tree`);
  const edge = edgeOf(source.read(FIXED_BYTES, count * 32), from);
  return { head: { chainId: fixed.slice(6, 22), from, size, edge }, at };
}

function place(bytes: Uint8Array, at: number): number {
  if (readUint(bytes, at, 2) !== 0) throw malformed(`has a number of ${INDEX_LIMIT} or above`);
  return readUint(bytes, at, 8);
}

function edgeOf(bytes: Uint8Array, from: number): Frontier {
  const hashes = Array.from({ length: bytes.length / 32 }, (_, n) =>
    bytes.slice(n * 32, n * 32 + 32),
  );
  try {
    return Frontier.of(hashes, from);
  } catch (cause) {
    throw malformed(`has another number of hashes than a tree of ${from} blocks`, cause);
  }
}

function refuseChanged(source: ByteSource): void {
  const end = source.length - DIGEST_BYTES;
  const hash = createSha256();
  for (let at = 0; at < end; at += PIECE_BYTES) {
    hash.update(source.read(at, Math.min(PIECE_BYTES, end - at)));
  }
  if (end > 0 && equalBytes(hash.digest(), source.read(end, DIGEST_BYTES))) return;
  throw damaged("its closing hash differs");
}

interface Piece {
  readonly bytes: Uint8Array;
  /** Where the next one begins. */
  readonly end: number;
}

/** Undefined behind the last one. Lengths are judged before anything is unpacked. */
function pieceAt(source: ByteSource, offset: number, codec: PieceCodec): Piece | undefined {
  const end = source.length - DIGEST_BYTES - ROOT_BYTES;
  if (offset + 4 > end) throw malformed("ends before its content does");
  const length = readUint(source.read(offset, 4), 0, 4);
  if (length === 0) return undefined;
  if (length > PIECE_BYTES) throw malformed(`has a piece of ${length} bytes`);
  if (offset + 8 > end) throw malformed("ends before its content does");
  const packed = readUint(source.read(offset + 4, 4), 0, 4);
  if (offset + 8 + packed > end) throw malformed("ends before its content does");
  const bytes = codec.unpack(source.read(offset + 8, packed), length);
  if (bytes?.length !== length) throw damaged(`the piece at byte ${offset} does not unpack`);
  return { bytes, end: offset + 8 + packed };
}

function* blocksIn(bytes: Uint8Array): Generator<Block, void, undefined> {
  const source: ByteSource = {
    length: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
  try {
    for (const { block } of readBlocks(source)) yield block;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw damaged(error.message, error);
  }
}

/** Follows the blocks: of one ledger, none left out, each after the one before. */
class Order {
  readonly #head: ArchiveHead;
  #lastLeaf: Uint8Array | undefined;
  #next: number;
  edge: Frontier;

  constructor(head: ArchiveHead) {
    this.#head = head;
    this.#next = head.from;
    this.edge = head.edge;
  }

  take(block: Block): void {
    const { index } = block;
    if (index !== this.#next || index >= this.#head.size) {
      throw damaged(`block ${index} stands where block ${this.#next} belongs`);
    }
    if (this.#lastLeaf === undefined && block.type !== "segment") {
      throw damaged("it does not begin with a segment");
    }
    if (!equalBytes(block.chainId, this.#head.chainId)) {
      throw damaged(`block ${index} belongs to another ledger`);
    }
    if (this.#lastLeaf !== undefined && !equalBytes(this.#lastLeaf, block.prevLeaf)) {
      throw damaged(`block ${index} does not follow the block before it`);
    }
    this.#lastLeaf = blockLeaf(block.bytes);
    this.edge = this.edge.append(this.#lastLeaf);
    this.#next += 1;
  }

  finish(source: ByteSource, offset: number): void {
    if (this.#next !== this.#head.size) {
      throw damaged(`it has ${this.#next - this.#head.from} blocks and names more`);
    }
    if (offset !== source.length - DIGEST_BYTES - ROOT_BYTES) throw malformed("has extra bytes");
    if (equalBytes(this.edge.root(), source.read(offset, ROOT_BYTES))) return;
    throw damaged(`its root is not that of its blocks, ${toHex(this.edge.root())}`);
  }
}

function malformed(what: string, cause?: unknown): LedgerError {
  return new LedgerError("ARCHIVE_MALFORMED", `the archive ${what}`, {
    cause,
    hint: "name a file that seatkeeper ledger archive has written",
  });
}

function damaged(why: string, cause?: unknown): LedgerError {
  return new LedgerError("ARCHIVE_DAMAGED", `the archive is not as it was written: ${why}`, {
    cause,
    hint: "take another copy of it",
  });
}
