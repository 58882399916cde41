import { fstatSync, readSync } from "node:fs";
import type { ByteSource } from "../ledger/ports.ts";
import { VendorError } from "./errors.ts";

/**
 * An open file as a source of bytes; it is never read whole. The caller keeps the descriptor open
 * as long as it reads.
 * @throws VendorError `BUNDLE_UNREADABLE` for a pipe; from `read` when the medium fails or the file
 * got shorter.
 */
export function fileSource(fd: number, path: string): ByteSource {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw unreadable(path, "it is not a regular file");
  return {
    length: stat.size,
    read(offset, length): Uint8Array {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const got = readAt(fd, path, bytes.subarray(done), offset + done);
        if (got === 0) throw unreadable(path, "it ended while it was being read");
        done += got;
      }
      return bytes;
    },
  };
}

function readAt(fd: number, path: string, into: Uint8Array, offset: number): number {
  try {
    return readSync(fd, into, 0, into.length, offset);
  } catch (cause) {
    throw unreadable(path, "the medium cannot be read", cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): VendorError {
  return new VendorError("BUNDLE_UNREADABLE", `cannot read ${path}: ${why}`, {
    cause,
    hint: "copy the bundle to this computer and ingest the copy",
  });
}
