import { randomBytes as nodeRandomBytes, randomFillSync } from "node:crypto";
import { toHex } from "../base/bytes.ts";

/** `count` bytes of the operating system's random source. */
export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(count));
}

/**
 * `count` random bytes as lower-case hex, twice as many characters: for ids, which are no secrets.
 * Short ones come from a store that is filled from the operating system's random source, because a
 * call of it costs as much for 16 bytes as for 4,096. None is given twice.
 */
export function randomHex(count: number): string {
  if (count > STORED_BYTES) return toHex(randomBytes(count));
  if (taken + count > STORED_BYTES) {
    randomFillSync(store);
    taken = 0;
  }
  const begin = taken;
  taken += count;
  return store.toString("hex", begin, taken);
}

const STORED_BYTES = 4_096;
const store: Buffer = Buffer.alloc(STORED_BYTES);
/** Of the store, from its beginning; all of it before it is filled for the first time. */
let taken: number = STORED_BYTES;
