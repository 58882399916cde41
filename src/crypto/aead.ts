import { createDecipheriv } from "node:crypto";
import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";

const TAG_BYTES = 16;

/**
 * ChaCha20-Poly1305 (RFC 8439): the ciphertext followed by its 16-byte tag. A key and nonce may
 * seal one plaintext only.
 * @throws RangeError unless the key has 32 and the nonce 12 bytes.
 */
export function chachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  checkLengths(key, nonce, 12);
  return chacha20poly1305(key, nonce, aad).encrypt(plaintext);
}

/**
 * Undoes `chachaSeal`; `undefined` when the ciphertext was not made with this key, nonce and aad.
 * @throws RangeError unless the key has 32 and the nonce 12 bytes.
 */
export function chachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  checkLengths(key, nonce, 12);
  return opened(chacha20poly1305(key, nonce, aad), ciphertext);
}

/** As `chachaOpen`, native: for keys that need not vanish (`keyed.ts`). */
export function chachaOpenNative(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  checkLengths(key, nonce, 12);
  const end = ciphertext.length - TAG_BYTES;
  if (end < 0) return undefined;
  const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAuthTag(ciphertext.subarray(end));
  cipher.setAAD(aad, { plaintextLength: end });
  const plaintext = cipher.update(ciphertext.subarray(0, end));
  try {
    cipher.final();
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  } catch {
    // What is left to fail is the tag; nothing of the plaintext leaves before it was checked.
    return undefined;
  }
}

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): a nonce of 24 bytes may be chosen at random.
 * @throws RangeError unless the key has 32 and the nonce 24 bytes.
 */
export function xchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  checkLengths(key, nonce, 24);
  return xchacha20poly1305(key, nonce, aad).encrypt(plaintext);
}

/**
 * Undoes `xchachaSeal`; `undefined` when the ciphertext was not made with this key, nonce and aad.
 * @throws RangeError unless the key has 32 and the nonce 24 bytes.
 */
export function xchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  checkLengths(key, nonce, 24);
  return opened(xchacha20poly1305(key, nonce, aad), ciphertext);
}

function checkLengths(key: Uint8Array, nonce: Uint8Array, nonceBytes: number): void {
  if (key.length !== 32) throw new RangeError("an aead key has 32 bytes");
  if (nonce.length !== nonceBytes) throw new RangeError(`the nonce has ${nonceBytes} bytes`);
}

function opened(
  cipher: { decrypt(ciphertext: Uint8Array): Uint8Array },
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length < TAG_BYTES) return undefined;
  try {
    return cipher.decrypt(ciphertext);
  } catch {
    // Lengths were checked above: what is left to fail is the tag.
    return undefined;
  }
}
