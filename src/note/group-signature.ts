import { concat, readUint, u32, utf8 } from "../base/bytes.ts";
import { type Signer, verifySignature } from "../crypto/ed25519.ts";
import { sha256Public } from "../crypto/hash.ts";
import { impliedRoot } from "../merkle/proof.ts";
import { leafHash } from "../merkle/tree.ts";
import { WholeTree } from "../merkle/whole-tree.ts";

// One Ed25519 signature for many texts (docs/spec/note.md, "Group signatures"): what is signed is
// the root of the tree over them, and each text carries its own way up to that root.

/** Tells a key's group signatures from its plain ones; as `noteKeyId`, with C2SP's byte for types of one's own. */
export function groupKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256Public(utf8(name), TYPE, publicKey).slice(0, 4);
}

/**
 * One signature for all texts: `signature || index || size || path`, in the order of the texts.
 * @param texts two at least.
 */
export function signGroup(texts: readonly Uint8Array[], signer: Signer): readonly Uint8Array[] {
  const tree = new WholeTree(texts.map((text) => leafHash(text)));
  const size = u32(texts.length);
  const signature = signer.sign(statement(size, tree.root));
  return texts.map((_, index) => concat(signature, u32(index), size, ...tree.path(index)));
}

/** Whether the key signed a group with this text at this place. Malformed signatures are `false`. */
export function verifyGroupSignature(
  publicKey: Uint8Array,
  text: Uint8Array,
  groupSignature: Uint8Array,
): boolean {
  const hashes = (groupSignature.length - HEAD_BYTES) / HASH_BYTES;
  if (!Number.isInteger(hashes) || hashes < 1 || hashes > LONGEST_PATH) return false;
  const index = readUint(groupSignature, SIGNATURE_BYTES, 4);
  const size = readUint(groupSignature, SIGNATURE_BYTES + 4, 4);
  const proof = Array.from({ length: hashes }, (_, at) => hashAt(groupSignature, at));
  const root = impliedRoot({ index, size, leaf: leafHash(text), proof });
  if (root === undefined) return false;
  const signature = groupSignature.slice(0, SIGNATURE_BYTES);
  return verifySignature(publicKey, statement(u32(size), root), signature);
}

/** No text of a note has a zero byte, so no plain signature of the key can pass for this one, nor the other way. */
const statement = (size: Uint8Array, root: Uint8Array): Uint8Array => concat(CONTEXT, size, root);

const hashAt = (groupSignature: Uint8Array, at: number): Uint8Array =>
  groupSignature.slice(HEAD_BYTES + at * HASH_BYTES, HEAD_BYTES + (at + 1) * HASH_BYTES);

const CONTEXT = utf8("seatkeeper/group/v1\0");
/** A newline, then 0xFF: a type without a number of its own, named by what follows. */
const TYPE = concat(Uint8Array.of(0x0a, 0xff), CONTEXT);
const SIGNATURE_BYTES = 64;
const HASH_BYTES = 32;
/** The signature, then index and size of 4 bytes each. */
const HEAD_BYTES = SIGNATURE_BYTES + 8;
/** What a size of 4 bytes can need. */
const LONGEST_PATH = 32;
