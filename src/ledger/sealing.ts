import { concat } from "../base/bytes.ts";
import { chachaSeal } from "../crypto/aead.ts";
import { erase } from "../crypto/erase.ts";
import { equalSecret } from "../crypto/hash.ts";
import { ERASABLE, type Keyed } from "../crypto/keyed.ts";
import { AEAD_BYTES, type Block, type BlockType, encodeHeader, TAG_BYTES } from "./block.ts";
import {
  blockKey,
  blockTag,
  eventsRoot,
  segmentSelfTag,
  syntheticIv,
  type Tip,
  tipProof,
} from "./keys.ts";

/** Where a new block goes. */
export interface Place {
  readonly chainId: Uint8Array;
  readonly index: number;
  readonly segment: number;
  readonly indexInSegment: number;
  readonly prevLeaf: Uint8Array;
}

/** What goes into it. */
export interface Content {
  readonly type: BlockType;
  readonly plaintext: Uint8Array;
  /** Encoded entries under `events_root`. */
  readonly entries: readonly Uint8Array[];
  /** The segment extension; empty unless the type is `segment`. */
  readonly ext: Uint8Array;
}

/** The keys at the block's position. */
export interface SealingKeys {
  /** Undefined at genesis, whose tag is zeros. */
  readonly auth: Uint8Array | undefined;
  readonly read: Uint8Array;
  /** The new segment's auth seed, for a SEGMENT block. */
  readonly newAuth?: Uint8Array;
}

/**
 * The bytes of one block. The cipher key depends on place and content (synthetic IV), so sealing
 * the same again gives the same bytes, and anything else never meets the same key.
 */
export function sealBlock(place: Place, content: Content, keys: SealingKeys): Uint8Array {
  const header = encodeHeader({
    ...place,
    type: content.type,
    eventsRoot: eventsRoot(keys.read, content.entries),
    extLength: content.ext.length,
    ciphertextLength: content.plaintext.length + AEAD_BYTES,
  });
  const siv = syntheticIv(keys.read, header, content.ext, content.plaintext);
  header.set(siv, SIV_AT);
  const key = blockKey(keys.read, siv);
  const aad = concat(header, content.ext);
  const tagged = concat(aad, chachaSeal(key, ZERO_NONCE, content.plaintext, aad));
  erase(key);
  const tag = keys.auth ? blockTag(keys.auth, tagged) : new Uint8Array(TAG_BYTES);
  return keys.newAuth
    ? concat(tagged, tag, segmentSelfTag(keys.newAuth, tagged))
    : concat(tagged, tag);
}

/** Whether the block was sealed by the holder of this position's auth key. */
export function tagMatches(block: Block, auth: Uint8Array, keyed: Keyed = ERASABLE): boolean {
  return equalSecret(blockTag(auth, block.tagged, keyed), block.tag);
}

/** Whether the writer of a SEGMENT block knew the auth seed of the segment it opens. */
export function selfTagMatches(block: Block, authSeed: Uint8Array): boolean {
  return (
    block.selfTag !== undefined &&
    equalSecret(segmentSelfTag(authSeed, block.tagged), block.selfTag)
  );
}

/**
 * The plaintext of a block by the read key of its position; undefined when it does not open, or
 * opens to something its synthetic IV does not vouch for.
 */
export function openBlock(
  block: Block,
  read: Uint8Array,
  keyed: Keyed = ERASABLE,
): Uint8Array | undefined {
  const key = blockKey(read, block.siv, keyed);
  const aad = block.bytes.subarray(0, block.header.length + block.extLength);
  const plaintext = keyed.open(key, ZERO_NONCE, block.ciphertext, aad);
  erase(key);
  if (!plaintext) return undefined;
  // ChaCha20-Poly1305 does not commit to its key: without this, one ciphertext could open to two
  // different payloads for two readers.
  const siv = syntheticIv(read, block.header, block.ext, plaintext, keyed);
  return equalSecret(siv, block.siv) ? plaintext : undefined;
}

/** Whether a ledger really ends where it seems to. `auth` is the key of position `tip.size`. */
export function tipMatches(auth: Uint8Array, tip: Tip, proof: Uint8Array): boolean {
  return equalSecret(tipProof(auth, tip), proof);
}

const SIV_AT = 104;
const ZERO_NONCE = new Uint8Array(12);
