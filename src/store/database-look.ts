import Sqlite from "better-sqlite3";
import { explaining } from "./connection.ts";
import { checkDatabase } from "./database-copy.ts";
import { MetaRows } from "./meta-rows.ts";

/** What a database says of itself. */
export interface DatabaseLook {
  meta(key: string): string | undefined;
}

/**
 * Reads a whole database that no daemon uses, and changes nothing: not its schema either.
 * @throws {@link StoreError} `STORE_LOCKED`, `STORE_CORRUPT`, `STORE_UNAVAILABLE`.
 */
export function lookAtDatabase<Result>(path: string, look: (at: DatabaseLook) => Result): Result {
  return explaining(path, () => {
    const connection = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      checkDatabase(connection);
      const rows = new MetaRows(connection);
      return look({ meta: (key) => rows.get(key) });
    } finally {
      connection.close();
    }
  });
}
