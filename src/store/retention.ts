import { days, isoTime, type UnixMillis, unixMillis } from "../base/time.ts";
import { HOUR } from "../seats/feature-hour.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** Rows of one table that one call removes: a shortened retention must not make clients wait. */
const ROWS_AT_ONCE = 2_000;

/** Pages that stay in the file for what comes next, and pages that one call gives back. 4 KiB each. */
const KEPT_PAGES = 256;
const PAGES_AT_ONCE = 512;

/** Day and month names of the site's time zone may be a day from those of UTC, and of another zone before. */
const ZONES_APART = days(2);

/**
 * Keeps the database small: removes what is past the retention and needed by nobody. What waits to be
 * sealed, live leases, the newest export and receipt, the segment directory and running totals are
 * not its business.
 */
export class Retention {
  readonly #connection: Connection;
  readonly #hours: readonly Statement[];
  readonly #days: Statement;
  readonly #exchanges: readonly Statement[];
  readonly #months: Statement;
  readonly #periods: Statement;
  readonly #acceptedFrom: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#hours = ["usage_hours", "denial_hours"].map((table) =>
      connection.prepare(some(table, "hour < ?")),
    );
    this.#days = connection.prepare(some("usage_days", "day < ?"));
    this.#exchanges = [
      some("exports", `exported_at < ? AND export_no < ${newest("exports", "export_no")}`),
      some("receipts", `imported_at < ? AND receipt_no < ${newest("receipts", "receipt_no")}`),
    ].map((sql) => connection.prepare(sql));
    this.#months = connection.prepare(some("naming_counts", "month < ?"));
    this.#periods = connection.prepare(
      some("meters", "(length(period) = 10 AND period < ?) OR (length(period) = 7 AND period < ?)"),
    );
    this.#acceptedFrom = connection
      .prepare("SELECT usage_keys_forgotten_before FROM vendors WHERE vendor = ?")
      .pluck();
  }

  /**
   * Removes some of what is older than `before`, in one transaction.
   * @returns whether there may be more.
   */
  prune(vendor: string, before: UnixMillis): boolean {
    const removed = this.#connection.transaction(() => [
      ...this.#hours.map((rows) => rows.run(vendor, Math.floor(before / HOUR)).changes),
      this.#days.run(vendor, dayOf(before)).changes,
      ...this.#exchanges.map((rows) => rows.run(vendor, before).changes),
      this.#months.run(vendor, monthOf(before)).changes,
      this.#prunePeriods(vendor, before),
    ]);
    return removed.immediate().some((count) => count >= ROWS_AT_ONCE);
  }

  /** Gives some free pages back to the file system, all but a few. @returns whether there are more. */
  shrink(): boolean {
    const free = Number(this.#connection.pragma("freelist_count", { simple: true }));
    const spare = free - KEPT_PAGES;
    if (spare <= 0) return false;
    this.#connection.pragma(`incremental_vacuum(${Math.min(spare, PAGES_AT_ONCE)})`);
    return spare > PAGES_AT_ONCE;
  }

  /** Periods of meters that no late record and no refund can reach any more. */
  #prunePeriods(vendor: string, before: UnixMillis): number {
    const found = this.#acceptedFrom.get(vendor) ?? null;
    const accepted = new Row("vendors", { from: found }).numberOrNull("from") ?? 0;
    const untouched = unixMillis(Math.max(0, Math.min(before, accepted) - ZONES_APART));
    return this.#periods.run(vendor, dayOf(untouched), monthOf(untouched)).changes;
  }
}

/** Removes at most so many rows of a vendor. Not all at once, for which SQLite has no word. */
function some(table: string, condition: string): string {
  const key = KEYS[table] ?? "";
  return `DELETE FROM ${table} WHERE (vendor, ${key}) IN (
    SELECT vendor, ${key} FROM ${table} WHERE vendor = ? AND (${condition})
    LIMIT ${ROWS_AT_ONCE})`;
}

const KEYS: Readonly<Record<string, string>> = {
  usage_hours: "hour, feature",
  denial_hours: "hour, feature, reason",
  usage_days: "day, kind, subject, measure",
  exports: "export_no",
  receipts: "receipt_no",
  naming_counts: "feature, month",
  meters: "meter, period",
};

const newest = (table: string, number: string): string =>
  `(SELECT max(${number}) FROM ${table} AS all_of WHERE all_of.vendor = ${table}.vendor)`;

const dayOf = (wall: UnixMillis): string => isoTime(wall).slice(0, 10);
const monthOf = (wall: UnixMillis): string => isoTime(wall).slice(0, 7);
