import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { fromUtf8 } from "../../base/bytes.ts";
import { messageOf, systemCode } from "../../base/errors.ts";
import { CliError } from "./errors.ts";

/** Bytes of a signed note, a terms file, a passphrase file: far above any real one. */
const SMALL_FILE_BYTES: number = 1_048_576;

/**
 * The bytes of a file that somebody named on the command line.
 * @param what what it is for the person, as in "no such {what}: {path}"
 * @throws CliError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_NOT_REGULAR or FILE_TOO_LARGE
 */
export function readInput(
  path: string,
  what: string,
  limit: number = SMALL_FILE_BYTES,
): Uint8Array {
  return withInput(path, what, (fd) => readOpened(fd, path, what, limit));
}

/** @throws CliError as {@link readInput}, and FILE_UNREADABLE when the bytes are not UTF-8. */
export function readTextInput(path: string, what: string, limit?: number): string {
  const bytes = readInput(path, what, limit);
  try {
    return fromUtf8(bytes).replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new CliError("FILE_UNREADABLE", `${what} ${path} is not UTF-8 text`, {
      cause,
      hint: "save it again as UTF-8",
    });
  }
}

/** Opens, checks that it is a file or a pipe, hands over the descriptor, and closes whatever happens. */
export function withInput<Result>(path: string, what: string, use: (fd: number) => Result): Result {
  const fd = opened(path, what);
  try {
    refuseFolder(fd, path, what);
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same for work that takes longer: the descriptor is closed when it is done. */
export async function withLongInput<Result>(
  path: string,
  what: string,
  use: (fd: number) => Promise<Result>,
): Promise<Result> {
  const fd = opened(path, what);
  try {
    refuseFolder(fd, path, what);
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

function refuseFolder(fd: number, path: string, what: string): void {
  if (!fstatSync(fd).isDirectory()) return;
  throw new CliError("FILE_NOT_REGULAR", `${what} ${path} is a folder`, {
    hint: "name the file inside it",
  });
}

function opened(path: string, what: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw readFailure(cause, path, what);
  }
}

/** Reads to the end of a descriptor; a pipe has no size to go by. */
export function readOpened(fd: number, path: string, what: string, limit: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readOnce(fd, chunk, path, what);
    if (length === 0) return new Uint8Array(Buffer.concat(chunks));
    total += length;
    if (total > limit) throw tooLarge(path, what, limit);
    chunks.push(chunk.subarray(0, length));
  }
}

/** Hands a file on piece by piece, to its end. A piece is used before the next one is read. */
export function eachChunk(
  fd: number,
  path: string,
  what: string,
  use: (chunk: Uint8Array) => void,
): void {
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    const length = readOnce(fd, chunk, path, what);
    if (length === 0) return;
    use(chunk.subarray(0, length));
  }
}

function readOnce(fd: number, chunk: Buffer, path: string, what: string): number {
  try {
    return readSync(fd, chunk);
  } catch (cause) {
    throw readFailure(cause, path, what);
  }
}

function readFailure(cause: unknown, path: string, what: string): CliError {
  const code = systemCode(cause);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new CliError("FILE_NOT_FOUND", `no such ${what}: ${path}`, {
      cause,
      hint: "check the spelling and the folder",
    });
  }
  if (code === "EISDIR")
    return new CliError("FILE_NOT_REGULAR", `${what} ${path} is a folder`, { cause });
  const denied = code === "EACCES" || code === "EPERM";
  return new CliError(
    "FILE_UNREADABLE",
    `cannot read ${what} ${path}: ${denied ? "permission denied" : (code ?? messageOf(cause))}`,
    { cause, ...(denied ? { hint: "run the command as the owner of the file" } : {}) },
  );
}

function tooLarge(path: string, what: string, limit: number): CliError {
  return new CliError("FILE_TOO_LARGE", `${what} ${path} is larger than ${limit} bytes`, {
    hint: "this is probably another kind of file",
    facts: { path, limit },
  });
}
