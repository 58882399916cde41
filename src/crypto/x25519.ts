import { x25519 } from "@noble/curves/ed25519.js";
import { CryptoError } from "./errors.ts";

/**
 * The public key of an X25519 secret (RFC 7748): 32 bytes.
 * @throws RangeError unless the secret has 32 bytes.
 */
export function x25519PublicKey(secret: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw new RangeError("an x25519 secret has 32 bytes");
  return x25519.getPublicKey(secret);
}

/**
 * The secret both sides of a Diffie-Hellman exchange share: 32 bytes.
 * @throws RangeError unless the secret has 32 bytes.
 * @throws CryptoError `KEY_AGREEMENT` when the public key is not one: wrong length, or of small
 * order, so that the result would be zero (RFC 7748, section 6.1; RFC 9180, section 7.1.4).
 */
export function x25519Shared(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw new RangeError("an x25519 secret has 32 bytes");
  try {
    return x25519.getSharedSecret(secret, publicKey);
  } catch (cause) {
    throw new CryptoError("KEY_AGREEMENT", "the other side's x25519 key is not usable", { cause });
  }
}
