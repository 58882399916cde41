import { createHash, hash as hashOnce, timingSafeEqual } from "node:crypto";
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

/** As `sha256`, native and several times as fast. Not for secrets. */
export function sha256Public(...parts: readonly Uint8Array[]): Uint8Array {
  return plain(Buffer.from(once(joined(0, parts)), "latin1"));
}

/** HMAC-SHA256 (RFC 2104) over the parts one after another: 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = hmac.create(nobleSha256, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/**
 * As `hmacSha256`, native: for keys that need not vanish (`keyed.ts`). Written out over two hashes
 * (RFC 2104, section 2), because making an `Hmac` object costs more than both.
 */
export function hmacNative(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const short = key.length > HMAC_BLOCK_BYTES ? sha256Public(key) : key;
  const inner = joined(HMAC_BLOCK_BYTES, parts);
  const outer = Buffer.allocUnsafe(HMAC_BLOCK_BYTES + DIGEST_BYTES);
  pad(inner, short, 0x36);
  pad(outer, short, 0x5c);
  outer.write(once(inner), HMAC_BLOCK_BYTES, "latin1");
  return plain(Buffer.from(once(outer), "latin1"));
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
    digest: () => plain(hash.digest()),
  };
}

/** Same length and content, in a time that depends on the length alone. */
export function equalSecret(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

const HMAC_BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** The parts one after another, behind `room` bytes that are left as they are. */
function joined(room: number, parts: readonly Uint8Array[]): Buffer {
  let length = room;
  for (const part of parts) length += part.length;
  const whole = Buffer.allocUnsafe(length);
  let at = room;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function pad(block: Uint8Array, key: Uint8Array, byte: number): void {
  block.fill(byte, 0, HMAC_BLOCK_BYTES);
  for (let index = 0; index < key.length; index += 1) block[index] = byte ^ (key[index] ?? 0);
}

/** The digest as a string of one character a byte: Node makes one faster than a Buffer. */
const once = (bytes: Uint8Array): string => hashOnce("sha256", bytes, "binary");

/** The same memory, without the ways of Node's Buffer: its `slice` would not copy. */
const plain = (bytes: Buffer): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
