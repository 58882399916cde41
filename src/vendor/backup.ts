import { closeSync, copyFileSync, fsyncSync, openSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import type { UnixMillis } from "../base/time.ts";
import { readIfThere, reporting, writeDurably } from "./durable-file.ts";
import { VendorError } from "./errors.ts";
import {
  databasePath,
  keyFiles,
  makeFolder,
  openFolder,
  revocationsPath,
  type VendorFolder,
  writeKeyFile,
} from "./folder.ts";
import { tryKeys } from "./keys.ts";
import { APPLICATION_ID, VendorStore } from "./vendor-store.ts";

// A backup is the store of one moment as SQLite writes it, with the other files of the folder in two
// tables of its own. Key files are in it as they lie in the folder: sealed with the passphrase.

/** `SKVB`: tells a backup from a store, so that nobody works in one by mistake. */
const BACKUP_ID = 0x534b5642;

const TABLES = `
  CREATE TABLE backup (vendor TEXT NOT NULL, made_at INTEGER NOT NULL) STRICT;
  CREATE TABLE backup_files (name TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT;
`;

/** What a vendor's folder has beside its store. Anything else in a backup is refused. */
const FILE_NAME =
  /^(?:keys\/(?:root|issuing|sealing)(?:-[0-9a-f]{16})?\.skkey|[a-z0-9-]+\.skvendor|revocations\.note)$/;

/**
 * Makes a backup as a new file beside the store, for the caller to put elsewhere. Other commands that
 * write wait meanwhile, so store, keys and vendor file are of one moment.
 * @returns the path of the file. One that an interrupted run left is replaced.
 * @throws VendorError `VENDOR_FOLDER_FAILED`, `VENDOR_STORE_FAILED`
 */
export function makeBackup(path: string, store: VendorStore, now: UnixMillis): string {
  const target = join(path, "backup.tmp");
  return store.write(() => {
    const folder = openFolder(path);
    reporting(target, () => {
      rmSync(target, { force: true });
      // Made by us first, so that it never has wider permissions than these.
      closeSync(openSync(target, "wx", 0o600));
    });
    const reader = new Sqlite(databasePath(path), { fileMustExist: true });
    try {
      reader.prepare("VACUUM INTO ?").run(target);
    } finally {
      reader.close();
    }
    const copy = new Sqlite(target);
    try {
      copy.pragma("journal_mode = DELETE");
      addFiles(copy, folder, now);
      copy.pragma(`application_id = ${BACKUP_ID}`);
    } finally {
      copy.close();
    }
    reporting(target, () => syncFile(target));
    return target;
  });
}

export interface Restoring {
  readonly backup: string;
  /** A folder that is empty, or not there yet. */
  readonly path: string;
  readonly passphrase: string;
}

/**
 * Makes a vendor's folder from a backup, after every key in it was opened: what cannot be used is
 * refused while nothing is there yet.
 * @throws VendorError `VENDOR_EXISTS`, `VENDOR_BACKUP_UNUSABLE`, and as `tryKeys`
 */
export function restoreBackup({ backup, path, passphrase }: Restoring): VendorFolder {
  makeFolder(path, (draft) => {
    copyFileSync(backup, databasePath(draft));
    unpack(draft, backup);
    VendorStore.open(databasePath(draft)).close();
    tryKeys(openFolder(draft), passphrase);
  });
  return openFolder(path);
}

function addFiles(copy: Database, folder: VendorFolder, now: UnixMillis): void {
  copy.exec(TABLES);
  copy.prepare("INSERT INTO backup VALUES (?, ?)").run(folder.vendor.name, now);
  const add = copy.prepare("INSERT INTO backup_files VALUES (?, ?)");
  const names = [
    ...keyFiles(folder).map((file) => `keys/${basename(file)}`),
    basename(folder.vendorFilePath),
    basename(revocationsPath(folder.path)),
  ];
  for (const name of names) {
    const content = readIfThere(join(folder.path, name));
    if (content !== undefined) add.run(name, content);
  }
}

function unpack(draft: string, spoken: string): void {
  const files = understood(spoken, () => {
    const copy = new Sqlite(databasePath(draft), { fileMustExist: true });
    try {
      return takeFiles(copy, spoken);
    } finally {
      copy.close();
    }
  });
  for (const { name, content } of files) {
    if (name.startsWith("keys/")) writeKeyFile(join(draft, name), content);
    else writeDurably(join(draft, name), content, 0o644);
  }
}

interface PackedFile {
  readonly name: string;
  readonly content: string;
}

/** Takes the tables of the backup out again: what stays is the store. */
function takeFiles(copy: Database, spoken: string): readonly PackedFile[] {
  if (copy.pragma("application_id", { simple: true }) !== BACKUP_ID) throw unusable(spoken);
  if (copy.pragma("integrity_check(1)", { simple: true }) !== "ok") throw unusable(spoken);
  const files = copy.prepare<[], PackedFile>("SELECT name, content FROM backup_files").all();
  if (!files.every(({ name }) => FILE_NAME.test(name))) throw unusable(spoken);
  copy.exec("DROP TABLE backup; DROP TABLE backup_files");
  copy.pragma(`application_id = ${APPLICATION_ID}`);
  return files;
}

function understood<Result>(spoken: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SqliteError && !/FULL|IOERR|CANTOPEN/.test(cause.code))
      throw unusable(spoken, cause);
    throw cause;
  }
}

function unusable(spoken: string, cause?: unknown): VendorError {
  return new VendorError(
    "VENDOR_BACKUP_UNUSABLE",
    `${spoken} is no backup of a vendor, or damaged`,
    {
      cause,
      hint: "name a file that seatkeeper-vendor backup has written, or an older one",
    },
  );
}

function syncFile(path: string): void {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
