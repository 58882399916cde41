import { existsSync, readFileSync } from "node:fs";

/**
 * What is on a tape of the faulty disk; nothing when nothing was written.
 * @yields each write, in order.
 */
export function* writesOn(path: string): Generator<Uint8Array, void, undefined> {
  if (!existsSync(path)) return;
  const tape = readFileSync(path);
  let at = 0;
  while (at < tape.length) {
    const length = tape.readUInt32LE(at);
    yield tape.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}
