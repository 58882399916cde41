import { millis, type UnixMillis, unixMillis } from "../base/time.ts";
import { type FeatureHour, HOUR, NO_FIGURES, together } from "../seats/feature-hour.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** Hours that begin in `[from, to)`; a bound that is left out is none. */
export interface HourRange {
  readonly from?: UnixMillis | undefined;
  readonly to?: UnixMillis | undefined;
  readonly feature?: string | undefined;
}

const LAST_HOUR = Math.floor(Number.MAX_SAFE_INTEGER / HOUR);

/** Sums stop at 2^53 - 1, as in {@link together}. */
const SUM = (column: string): string =>
  `${column} = min(${column} + excluded.${column}, ${Number.MAX_SAFE_INTEGER})`;
const MOST = (column: string): string => `${column} = max(${column}, excluded.${column})`;

/** The history: what each feature saw in each hour. Figures that come later are added. */
export class UsageHours {
  readonly #add: Statement;
  readonly #addDenials: Statement;
  readonly #between: Statement;
  readonly #denialsBetween: Statement;
  readonly #first: Statement;
  readonly #nextEvent: Statement;
  readonly #putNextEvent: Statement;

  constructor(connection: Connection) {
    // The same as `together`, column by column; a test compares the two.
    this.#add = connection.prepare(
      `INSERT INTO usage_hours (vendor, hour, feature, peak, licensed, overdraft_peak, queue_peak,
         grants, overdrafts, seat_millis, waits, gave_up, waited, longest_wait)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         licensed = CASE
           WHEN excluded.peak > peak THEN excluded.licensed
           WHEN excluded.peak = peak AND excluded.licensed > 0 THEN excluded.licensed
           ELSE licensed END,
         ${["peak", "overdraft_peak", "queue_peak", "longest_wait"].map(MOST).join(", ")},
         ${["grants", "overdrafts", "seat_millis", "waits", "gave_up", "waited"].map(SUM).join(", ")}`,
    );
    this.#addDenials = connection.prepare(
      `INSERT INTO denial_hours (vendor, hour, feature, reason, denials) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ${SUM("denials")}`,
    );
    this.#first = connection.prepare("SELECT min(hour) FROM usage_hours WHERE vendor = ?").pluck();
    this.#nextEvent = connection
      .prepare("SELECT history_next FROM vendors WHERE vendor = ?")
      .pluck();
    this.#putNextEvent = connection.prepare(
      `INSERT INTO vendors (vendor, history_next) VALUES (?, ?)
       ON CONFLICT (vendor) DO UPDATE SET history_next = excluded.history_next`,
    );
    const where = "WHERE vendor = ? AND hour >= ? AND hour < ? AND feature = coalesce(?, feature)";
    this.#between = connection.prepare(`SELECT * FROM usage_hours ${where} ORDER BY hour, feature`);
    this.#denialsBetween = connection.prepare(
      `SELECT * FROM denial_hours ${where} ORDER BY hour, feature, reason`,
    );
  }

  /** The oldest hour; undefined while there is none. */
  first(vendor: string): UnixMillis | undefined {
    const hour = new Row("usage_hours", { hour: this.#first.get(vendor) }).numberOrNull("hour");
    return hour === null ? undefined : unixMillis(hour * HOUR);
  }

  /** Events from this id on are not in the history. */
  nextEvent(vendor: string): number {
    const next = this.#nextEvent.get(vendor) ?? 1;
    return new Row("vendors", { history_next: next }).number("history_next");
  }

  putNextEvent(vendor: string, next: number): void {
    this.#putNextEvent.run(vendor, next);
  }

  add(vendor: string, figures: FeatureHour): void {
    const { feature, denials, peak, licensed, overdraftPeak, queuePeak, grants } = figures;
    const { overdrafts, seatMillis, waits, gaveUp, waited, longestWait } = figures;
    const hour = numberOf(figures.hour);
    const levels = [peak, licensed, overdraftPeak, queuePeak];
    const sums = [grants, overdrafts, seatMillis, waits, gaveUp, waited, longestWait];
    this.#add.run(vendor, hour, feature, ...levels, ...sums);
    for (const [reason, count] of Object.entries(denials)) {
      this.#addDenials.run(vendor, hour, feature, reason, count);
    }
  }

  /** By hour and name, with what is not stored yet. */
  between(
    vendor: string,
    range: HourRange,
    unstored: readonly FeatureHour[] = [],
  ): readonly FeatureHour[] {
    const { from = 0, to = Number.MAX_SAFE_INTEGER, feature = null } = range;
    const bounds = [vendor, Math.ceil(from / HOUR), Math.ceil(to / HOUR), feature];
    const found = new Map<string, FeatureHour>();
    const add = (one: FeatureHour): void => {
      const key = `${one.hour} ${one.feature}`;
      found.set(key, { ...one, ...together(found.get(key) ?? NO_FIGURES, one) });
    };
    for (const row of this.#between.all(...bounds)) add(figuresIn(new Row("usage_hours", row)));
    for (const row of this.#denialsBetween.all(...bounds)) {
      add(denialsIn(new Row("denial_hours", row)));
    }
    for (const one of unstored) {
      const fits = one.hour >= from && one.hour < to && (feature ?? one.feature) === one.feature;
      if (fits) add(one);
    }
    return [...found.values()].toSorted(byHourAndName);
  }
}

const numberOf = (hour: UnixMillis): number => Math.min(Math.floor(hour / HOUR), LAST_HOUR);

function figuresIn(row: Row): FeatureHour {
  return {
    ...place(row),
    peak: row.number("peak"),
    licensed: row.number("licensed"),
    overdraftPeak: row.number("overdraft_peak"),
    queuePeak: row.number("queue_peak"),
    grants: row.number("grants"),
    overdrafts: row.number("overdrafts"),
    seatMillis: millis(row.number("seat_millis")),
    waits: row.number("waits"),
    gaveUp: row.number("gave_up"),
    waited: millis(row.number("waited")),
    longestWait: millis(row.number("longest_wait")),
    denials: NO_FIGURES.denials,
  };
}

function denialsIn(row: Row): FeatureHour {
  return {
    ...NO_FIGURES,
    ...place(row),
    denials: { [row.text("reason")]: row.number("denials") },
  };
}

const place = (row: Row): Pick<FeatureHour, "hour" | "feature"> => ({
  hour: unixMillis(row.number("hour") * HOUR),
  feature: row.text("feature"),
});

function byHourAndName(one: FeatureHour, other: FeatureHour): number {
  return one.hour - other.hour || (one.feature < other.feature ? -1 : 1);
}
