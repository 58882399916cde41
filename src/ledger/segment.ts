import { concat, equalBytes, readUint, u8, utf8 } from "../base/bytes.ts";
import { erase } from "../crypto/erase.ts";
import { setupReceiver, setupSender } from "../crypto/hpke.ts";
import type { DirectoryRow } from "./directory.ts";
import { LedgerError } from "./errors.ts";
import {
  type ChainKeys,
  ephemeralSeed,
  type Handoff,
  handoffProof,
  keyId,
  readCommitment,
  segmentInfo,
} from "./keys.ts";

/** Auditors one segment can be opened for. */
const MAX_RECIPIENTS = 8;
/** Random bytes behind one segment's key exchanges. */
export const ENTROPY_BYTES = 64;

/** The extension of a SEGMENT block: key shares in the open. */
export interface SegmentExt {
  /** Names the vendor's sealing key. */
  readonly vendorKid: Uint8Array;
  readonly enc: Uint8Array;
  readonly readCommit: Uint8Array;
  /** Zeros at genesis. */
  readonly handoff: Uint8Array;
  readonly wraps: readonly RecipientWrap[];
}

/** The read seed, sealed to one auditor. */
export interface RecipientWrap {
  readonly kid: Uint8Array;
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const WRAP_BYTES = 88;
const EXT_BYTES = 105;

export function encodeSegmentExt(ext: SegmentExt): Uint8Array {
  const wraps = ext.wraps.flatMap((wrap) => [wrap.kid, wrap.enc, wrap.ciphertext]);
  const count = u8(ext.wraps.length);
  return concat(ext.vendorKid, ext.enc, ext.readCommit, ext.handoff, count, ...wraps);
}

/** @throws LedgerError `LEDGER_MALFORMED`, `LEDGER_LIMIT_EXCEEDED`. */
export function decodeSegmentExt(bytes: Uint8Array): SegmentExt {
  if (bytes.length < EXT_BYTES) throw badExt(bytes.length);
  const count = readUint(bytes, EXT_BYTES - 1, 1);
  if (count > MAX_RECIPIENTS) {
    throw new LedgerError("LEDGER_LIMIT_EXCEEDED", `a segment names ${count} recipients`);
  }
  if (bytes.length !== EXT_BYTES + count * WRAP_BYTES) throw badExt(bytes.length);
  return {
    vendorKid: bytes.subarray(0, 8),
    enc: bytes.subarray(8, 40),
    readCommit: bytes.subarray(40, 72),
    handoff: bytes.subarray(72, 104),
    wraps: Array.from({ length: count }, (_, n) => decodeWrap(bytes, EXT_BYTES + n * WRAP_BYTES)),
  };
}

function decodeWrap(bytes: Uint8Array, at: number): RecipientWrap {
  return {
    kid: bytes.subarray(at, at + 8),
    enc: bytes.subarray(at + 8, at + 40),
    ciphertext: bytes.subarray(at + 40, at + WRAP_BYTES),
  };
}

/** Everything a new segment is made from. */
export interface SegmentInput {
  readonly chainId: Uint8Array;
  /** Number of the new segment. */
  readonly segment: number;
  /** Index of its SEGMENT block. */
  readonly index: number;
  /** a_i of the running segment at `index`; undefined at genesis. */
  readonly auth: Uint8Array | undefined;
  readonly sealingKey: Uint8Array;
  readonly recipients: readonly Uint8Array[];
  /** 64 random bytes. */
  readonly entropy: Uint8Array;
}

/** A segment's secrets and what stands of them in the open. */
export interface NewSegment {
  readonly keys: ChainKeys;
  readonly ext: Uint8Array;
  readonly row: DirectoryRow;
}

/** The same input gives the same segment, so recovery derives the keys again. */
export function makeSegment(input: SegmentInput): NewSegment {
  if (input.recipients.length > MAX_RECIPIENTS) throw new RangeError("too many recipients");
  if (input.entropy.length !== ENTROPY_BYTES) throw new RangeError("entropy has 64 bytes");
  const info = segmentInfo(input.chainId, input.segment);
  const { enc, keys } = exchangeWithVendor(input, info);
  const readCommit = readCommitment(keys.read);
  const place = { chainId: input.chainId, segment: input.segment, index: input.index };
  const row = { segment: input.segment, index: input.index, enc, readCommit };
  const handoff = input.auth
    ? handoffProof(input.auth, { ...place, enc, readCommit })
    : new Uint8Array(32);
  const wraps = input.recipients.map((key, n) => wrapFor(input, n + 1, key, info, keys.read));
  const vendorKid = keyId(input.sealingKey);
  const ext = encodeSegmentExt({ vendorKid, enc, readCommit, handoff, wraps });
  return { keys, ext, row: { ...row, handoff } };
}

/**
 * The seeds of a segment, by the vendor's secret sealing key.
 * @throws CryptoError `KEY_AGREEMENT` when `enc` is no usable key.
 */
export function openSegment(options: {
  readonly secret: Uint8Array;
  readonly enc: Uint8Array;
  readonly chainId: Uint8Array;
  readonly segment: number;
}): ChainKeys {
  const info = segmentInfo(options.chainId, options.segment);
  const { secret, enc } = options;
  const context = setupReceiver({ secret, enc, info, aead: "export-only" });
  const keys = exportKeys(context);
  context.erase();
  return keys;
}

/** What an auditor's key makes of a wrap. */
export type ReadOpening =
  | { readonly kind: "opened"; readonly read: Uint8Array }
  /** The wrap is for another key, another segment or another ledger. */
  | { readonly kind: "closed" }
  /** It holds something, but not the seed that the segment commits to: another than the vendor has. */
  | { readonly kind: "other-seed" };

/**
 * The read seed of a segment, by an auditor's secret key.
 * @throws CryptoError `KEY_AGREEMENT` when the wrap's `enc` is no usable key.
 */
export function openSegmentForReading(options: {
  readonly secret: Uint8Array;
  readonly wrap: RecipientWrap;
  readonly readCommit: Uint8Array;
  readonly chainId: Uint8Array;
  readonly segment: number;
}): ReadOpening {
  const info = concat(AUDITOR_LABEL, segmentInfo(options.chainId, options.segment));
  const { secret, wrap } = options;
  const context = setupReceiver({ secret, enc: wrap.enc, info, aead: "chacha20poly1305" });
  const read = context.open(NOTHING, wrap.ciphertext);
  context.erase();
  if (!read) return { kind: "closed" };
  const isCommitted = equalBytes(readCommitment(read), options.readCommit);
  return isCommitted ? { kind: "opened", read } : { kind: "other-seed" };
}

/** Whether a directory row or SEGMENT block really continues the chain that stands at `auth`. */
export function handoffMatches(auth: Uint8Array, next: Handoff, handoff: Uint8Array): boolean {
  return equalBytes(handoffProof(auth, next), handoff);
}

const NOTHING = new Uint8Array(0);
const AUTH_LABEL = utf8("skc1/auth");
const READ_LABEL = utf8("skc1/read");
const AUDITOR_LABEL = utf8("skc1/auditor\0");

function exchangeWithVendor(
  input: SegmentInput,
  info: Uint8Array,
): { readonly enc: Uint8Array; readonly keys: ChainKeys } {
  const ikmE = ephemeralSeed(input.auth, 0, input.entropy, info);
  const recipient = input.sealingKey;
  const { enc, context } = setupSender({ recipient, info, aead: "export-only", ikmE });
  const keys = exportKeys(context);
  context.erase();
  erase(ikmE);
  return { enc, keys };
}

function exportKeys(context: {
  exportSecret(label: Uint8Array, length: number): Uint8Array;
}): ChainKeys {
  return { auth: context.exportSecret(AUTH_LABEL, 32), read: context.exportSecret(READ_LABEL, 32) };
}

function wrapFor(
  input: SegmentInput,
  which: number,
  recipient: Uint8Array,
  segment: Uint8Array,
  read: Uint8Array,
): RecipientWrap {
  const ikmE = ephemeralSeed(input.auth, which, input.entropy, segment);
  const info = concat(AUDITOR_LABEL, segment);
  const { enc, context } = setupSender({ recipient, info, aead: "chacha20poly1305", ikmE });
  const ciphertext = context.seal(NOTHING, read);
  context.erase();
  erase(ikmE);
  return { kid: keyId(recipient), enc, ciphertext };
}

function badExt(length: number): LedgerError {
  return new LedgerError("LEDGER_MALFORMED", `a segment extension of ${length} bytes`);
}
