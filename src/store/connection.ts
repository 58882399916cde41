import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import { CodedError, messageOf, systemCode } from "../base/errors.ts";
import { StoreError } from "./errors.ts";
import { MIGRATIONS } from "./schema.ts";

export type Connection = Sqlite.Database;
export type Statement = Sqlite.Statement;

/** "SEAT": tells our files from other SQLite databases. */
const APPLICATION_ID = 0x53454154;

/** Bytes of the write-ahead log kept after a checkpoint of SQLite, so that one burst does not stay for ever. */
const KEPT_LOG_BYTES = 16_777_216;

/**
 * Opens or makes a database for this process alone, at the present schema.
 * @throws {@link StoreError} `STORE_LOCKED`, `STORE_NEWER`, `STORE_CORRUPT`, `STORE_UNAVAILABLE`.
 */
export function openConnection(path: string): Connection {
  return explaining(path, () => {
    makeFile(path);
    const connection = new Sqlite(path, { timeout: 0 });
    try {
      prepare(connection, path);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

/** Runs `work` and turns what SQLite and the disk throw into a {@link StoreError}. */
export function explaining<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw explained(error, path);
  }
}

/** Before SQLite does: it would give the file the mode of the umask. */
function makeFile(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function prepare(connection: Connection, path: string): void {
  // In this order: with the lock taken first, WAL keeps its index in memory and no second process
  // can join. SQLite takes the lock at the first access and holds it while the connection is open.
  connection.pragma("locking_mode = EXCLUSIVE");
  const version = numberOf(connection.pragma("user_version", { simple: true }));
  const application = numberOf(connection.pragma("application_id", { simple: true }));
  const tables = numberOf(connection.prepare("SELECT count(*) FROM sqlite_schema").pluck().get());
  refuseForeign(path, version, tables, application);
  // Before the first page is written: later it takes a VACUUM.
  if (tables === 0) connection.pragma("auto_vacuum = INCREMENTAL");
  connection.pragma("journal_mode = WAL");
  // better-sqlite3 opens WAL databases at NORMAL, which would lose acknowledged leases in a power cut.
  connection.pragma("synchronous = FULL");
  connection.pragma(`journal_size_limit = ${KEPT_LOG_BYTES}`);
  connection.pragma("foreign_keys = ON");
  connection.pragma("trusted_schema = OFF");
  migrate(connection, version);
  letShrink(connection);
}

/** Databases of the first releases could only grow. It takes the room of a copy, so it may fail. */
function letShrink(connection: Connection): void {
  if (connection.pragma("auto_vacuum", { simple: true }) !== 0) return;
  try {
    connection.pragma("auto_vacuum = INCREMENTAL");
    connection.exec("VACUUM");
  } catch (error) {
    if (!isRefusedWrite(systemCode(error) ?? "")) throw error;
  }
}

function refuseForeign(path: string, version: number, tables: number, application: number): void {
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new StoreError("STORE_CORRUPT", `${path} is not a Seatkeeper database`, {
      hint: "check data_dir in the configuration",
      facts: { path },
    });
  }
  if (version > MIGRATIONS.length) {
    throw new StoreError("STORE_NEWER", `${path} was written by a newer release of Seatkeeper`, {
      hint: "install that release again, or restore the backup made before the upgrade",
      facts: { path, version, known: MIGRATIONS.length },
    });
  }
}

/** Each step is a transaction of its own: a crash leaves the schema at a step, never between two. */
function migrate(connection: Connection, from: number): void {
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < from) continue;
    const apply = connection.transaction(() => {
      connection.exec(step);
      connection.pragma(`application_id = ${APPLICATION_ID}`);
      connection.pragma(`user_version = ${index + 1}`);
    });
    apply.exclusive();
  }
  // The package of an older release looks at the first page of the file alone before it refuses.
  if (from < MIGRATIONS.length) connection.pragma("wal_checkpoint(TRUNCATE)");
  // A database that needed no step has not been touched yet, and is not locked.
  connection.transaction(() => {}).exclusive();
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("SQLite did not answer with a number");
  return value;
}

function explained(error: unknown, path: string): unknown {
  // What the caller's own code threw inside a transaction stays what it is.
  if (error instanceof CodedError) return error;
  const code = systemCode(error) ?? "";
  const options = { cause: error, facts: { path } };
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new StoreError("STORE_LOCKED", `another process uses ${path}`, {
      ...options,
      hint: "stop the daemon first, or ask it: most commands work through its socket",
    });
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new StoreError("STORE_CORRUPT", `${path} is damaged: ${messageOf(error)}`, {
      ...options,
      hint: "stop the daemon, keep the whole folder as it is, and restore the backup",
    });
  }
  // The frames of the transaction may or may not be in the log. Going on would be a guess.
  if (code.endsWith("_FSYNC")) {
    return new StoreError("STORE_SYNC_FAILED", `the disk under ${path} did not keep a write`, {
      ...options,
      hint: "check the disk; the next start finds out what was kept",
    });
  }
  if (!isRefusedWrite(code)) return error;
  return new StoreError("STORE_UNAVAILABLE", `cannot use ${path}: ${messageOf(error)}`, {
    ...options,
    hint: "check free space, quota and permissions of the data folder; nothing was lost",
  });
}

function isRefusedWrite(code: string): boolean {
  const sqlite = /^SQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|PERM|AUTH|TOOBIG|NOLFS)/;
  return sqlite.test(code) || /^E[A-Z]+$/.test(code);
}
