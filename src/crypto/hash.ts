import { createHash, timingSafeEqual } from "node:crypto";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

// noble wipes its internal state after each digest and works on the caller's arrays, so a ledger
// key can be erased. OpenSSL would keep copies that JavaScript cannot reach.

/** SHA-256 of the parts one after another: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** HMAC-SHA256 (RFC 2104) over the parts one after another: 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = hmac.create(nobleSha256, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** HKDF-Extract with SHA-256 (RFC 5869, section 2.2): 32 bytes. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return extract(nobleSha256, ikm, salt);
}

/**
 * HKDF-Expand with SHA-256 (RFC 5869, section 2.3).
 * @param length 1 to 8,160 bytes.
 * @throws RangeError for another length.
 */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 255 * 32) {
    throw new RangeError(`hkdf cannot give ${length} bytes`);
  }
  return expand(nobleSha256, prk, info, length);
}

/** A SHA-256 in progress. `digest` ends it. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** SHA-256 over a stream of public bytes: native, for files of gigabytes. Not for secrets. */
export function createSha256(): Sha256 {
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => new Uint8Array(hash.digest()),
  };
}

/** Same length and content, in a time that depends on the length alone. */
export function equalSecret(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
