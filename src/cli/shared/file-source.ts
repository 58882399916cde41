import { fstatSync, readSync } from "node:fs";
import { messageOf, systemCode } from "../../base/errors.ts";
import { CliError } from "./errors.ts";

/** Bytes of an open file, read where they are wanted; the file is never in memory as a whole. */
export interface FileSource {
  readonly length: number;
  read(offset: number, length: number): Uint8Array;
}

/**
 * The file behind a descriptor, as long as it is at this moment. The caller keeps it open.
 * @throws CliError FILE_NOT_REGULAR for a pipe; from `read` FILE_UNREADABLE when the medium fails or
 * the file got shorter.
 */
export function fileSource(fd: number, path: string): FileSource {
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    throw new CliError("FILE_NOT_REGULAR", `${path} is not a regular file`, {
      hint: "write it to a file first: it is read several times",
    });
  }
  return {
    length: stat.size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
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
    throw unreadable(path, systemCode(cause) ?? messageOf(cause), cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): CliError {
  return new CliError("FILE_UNREADABLE", `cannot read ${path}: ${why}`, {
    cause,
    hint: "copy the file to this computer and name the copy",
  });
}
