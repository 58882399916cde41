import { closeSync, fsyncSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { type Connection, explaining } from "./connection.ts";
import { StoreError } from "./errors.ts";

/**
 * Writes the database as it is at this moment to a new file, without what was deleted from it: pages
 * that once held usage or the randomness of a key exchange are not copied. The block on its way to
 * the ledger is taken out too, for a copy of the database can never continue a ledger. The copy is
 * checked and on the medium when the call returns; nothing else happens in the process meanwhile.
 * @throws StoreError `STORE_UNAVAILABLE`, `STORE_CORRUPT`.
 */
export function copyDatabase(connection: Connection, path: string): void {
  explaining(path, () => {
    // SQLite writes into an empty file, and would give one that it makes the mode of the umask.
    closeSync(openSync(path, "wx", 0o600));
    connection.prepare("VACUUM INTO ?").run(path);
    const copy = new Sqlite(path);
    try {
      // A journal would be one more place where the removed bytes stay.
      copy.pragma("journal_mode = MEMORY");
      copy.pragma("secure_delete = ON");
      copy.exec("DELETE FROM outbox");
      checkDatabase(copy);
    } finally {
      copy.close();
    }
    syncFile(path);
  });
}

/** @throws StoreError `STORE_CORRUPT` for a database whose pages or indexes contradict each other. */
export function checkDatabase(connection: Connection): void {
  const answer = connection.pragma("integrity_check(1)", { simple: true });
  if (answer === "ok") return;
  throw new StoreError("STORE_CORRUPT", `${connection.name} is damaged: ${String(answer)}`, {
    hint: "stop the daemon, keep the whole folder as it is, and restore the backup",
    facts: { path: connection.name },
  });
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
