import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, systemCode } from "../base/errors.ts";
import { StoreError } from "./errors.ts";
import { writeFully } from "./whole-writes.ts";

/** Where everything of a site lies. Nothing is read or made by asking for the places. */
export interface DataFolder {
  readonly path: string;
  readonly siteKey: string;
  /** The key that takes the place of `siteKey`; there while it does. */
  readonly nextSiteKey: string;
  readonly tlsCertificate: string;
  readonly tlsKey: string;
  readonly database: string;
  /** Holds one folder per vendor. */
  readonly vendors: string;
}

/** Where everything of one vendor lies. */
export interface VendorFolder {
  readonly path: string;
  readonly vendorFile: string;
  /** Holds one file per installed license. */
  readonly licenses: string;
  /** The same for those of the ledger that this one stands in for; there where it does. */
  readonly lent: string;
  /** The newest list of what the vendor revoked; there is none before the first. */
  readonly revocations: string;
  /** The former daemon key's word for the present one; there is none before the first new key. */
  readonly keyCertificate: string;
  readonly chain: string;
  /** Leaf hashes of blocks that are in archives; there is none before the first. */
  readonly leaves: string;
  readonly state: string;
  /** Holds the archives that were not put anywhere else. */
  readonly archives: string;
}

export function dataFolder(path: string): DataFolder {
  return {
    path,
    siteKey: join(path, "site.key"),
    nextSiteKey: join(path, "site.key.next"),
    tlsCertificate: join(path, "tls.crt"),
    tlsKey: join(path, "tls.key"),
    database: join(path, "seatkeeper.db"),
    vendors: join(path, "vendors"),
  };
}

/** @throws RangeError for a name that would leave the folder; a checked vendor name never does. */
export function vendorFolder(data: DataFolder, vendor: string): VendorFolder {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(vendor)) throw new RangeError("not a vendor name");
  const path = join(data.vendors, vendor);
  return {
    path,
    vendorFile: join(path, "vendor.skvendor"),
    licenses: join(path, "licenses"),
    lent: join(path, "lent"),
    revocations: join(path, "revocations.note"),
    keyCertificate: join(path, "daemon-key.note"),
    chain: join(path, "ledger.skc"),
    leaves: join(path, "ledger.skc.leaves"),
    state: join(path, "ledger.state"),
    archives: join(path, "archive"),
  };
}

/**
 * Refuses a folder that this process must not work in, before anything in it is touched. Root is
 * refused on the service's folder as well: a log of SQLite that belongs to root would lock the
 * daemon out.
 * @throws {@link StoreError} `DATA_FOLDER_MISSING`, `DATA_FOLDER_OWNER`, `DATA_FOLDER_UNUSABLE`.
 */
export function checkDataFolder(path: string): void {
  const { uid, mode } = statOf(path);
  // oxlint-disable-next-line no-restricted-globals -- which user we are, and nothing else
  const ours = process.geteuid?.() ?? uid;
  if (uid !== ours) {
    throw new StoreError("DATA_FOLDER_OWNER", `${path} belongs to user ${uid}, not to ${ours}`, {
      hint: `run the command as its owner: sudo -u '#${uid}' …`,
      facts: { path, owner: uid, user: ours },
    });
  }
  if ((mode & 0o022) !== 0) throw unusable(path, "others can write to it", `chmod 700 ${path}`);
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusable(path, refusalOf(cause), "make it writable for its owner", cause);
  }
}

/**
 * Makes a folder of ours with mode 0700, and those above it. One that exists stays as it is.
 * @throws {@link StoreError} `DATA_FOLDER_UNUSABLE`.
 */
export function makeFolder(path: string): void {
  try {
    makeFolders(path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw unusable(path, refusalOf(cause), "make it by hand, or choose another data_dir", cause);
  }
}

/**
 * Not by `recursive`: where a file system makes no folders and says ENOENT of it, as an automounter does
 * when its server is away, that one tries for ever.
 */
function makeFolders(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (isFolder(path)) return;
    const above = dirname(path);
    if (systemCode(error) !== "ENOENT" || above === path || isFolder(above)) throw error;
    makeFolders(above);
    makeFolders(path);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Replaces or makes a small file so that after a crash it has either the old content or the new,
 * and when the call returns it is the new one. Not for secrets that must vanish: the old bytes stay
 * on the medium.
 * @throws {@link StoreError} `STORE_UNAVAILABLE` when the file is unchanged, `STORE_SYNC_FAILED`
 * when it may have either content.
 */
export function writeFileDurably(path: string, bytes: Uint8Array, mode = 0o600): void {
  replaceDurably(path, [bytes], mode);
}

/**
 * The same for content that comes in pieces and is never held whole.
 * @throws as {@link writeFileDurably}.
 */
export function replaceDurably(path: string, pieces: Iterable<Uint8Array>, mode = 0o600): void {
  try {
    writeFresh(fresh(path), pieces, mode);
    renameSync(fresh(path), path);
  } catch (cause) {
    rmSync(fresh(path), { force: true });
    throw new StoreError("STORE_UNAVAILABLE", `cannot write ${path}: ${refusalOf(cause)}`, {
      hint: "check free space, quota and permissions of the data folder",
      facts: { path },
      cause,
    });
  }
  try {
    // Without it a power cut may bring the old file back.
    syncFolder(dirname(path));
  } catch (cause) {
    throw new StoreError("STORE_SYNC_FAILED", `the disk under ${path} did not keep a write`, {
      hint: "check the disk; the next start finds out what was kept",
      facts: { path },
      cause,
    });
  }
}

/** The name of a file that is written to take the place of `path`. */
export const fresh = (path: string): string => `${path}.new`;

/** Returns when names made, changed or removed in the folder are on the medium. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeFresh(path: string, pieces: Iterable<Uint8Array>, mode: number): void {
  const file = openSync(path, "w", mode);
  try {
    // The umask may have narrowed it, and what a crash left behind keeps its own mode.
    fchmodSync(file, mode);
    let length = 0;
    for (const piece of pieces) {
      writeFully(file, piece, length);
      length += piece.length;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function statOf(path: string): Stats {
  let found: Stats | undefined;
  try {
    found = statSync(path);
  } catch (cause) {
    if (systemCode(cause) !== "ENOENT") throw unusable(path, refusalOf(cause), "check it", cause);
  }
  if (found?.isDirectory() === true) return found;
  throw new StoreError("DATA_FOLDER_MISSING", `there is no data folder ${path}`, {
    hint: "run seatkeeper init first, or check data_dir in the configuration",
    facts: { path },
  });
}

function unusable(path: string, reason: string, hint: string, cause?: unknown): StoreError {
  const message = `cannot use the data folder ${path}: ${reason}`;
  return new StoreError("DATA_FOLDER_UNUSABLE", message, { hint, cause, facts: { path } });
}

const REFUSALS: Readonly<Record<string, string>> = {
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "something above it is a file",
  EEXIST: "a file has its name",
};

function refusalOf(error: unknown): string {
  return REFUSALS[systemCode(error) ?? ""] ?? messageOf(error);
}
