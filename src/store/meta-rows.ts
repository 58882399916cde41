import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** Small facts of the site by name, as text. */
export class MetaRows {
  readonly #put: Statement;
  readonly #get: Statement;

  constructor(connection: Connection) {
    this.#put = connection.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    this.#get = connection.prepare("SELECT value FROM meta WHERE key = ?");
  }

  put(key: string, value: string): void {
    this.#put.run(key, value);
  }

  get(key: string): string | undefined {
    const found = this.#get.get(key);
    return found === undefined ? undefined : new Row("meta", found).text("value");
  }
}
