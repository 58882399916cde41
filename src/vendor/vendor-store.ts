import { closeSync, existsSync, openSync } from "node:fs";
import Sqlite, { type Database, SqliteError } from "better-sqlite3";
import { reporting } from "./durable-file.ts";
import { VendorError } from "./errors.ts";
import { MIGRATIONS } from "./migrations.ts";

/** `SKVS`: tells this store from any other SQLite file. */
export const APPLICATION_ID = 0x534b5653;

/** How long one command waits while another one ingests. */
const BUSY_MILLIS = 120_000;

/**
 * The vendor's book-keeping in SQLite: who was activated, what was issued, what was ingested. Several
 * commands may run at once; writers wait for one another. Every write is one transaction, and it is
 * on the medium when {@link write} returns (WAL, synchronous=FULL).
 */
export class VendorStore {
  readonly #database: Database;
  readonly #path: string;

  private constructor(database: Database, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** @throws VendorError `VENDOR_STORE_FAILED` when the disk refuses, or the file is there already. */
  static create(path: string): VendorStore {
    // Made by us first, so that it never has wider permissions than these.
    reporting(path, () => closeSync(openSync(path, "wx", 0o600)));
    return opened(path, (database) => {
      database.pragma(`application_id = ${APPLICATION_ID}`);
      return new VendorStore(database, path);
    });
  }

  /** @throws VendorError `VENDOR_STORE_CORRUPT`, `VENDOR_STORE_NEWER`, `VENDOR_STORE_FAILED` */
  static open(path: string): VendorStore {
    if (!existsSync(path)) {
      throw new VendorError("VENDOR_STORE_CORRUPT", `${path} is missing`, { hint: RESTORE });
    }
    return opened(path, (database) => {
      if (database.pragma("application_id", { simple: true }) !== APPLICATION_ID)
        throw corrupt(path);
      return new VendorStore(database, path);
    });
  }

  /** Reads a consistent state: what other commands write meanwhile is not seen. */
  read<Result>(work: (database: Database) => Result): Result {
    return translated(this.#path, () => this.#database.transaction(work).deferred(this.#database));
  }

  /**
   * One transaction: everything `work` does is kept, or nothing when it throws or the process ends.
   * @throws VendorError `VENDOR_STORE_BUSY` when another command writes for too long.
   */
  write<Result>(work: (database: Database) => Result): Result {
    return translated(this.#path, () => this.#database.transaction(work).immediate(this.#database));
  }

  close(): void {
    this.#database.close();
  }
}

function opened(path: string, use: (database: Database) => VendorStore): VendorStore {
  return translated(path, () => {
    const database = new Sqlite(path, { fileMustExist: true, timeout: BUSY_MILLIS });
    try {
      database.pragma("journal_mode = WAL");
      // A WAL database opens at NORMAL, which may lose the last transactions in a power cut.
      database.pragma("synchronous = FULL");
      database.pragma("foreign_keys = ON");
      const store = use(database);
      migrate(database, path);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function migrate(database: Database, path: string): void {
  database
    .transaction(() => {
      const version = database.pragma("user_version", { simple: true });
      if (typeof version !== "number" || version > MIGRATIONS.length) {
        throw new VendorError("VENDOR_STORE_NEWER", `${path} was written by a newer release`, {
          hint: "install that release, or a later one",
        });
      }
      for (const statements of MIGRATIONS.slice(version)) database.exec(statements);
      if (version < MIGRATIONS.length) database.pragma(`user_version = ${MIGRATIONS.length}`);
    })
    .immediate();
}

/** SQLite's complaints as errors of this module, with a next step. */
function translated<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof SqliteError)) throw cause;
    const { code } = cause;
    if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) throw corrupt(path, cause);
    if (/^SQLITE_(?:BUSY|LOCKED)/.test(code)) {
      throw new VendorError("VENDOR_STORE_BUSY", `${path} is in use by another command`, {
        cause,
        hint: "wait until it has finished and run this one again",
      });
    }
    if (!/^SQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|PERM|AUTH)/.test(code)) throw cause;
    throw new VendorError("VENDOR_STORE_FAILED", `cannot use ${path}: ${cause.message}`, {
      cause,
      hint: "check the folder's owner, its permissions and the free space; nothing was changed",
    });
  }
}

const RESTORE = "put vendor.db back from your backup, then ingest the bundles since then again";

function corrupt(path: string, cause?: unknown): VendorError {
  return new VendorError("VENDOR_STORE_CORRUPT", `${path} is damaged or no vendor store`, {
    cause,
    hint: RESTORE,
  });
}
