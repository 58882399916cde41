import { concat, fromHex, u8, u32, u64, utf8 } from "../base/bytes.ts";
import { erase } from "../crypto/erase.ts";
import { hmacSha256 } from "../crypto/hash.ts";
import { sealingKeyId } from "../crypto/key-id.ts";
import { ERASABLE, type Keyed } from "../crypto/keyed.ts";
import { leafHash, rootOf } from "../merkle/tree.ts";
import { HEADER_BYTES } from "./block.ts";

// Two chains that never meet (docs/spec/ledger.md, "Keys"): the auth chain proves when a block was
// written and belongs to the vendor alone; the read chain opens it and may be shared with auditors.
// Whoever only verifies says so by its `keyed`; left out, keys stay in memory that can be erased.

/** The two secrets a segment starts with: A and R, or a_i and r_i further on. */
export interface ChainKeys {
  readonly auth: Uint8Array;
  readonly read: Uint8Array;
}

/** Bytes of a key exchange's context: which segment of which ledger. */
export function segmentInfo(chainId: Uint8Array, segment: number): Uint8Array {
  return concat(SEGMENT_LABEL, chainId, u32(segment));
}

/** The key of the next position: `D(key, "next")`. */
export function stepKey(key: Uint8Array, keyed: Keyed = ERASABLE): Uint8Array {
  return keyed.hmac(key, NEXT);
}

/** The key `steps` positions further on. Keys in between are erased, `key` is not. */
export function forwardKey(key: Uint8Array, steps: number, keyed: Keyed = ERASABLE): Uint8Array {
  let current: Uint8Array = key.slice();
  for (let step = 0; step < steps; step += 1) {
    const next = stepKey(current, keyed);
    erase(current);
    current = next;
  }
  return current;
}

/** The tag of the block at the position of `auth`. */
export function blockTag(
  auth: Uint8Array,
  tagged: Uint8Array,
  keyed: Keyed = ERASABLE,
): Uint8Array {
  return keyedBy(keyed, auth, MAC, tagged);
}

/** What a SEGMENT block carries besides its tag: proof that its writer knew the new auth seed. */
export function segmentSelfTag(authSeed: Uint8Array, tagged: Uint8Array): Uint8Array {
  return keyedBy(ERASABLE, authSeed, SEG, tagged);
}

/** A ledger at its end, as only the holder of the not yet used key can vouch for it. */
export interface Tip {
  readonly chainId: Uint8Array;
  readonly size: number;
  /** Leaf of block `size - 1`. */
  readonly lastLeaf: Uint8Array;
  readonly root: Uint8Array;
}

/** The tip proof. `auth` is the key of position `size`: every key that could shorten it is erased. */
export function tipProof(auth: Uint8Array, tip: Tip): Uint8Array {
  return keyedBy(ERASABLE, auth, TIP, tip.chainId, u64(tip.size), tip.lastLeaf, tip.root);
}

/** What a hand-off binds: the next segment and its key share. */
export interface Handoff {
  readonly chainId: Uint8Array;
  readonly segment: number;
  readonly index: number;
  readonly enc: Uint8Array;
  readonly readCommit: Uint8Array;
}

/** Proof, under the old segment's key at the SEGMENT block's index, that the new one continues it. */
export function handoffProof(auth: Uint8Array, next: Handoff): Uint8Array {
  const place = concat(next.chainId, u32(next.segment), u64(next.index));
  return keyedBy(ERASABLE, auth, HANDOFF, place, next.enc, next.readCommit);
}

/** The public commitment to a segment's read seed. */
export function readCommitment(readSeed: Uint8Array): Uint8Array {
  return hmacSha256(readSeed, READ_COMMIT);
}

/** The read key of block 0, which no earlier segment could provide. */
export function genesisReadKey(readSeed: Uint8Array): Uint8Array {
  return derive(readSeed, GENESIS);
}

/** How a key is named in a segment: 8 bytes. */
export function keyId(publicKey: Uint8Array): Uint8Array {
  return fromHex(sealingKeyId(publicKey));
}

/** Seed of ephemeral key `which` (0 the vendor's, then the recipients'), hedged by the old chain. */
export function ephemeralSeed(
  auth: Uint8Array | undefined,
  which: number,
  entropy: Uint8Array,
  info: Uint8Array,
): Uint8Array {
  // Block 0 has no old chain.
  if (auth === undefined) return hmacSha256(ZERO_KEY, u8(which), entropy, info);
  return keyedBy(ERASABLE, auth, HEDGE, u8(which), entropy, info);
}

/** `header` with its siv field zero or set: the field does not count. */
export function syntheticIv(
  read: Uint8Array,
  header: Uint8Array,
  ext: Uint8Array,
  plaintext: Uint8Array,
  keyed: Keyed = ERASABLE,
): Uint8Array {
  const front = header.subarray(0, SIV_AT);
  const back = header.subarray(SIV_AT + 32);
  const parts = [PUB_LENGTH, front, ZERO_KEY, back, u32(ext.length), ext, plaintext];
  return keyedBy(keyed, read, SIV, ...parts);
}

/** The one-use cipher key of the block with this siv. */
export function blockKey(read: Uint8Array, siv: Uint8Array, keyed: Keyed = ERASABLE): Uint8Array {
  const root = keyed.hmac(read, ENC);
  // HKDF-Expand, as `derive`.
  const key = keyed.hmac(root, BLOCK_LABEL, siv, ONE);
  erase(root);
  return key;
}

/** `events_root` of a block: over its entries' leaves, zeros where there are none. */
export function eventsRoot(
  read: Uint8Array,
  entries: readonly Uint8Array[],
  keyed: Keyed = ERASABLE,
): Uint8Array {
  if (entries.length === 0) return ZERO_KEY;
  return rootOf(blindedEntries(read, entries, keyed).map(({ leaf }) => leaf));
}

/** Leaves of the entries of one checkpoint, and what blinds each so that a short entry cannot be guessed. */
export function blindedEntries(
  read: Uint8Array,
  entries: readonly Uint8Array[],
  keyed: Keyed = ERASABLE,
): readonly { readonly blind: Uint8Array; readonly leaf: Uint8Array }[] {
  const key = keyed.hmac(read, BLIND);
  const blinded = entries.map((entry, which) => {
    const blind = keyed.hmac(key, u32(which)).slice(0, BLIND_BYTES);
    return { blind, leaf: leafHash(blind, entry) };
  });
  erase(key);
  return blinded;
}

const SIV_AT = 104;
const BLIND_BYTES = 16;
const ZERO_KEY = new Uint8Array(32);
const ONE = u8(1);
const PUB_LENGTH = u32(HEADER_BYTES);
const SEGMENT_LABEL = utf8("skc1/segment\0");
const BLOCK_LABEL = utf8("skc1/blk\0");
const READ_COMMIT = utf8("skc1/read-commit");

const NEXT = labelled("next");
const MAC = labelled("mac");
const TIP = labelled("tip");
const HANDOFF = labelled("handoff");
const HEDGE = labelled("hedge");
const SEG = labelled("seg");
const SIV = labelled("siv");
const ENC = labelled("enc");
const BLIND = labelled("blind");
const GENESIS = labelled("genesis");

function labelled(label: string): Uint8Array {
  return utf8(`skc1/${label}\0\x01`);
}

/** `D(key, label)`: 32 bytes of HKDF-Expand are a single HMAC over info and a 1 (RFC 5869, 2.3). */
function derive(key: Uint8Array, label: Uint8Array): Uint8Array {
  return hmacSha256(key, label);
}

function keyedBy(
  keyed: Keyed,
  key: Uint8Array,
  label: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const own = keyed.hmac(key, label);
  const mac = keyed.hmac(own, ...parts);
  erase(own);
  return mac;
}
