import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { concat, fromHex, toHex } from "../base/bytes.ts";
import { isStrict } from "./ed25519-strict.ts";

/** Holds an Ed25519 secret and signs with it. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes, the same for the same message (RFC 8032). */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * A signer on Node's own Ed25519: about 20 microseconds a signature. The seed is copied into the
 * key object, so the caller may erase its own copy.
 * @param seed 32 bytes.
 * @throws RangeError for another length.
 */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new RangeError("an ed25519 seed has 32 bytes");
  const secret = createPrivateKey({
    key: Buffer.from(concat(PKCS8_PREFIX, seed)),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)),
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  };
}

/**
 * True only for a signature that `ed25519-strict.ts` lets through and that satisfies the equation of RFC 8032,
 * section 5.1.7, without the cofactor. Malformed input is `false`, never an exception.
 */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return isStrict(publicKey, signature) && verify(null, message, keyObject(publicKey), signature);
}

/** RFC 8410: everything of a PKCS #8 document before the 32 bytes of the seed. */
const PKCS8_PREFIX: Uint8Array = fromHex("302e020100300506032b657004220420");

/** RFC 8410: everything of a SubjectPublicKeyInfo before the 32 bytes of the key. */
const SPKI_PREFIX: Uint8Array = fromHex("302a300506032b6570032100");

/** Making a key object costs more than a verification. A daemon meets the same client keys again and again. */
const KEPT_KEY_OBJECTS = 4_096;
const keyObjects = new Map<string, KeyObject>();

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = toHex(publicKey);
  const known = keyObjects.get(name);
  if (known) return known;
  const made = createPublicKey({
    key: Buffer.from(concat(SPKI_PREFIX, publicKey)),
    format: "der",
    type: "spki",
  });
  // The oldest leaves first. A flood of fresh keys costs its sender more than it costs us.
  const [oldest] = keyObjects.keys();
  if (oldest !== undefined && keyObjects.size >= KEPT_KEY_OBJECTS) keyObjects.delete(oldest);
  keyObjects.set(name, made);
  return made;
}
