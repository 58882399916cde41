import { randomBytes as nodeRandomBytes } from "node:crypto";
import { toHex } from "../base/bytes.ts";

/** `count` bytes of the operating system's random source. */
export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(count));
}

/** `count` random bytes as lower-case hex: twice as many characters. */
export function randomHex(count: number): string {
  return toHex(randomBytes(count));
}
