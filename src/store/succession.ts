import type { Connection } from "./connection.ts";
import { Row } from "./row.ts";

/**
 * What becomes of events that are not sealed: there must be none; they are sealed by the next ledger,
 * under its first numbers; or the ended ledger has them already, and they are dropped.
 */
export type WaitingEvents = "none" | "kept" | "dropped";

/** Rows that number what is in one ledger. */
const OF_ONE_LEDGER = ["outbox", "directory", "exports", "receipts", "entry_proofs"] as const;

/** The change from one ledger of a vendor to the next. To be called in a transaction. */
export class Succession {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws TypeError when there are events and there must be none. */
  begin(vendor: string, waiting: WaitingEvents): void {
    if (waiting === "dropped") this.#run("DELETE FROM events WHERE vendor = ?", vendor);
    const { count, first } = this.#waiting(vendor);
    if (waiting === "none" && count > 0) throw new TypeError("events wait");
    for (const table of OF_ONE_LEDGER) this.#run(`DELETE FROM ${table} WHERE vendor = ?`, vendor);
    // In two steps: no number may be taken twice in between.
    this.#run("UPDATE events SET id = -id WHERE vendor = ?", vendor);
    this.#run("UPDATE events SET id = 1 - id - ? WHERE vendor = ?", first, vendor);
    this.#run(
      `UPDATE vendors SET next_event = ?, history_next = max(1, history_next + 1 - ?)
       WHERE vendor = ?`,
      count + 1,
      first,
      vendor,
    );
  }

  #waiting(vendor: string): { readonly count: number; readonly first: number } {
    const found = this.#connection
      .prepare(
        `SELECT (SELECT count(*) FROM events WHERE vendor = ?1) AS count,
           coalesce((SELECT min(id) FROM events WHERE vendor = ?1),
             (SELECT next_event FROM vendors WHERE vendor = ?1), 1) AS first`,
      )
      .get({ 1: vendor });
    const row = new Row("events", found);
    return { count: row.number("count"), first: row.number("first") };
  }

  #run(sql: string, ...values: readonly (string | number)[]): void {
    this.#connection.prepare(sql).run(...values);
  }
}
