import type { Connection } from "./connection.ts";
import { Row } from "./row.ts";

/** Rows that number what is in one ledger. */
const OF_ONE_LEDGER = ["outbox", "directory", "exports", "receipts"] as const;

/** The change from one ledger of a vendor to the next. */
export class Succession {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws TypeError while events wait: they would get numbers of a ledger that they are not of. */
  begin(vendor: string): void {
    this.#connection
      .transaction(() => {
        this.#refuseWaiting(vendor);
        for (const table of OF_ONE_LEDGER) {
          this.#connection.prepare(`DELETE FROM ${table} WHERE vendor = ?`).run(vendor);
        }
        this.#connection
          .prepare("UPDATE vendors SET next_event = 1, history_next = 1 WHERE vendor = ?")
          .run(vendor);
      })
      .immediate();
  }

  #refuseWaiting(vendor: string): void {
    const count = this.#connection
      .prepare("SELECT count(*) FROM events WHERE vendor = ?")
      .pluck()
      .get(vendor);
    if (new Row("events", { count }).number("count") > 0) throw new TypeError("events wait");
  }
}
