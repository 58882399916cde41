import { readSync, writeSync } from "node:fs";

/** Writes all of `bytes` at `offset`: one call may write less than it was given. */
export function writeFully(file: number, bytes: Uint8Array, offset: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}

/** Reads at `offset` until `into` is full or the file ends. Returns how many bytes were there. */
export function readFully(file: number, into: Uint8Array, offset: number): number {
  let done = 0;
  while (done < into.length) {
    const count = readSync(file, into, done, into.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
