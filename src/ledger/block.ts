import { readUint } from "../base/bytes.ts";
import { sha256Public } from "../crypto/hash.ts";
import { leafHash } from "../merkle/tree.ts";
import { LedgerError } from "./errors.ts";

export const HEADER_BYTES = 144;
export const TAG_BYTES = 32;
/** Blocks in one segment, its SEGMENT block included. */
export const SEGMENT_BLOCKS = 1024;
/** Bytes of a block's plaintext payload at most. */
export const MAX_PLAINTEXT_BYTES = 65_536;
const MAX_EXT_BYTES = 1024;
/** Bytes the AEAD adds to the plaintext. */
export const AEAD_BYTES = 16;
const INDEX_LIMIT = 2 ** 48;

/** Block types in the order of their type byte, which starts at 1 (docs/spec/ledger.md, "Block"). */
export const BLOCK_TYPES = [
  "segment",
  "checkpoint",
  "receipt",
  "export",
  "incident",
  "start",
  "heartbeat",
  "close",
] as const;

export type BlockType = (typeof BLOCK_TYPES)[number];

/** The 144 bytes in front of a block: all that is needed to place it. */
export interface BlockHeader {
  readonly type: BlockType;
  /** 16 bytes. */
  readonly chainId: Uint8Array;
  readonly index: number;
  readonly segment: number;
  /** 0 for the SEGMENT block itself. */
  readonly indexInSegment: number;
  /** Leaf hash of block `index - 1`; zeros at genesis. */
  readonly prevLeaf: Uint8Array;
  /** RFC 6962 root over the blinded entries of a checkpoint; zeros where there are none. */
  readonly eventsRoot: Uint8Array;
  readonly siv: Uint8Array;
  readonly extLength: number;
  readonly ciphertextLength: number;
}

/** A well-formed block. Its parts are views into `bytes`. Nothing about it is authenticated yet. */
export interface Block extends BlockHeader {
  readonly bytes: Uint8Array;
  /** The 144 header bytes. */
  readonly header: Uint8Array;
  /** The segment extension; empty unless the type is `segment`. */
  readonly ext: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** What tag and self tag authenticate: header, extension and ciphertext. */
  readonly tagged: Uint8Array;
  readonly tag: Uint8Array;
  /** Present in SEGMENT blocks only. */
  readonly selfTag: Uint8Array | undefined;
}

/** Header bytes with `siv` left zero: the form the synthetic IV is computed over. */
export function encodeHeader(fields: Omit<BlockHeader, "siv">): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set([0x53, 0x4b, 0x42, 0x31, 1, BLOCK_TYPES.indexOf(fields.type) + 1, 1, 0]);
  header.set(fields.chainId, 8);
  view.setBigUint64(24, BigInt(fields.index));
  view.setUint32(32, fields.segment);
  view.setUint32(36, fields.indexInSegment);
  header.set(fields.prevLeaf, 40);
  header.set(fields.eventsRoot, 72);
  view.setUint32(136, fields.extLength);
  view.setUint32(140, fields.ciphertextLength);
  return header;
}

/**
 * Reads the first 144 bytes of a block and judges every field that has a rule.
 * @throws LedgerError `LEDGER_TRUNCATED`, `LEDGER_MALFORMED`, `LEDGER_UNSUPPORTED`, `LEDGER_LIMIT_EXCEEDED`.
 */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length < HEADER_BYTES) {
    throw new LedgerError("LEDGER_TRUNCATED", `block header ends after ${bytes.length} bytes`);
  }
  const type = typeOf(bytes);
  const header = {
    type,
    chainId: bytes.subarray(8, 24),
    index: readUint48(bytes, 24),
    segment: readUint(bytes, 32, 4),
    indexInSegment: readUint(bytes, 36, 4),
    prevLeaf: bytes.subarray(40, 72),
    eventsRoot: bytes.subarray(72, 104),
    siv: bytes.subarray(104, 136),
    extLength: readUint(bytes, 136, 4),
    ciphertextLength: readUint(bytes, 140, 4),
  };
  refuseLengths(header);
  refusePlace(header);
  return header;
}

/** The bytes of the whole block that this header begins. */
export function blockLength(header: BlockHeader): number {
  const tags = header.type === "segment" ? 2 * TAG_BYTES : TAG_BYTES;
  return HEADER_BYTES + header.extLength + header.ciphertextLength + tags;
}

/**
 * Reads exactly one block. The result holds views of `bytes`, which must not change afterwards.
 * @throws LedgerError as `decodeHeader`, and `LEDGER_MALFORMED` for bytes beyond the block.
 */
export function decodeBlock(bytes: Uint8Array): Block {
  const header = decodeHeader(bytes);
  const length = blockLength(header);
  if (bytes.length < length) {
    throw new LedgerError(
      "LEDGER_TRUNCATED",
      `block ${header.index} has ${bytes.length} of ${length} bytes`,
    );
  }
  if (bytes.length > length) throw malformed(header.index, "is followed by extra bytes");
  const extEnd = HEADER_BYTES + header.extLength;
  const tagged = extEnd + header.ciphertextLength;
  // Written out: a vendor reads millions of blocks, and a spread costs more than the rest.
  return {
    type: header.type,
    chainId: header.chainId,
    index: header.index,
    segment: header.segment,
    indexInSegment: header.indexInSegment,
    prevLeaf: header.prevLeaf,
    eventsRoot: header.eventsRoot,
    siv: header.siv,
    extLength: header.extLength,
    ciphertextLength: header.ciphertextLength,
    bytes,
    header: bytes.subarray(0, HEADER_BYTES),
    ext: bytes.subarray(HEADER_BYTES, extEnd),
    ciphertext: bytes.subarray(extEnd, tagged),
    tagged: bytes.subarray(0, tagged),
    tag: bytes.subarray(tagged, tagged + TAG_BYTES),
    selfTag: header.type === "segment" ? bytes.subarray(tagged + TAG_BYTES) : undefined,
  };
}

/**
 * The block's leaf in the RFC 6962 tree: over its header and the hash of all that follows, so that
 * a client can check the header, and `eventsRoot` in it, without the rest of the block.
 */
export function blockLeaf(bytes: Uint8Array): Uint8Array {
  return leafHash(bytes.subarray(0, HEADER_BYTES), sha256Public(bytes.subarray(HEADER_BYTES)));
}

function typeOf(bytes: Uint8Array): BlockType {
  if (readUint(bytes, 0, 4) !== 0x534b4231) {
    throw new LedgerError("LEDGER_MALFORMED", "a block does not begin with SKB1");
  }
  const [version, typeByte = 0, suite, flags] = bytes.subarray(4, 8);
  const type = BLOCK_TYPES[typeByte - 1];
  if (version !== 1) throw unsupported("version", version);
  if (suite !== 1) throw unsupported("suite", suite);
  if (type === undefined) throw unsupported("type", typeByte);
  if (flags !== 0) throw unsupported("flags", flags);
  return type;
}

function refuseLengths(header: BlockHeader): void {
  const { index, extLength, ciphertextLength } = header;
  if (extLength > MAX_EXT_BYTES) throw tooLong(index, "extension", extLength);
  if (ciphertextLength > MAX_PLAINTEXT_BYTES + AEAD_BYTES) {
    throw tooLong(index, "ciphertext", ciphertextLength);
  }
  if (ciphertextLength < AEAD_BYTES) throw malformed(index, "has too short a ciphertext");
  if ((extLength === 0) === (header.type === "segment")) {
    throw malformed(index, "has an extension only if it opens a segment");
  }
}

function refusePlace(header: BlockHeader): void {
  const { index, segment, indexInSegment } = header;
  if (indexInSegment >= SEGMENT_BLOCKS) throw tooLong(index, "segment position", indexInSegment);
  if ((indexInSegment === 0) !== (header.type === "segment")) {
    throw malformed(index, "has position 0 only if it opens a segment");
  }
  if (
    indexInSegment > index ||
    segment > index ||
    (index > 0 && segment === 0 && indexInSegment !== index)
  ) {
    throw malformed(index, "stands at an impossible place of its segment");
  }
  if (index === 0 && header.prevLeaf.some((byte) => byte !== 0)) {
    throw malformed(index, "names a block before the first");
  }
}

function readUint48(bytes: Uint8Array, offset: number): number {
  const high = readUint(bytes, offset, 4);
  if (high >= INDEX_LIMIT / 2 ** 32) {
    throw new LedgerError("LEDGER_LIMIT_EXCEEDED", "a block index is 2^48 or above");
  }
  return high * 2 ** 32 + readUint(bytes, offset + 4, 4);
}

function malformed(index: number, what: string): LedgerError {
  return new LedgerError("LEDGER_MALFORMED", `block ${index} ${what}`, { facts: { index } });
}

function tooLong(index: number, what: string, length: number): LedgerError {
  return new LedgerError("LEDGER_LIMIT_EXCEEDED", `block ${index}: ${what} of ${length}`, {
    facts: { index },
  });
}

function unsupported(field: string, value: number | undefined): LedgerError {
  return new LedgerError("LEDGER_UNSUPPORTED", `block ${field} ${value} is not supported`, {
    hint: "a newer seatkeeper may read it",
  });
}
