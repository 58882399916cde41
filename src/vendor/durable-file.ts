import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { CodedError, messageOf, systemCode } from "../base/errors.ts";
import { VendorError } from "./errors.ts";

/**
 * Puts a file of the vendor's folder in place, whole or not at all, also after a power cut.
 * @param mode 0o600 for anything secret.
 * @throws VendorError `VENDOR_FOLDER_FAILED`
 */
export function writeDurably(path: string, text: string, mode: number): void {
  const temporary = `${path}.tmp`;
  reporting(path, () => {
    // What an interrupted run left; its content never counted.
    rmSync(temporary, { force: true });
    const fd = openSync(temporary, "wx", mode);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  });
}

/** Makes new names in a folder survive a power cut. */
export function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The text of a file; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  return reporting(path, () => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  });
}

/** Runs file work, and names the file when the operating system refuses. */
export function reporting<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    // What our own code refused says already what is wrong.
    if (cause instanceof CodedError) throw cause;
    const code = systemCode(cause);
    if (code === undefined) throw cause;
    throw new VendorError(
      "VENDOR_FOLDER_FAILED",
      `cannot use ${path}: ${REASONS[code] ?? messageOf(cause)}`,
      { cause, hint: "check the folder's owner, its permissions and the free space" },
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOENT: "no such folder",
  ENOTDIR: "a part of the path is not a folder",
};
