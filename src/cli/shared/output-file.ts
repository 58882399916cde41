import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { utf8 } from "../../base/bytes.ts";
import { messageOf, systemCode } from "../../base/errors.ts";
import { CliError, usageError } from "./errors.ts";

export interface OutputFileOptions {
  /** True replaces a file that is there; false (the default) refuses. */
  readonly force?: boolean;
  /** Permission bits of the new file; 0o644 unless told otherwise, 0o600 for secrets. */
  readonly mode?: number;
}

/**
 * Writes a file that is either there whole or not there at all, also after a power cut: a
 * temporary file beside it, fsync, a new name, fsync of the folder.
 * @throws CliError OUTPUT_EXISTS without `force`, OUTPUT_FAILED when the disk or the folder refuses
 */
export function writeOutput(
  path: string,
  content: string | Uint8Array,
  options: OutputFileOptions = {},
): void {
  const target = checkedTarget(path, options.force === true);
  const temporary = temporaryFor(target);
  try {
    writeTemporary(temporary, typeof content === "string" ? utf8(content) : content, options.mode);
    place(temporary, target, options.force === true);
    syncFolder(dirname(target));
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw writeFailure(cause, path);
  }
}

/**
 * The same promise for content that is made piece by piece and never held whole: `produce` calls
 * `write` as often as it likes, and what it returns is returned.
 * @throws CliError as {@link writeOutput}, and whatever `produce` throws; then there is no file.
 */
export async function streamOutput<Result>(
  path: string,
  options: OutputFileOptions,
  produce: (write: (bytes: Uint8Array) => void) => Promise<Result>,
): Promise<Result> {
  const target = checkedTarget(path, options.force === true);
  const temporary = temporaryFor(target);
  const checked = withOwnFailures(path, produce);
  try {
    const result = await streamTemporary(temporary, options.mode, checked.produce);
    place(temporary, target, options.force === true);
    syncFolder(dirname(target));
    return result;
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw checked.isOwn(cause) ? cause : writeFailure(cause, path);
  }
}

/** Keeps apart what goes wrong in `produce` from what the output file refuses. */
function withOwnFailures<Result>(
  path: string,
  produce: (write: (bytes: Uint8Array) => void) => Promise<Result>,
): { readonly produce: typeof produce; readonly isOwn: (error: unknown) => boolean } {
  let own: unknown;
  return {
    async produce(write) {
      try {
        return await produce((bytes) => {
          try {
            write(bytes);
          } catch (cause) {
            throw writeFailure(cause, path);
          }
        });
      } catch (error) {
        own = error;
        throw error;
      }
    },
    isOwn: (error) => error === own,
  };
}

/** Refuses early, before any work is done for a file that could not be written anyway. */
export function checkOutput(path: string, options: OutputFileOptions = {}): void {
  const target = checkedTarget(path, options.force === true);
  try {
    // A file is made beside its final name: the folder has to take it.
    accessSync(`${dirname(target)}/.`, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw writeFailure(cause, path);
  }
}

/**
 * Refuses to write over what the command reads, whichever way it is spelled.
 * @throws CliError USAGE
 */
export function refuseInputAsOutput(
  output: string,
  inputs: readonly (readonly [what: string, path: string])[],
): void {
  const taken = inputs.find(([, path]) => isSameFile(output, path));
  if (taken !== undefined) throw usageError(`--out ${output} is the ${taken[0]}`);
}

function isSameFile(left: string, right: string): boolean {
  const [one, other] = [left, right].map(statOf);
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** Undefined for what cannot be looked at; whoever opens it says why. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Where the bytes will really go: a link is followed, so that `--force` does not replace the link. */
function checkedTarget(path: string, force: boolean): string {
  const found = kindOf(path);
  if (found === "nothing") return path;
  if (found === "other") {
    throw new CliError("OUTPUT_FAILED", `${path} is not a regular file`, {
      hint: "name a file that does not exist yet",
    });
  }
  if (!force) throw exists(path);
  return realpathSync(path);
}

function kindOf(path: string): "nothing" | "file" | "other" {
  try {
    return lstatSync(realpathSync(path)).isFile() ? "file" : "other";
  } catch (cause) {
    const code = systemCode(cause);
    if (code === "ENOENT") return "nothing";
    throw writeFailure(cause, path);
  }
}

const temporaryFor = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);

function writeTemporary(path: string, bytes: Uint8Array, mode?: number): void {
  const fd = openTemporary(path, mode);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

async function streamTemporary<Result>(
  path: string,
  mode: number | undefined,
  produce: (write: (bytes: Uint8Array) => void) => Promise<Result>,
): Promise<Result> {
  const fd = openTemporary(path, mode);
  try {
    const result = await produce((bytes) => writeAll(fd, bytes));
    fsyncSync(fd);
    return result;
  } finally {
    closeSync(fd);
  }
}

function openTemporary(path: string, mode = 0o644): number {
  // Left behind by a process of this number that was killed: never a link somebody else placed.
  rmSync(path, { force: true });
  return openSync(path, "wx", mode);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset);
}

function place(temporary: string, target: string, force: boolean): void {
  if (force) return renameSync(temporary, target);
  try {
    // Unlike rename, link never replaces a file that appeared in between.
    linkSync(temporary, target);
    rmSync(temporary);
  } catch (cause) {
    if (!WITHOUT_LINKS.has(systemCode(cause) ?? "")) throw cause;
    renameSync(temporary, target);
  }
}

/** What file systems of memory sticks say to a hard link. */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function exists(path: string): CliError {
  return new CliError("OUTPUT_EXISTS", `${path} exists already`, {
    hint: "choose another name, or add --force to replace it",
    facts: { path },
  });
}

function writeFailure(cause: unknown, path: string): CliError {
  const code = systemCode(cause);
  if (code === "EEXIST") return exists(path);
  const [reason, hint] = REASONS[code ?? ""] ?? [code ?? messageOf(cause), undefined];
  return new CliError("OUTPUT_FAILED", `cannot write ${path}: ${reason}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    facts: { path },
  });
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string | undefined]>> = {
  ENOENT: ["no such folder", "make the folder first"],
  ENOTDIR: ["a part of the path is not a folder", undefined],
  EACCES: ["permission denied", "choose a folder that belongs to you"],
  EPERM: ["not permitted", "choose a folder that belongs to you"],
  EROFS: ["the file system is read-only", "choose another folder"],
  ENOSPC: ["the disk is full", "free some space and try again"],
  EDQUOT: ["the disk quota is used up", "free some space and try again"],
};
