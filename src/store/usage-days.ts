import { isoTime, type UnixMillis } from "../base/time.ts";
import type { NewUsageEvent, OpenSeatTime } from "../base/usage-event.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** What one of a vendor's things was used on one day of UTC, sealed or not. */
export type UsageRow =
  | {
      readonly kind: "feature";
      /** `2026-11-22` */
      readonly day: string;
      readonly feature: string;
      readonly grants: number;
      /** Those of `grants` that used seats above the license. */
      readonly overdrafts: number;
      readonly denials: number;
      readonly denialsByReason: Readonly<Record<string, number>>;
      /** Seats times milliseconds, up to the last checkpoint for leases that are open. */
      readonly seatMillis: number;
      /** Users put on the list of those who may use it, and taken off. */
      readonly named: number;
      readonly unnamed: number;
    }
  | {
      readonly kind: "meter";
      readonly day: string;
      readonly meter: string;
      /** Of units used; on the day of the record, not that of the use. */
      readonly records: number;
      /** Used, before anything was given back. */
      readonly units: number;
      /** Records of units given back. */
      readonly refunds: number;
      /** Given back on this day, also of units that were used on earlier ones. */
      readonly refundedUnits: number;
    };

/** Days of UTC, both included; one that is left out is no bound. */
export interface UsageRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A figure of one day: `measure` is `grants`, `denied NO_SEATS`, `units` … */
interface Figure {
  readonly day: string;
  readonly kind: "feature" | "meter";
  readonly subject: string;
  readonly measure: string;
  readonly value: number;
}

const DENIED = "denied ";

/** Usage in figures per day: kept when the ledger has sealed the events, which are gone then. */
export class UsageDays {
  readonly #add: Statement;
  readonly #between: Statement;

  constructor(connection: Connection) {
    this.#add = connection.prepare(
      `INSERT INTO usage_days (vendor, day, kind, subject, measure, value)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = min(value + excluded.value, ${Number.MAX_SAFE_INTEGER})`,
    );
    this.#between = connection.prepare(
      "SELECT * FROM usage_days WHERE vendor = ? AND day >= ? AND day <= ?",
    );
  }

  addEvents(vendor: string, events: readonly NewUsageEvent[]): void {
    this.#write(vendor, events.flatMap(figuresOfEvent));
  }

  addOpen(vendor: string, open: readonly OpenSeatTime[], wall: UnixMillis): void {
    const day = dayOf(wall);
    const figures = open.map(({ feature, seatMillis }) =>
      figure(day, "feature", feature, "seat_millis", seatMillis),
    );
    this.#write(vendor, figures);
  }

  /** The kept figures and those of `pending` events, by day and name. */
  report(
    vendor: string,
    range: UsageRange,
    pending: readonly NewUsageEvent[],
  ): readonly UsageRow[] {
    const { from = "", to = "9999-12-31" } = range;
    const kept = this.#between.all(vendor, from, to).map((row) => figureOf(row));
    const waiting = pending.flatMap(figuresOfEvent).filter(({ day }) => day >= from && day <= to);
    return rowsOf(summed([...kept, ...waiting]));
  }

  #write(vendor: string, figures: readonly Figure[]): void {
    for (const { day, kind, subject, measure, value } of summed(figures)) {
      this.#add.run(vendor, day, kind, subject, measure, value);
    }
  }
}

/** `2026-11-22`, the day of UTC that a moment belongs to. */
const dayOf = (wall: UnixMillis): string => isoTime(wall).slice(0, 10);

function figure(
  day: string,
  kind: Figure["kind"],
  subject: string,
  measure: string,
  value: number,
): Figure {
  return { day, kind, subject, measure, value };
}

function figuresOfEvent(event: NewUsageEvent): readonly Figure[] {
  const day = dayOf(event.wall);
  switch (event.type) {
    case "grant": {
      const granted = figure(day, "feature", event.feature, "grants", 1);
      if (!event.overdraft) return [granted];
      return [granted, figure(day, "feature", event.feature, "overdrafts", 1)];
    }
    case "end":
      return [figure(day, "feature", event.feature, "seat_millis", event.seatMillis)];
    case "borrow":
      return [figure(day, "feature", event.feature, "borrows", 1)];
    case "denial":
      return [figure(day, "feature", event.feature, DENIED + event.reason, 1)];
    case "usage":
      return [
        figure(day, "meter", event.meter, "records", 1),
        figure(day, "meter", event.meter, "units", event.units),
      ];
    case "refund":
      return [
        figure(day, "meter", event.meter, "refunds", 1),
        figure(day, "meter", event.meter, "refunded_units", event.units),
      ];
    case "naming":
      return [figure(day, "feature", event.feature, event.change, 1)];
  }
}

function figureOf(found: unknown): Figure {
  const row = new Row("usage_days", found);
  const kind = row.as("kind", (text) => {
    if (text === "feature" || text === "meter") return text;
    throw new RangeError("not a kind of usage");
  });
  return figure(
    row.text("day"),
    kind,
    row.text("subject"),
    row.text("measure"),
    row.number("value"),
  );
}

/** One figure per day, thing and measure; sums stop at 2^53 - 1. */
function summed(figures: readonly Figure[]): readonly Figure[] {
  const sums = new Map<string, Figure>();
  for (const next of figures) {
    const place = [next.day, next.kind, next.subject, next.measure].join("\0");
    const value = Math.min((sums.get(place)?.value ?? 0) + next.value, Number.MAX_SAFE_INTEGER);
    sums.set(place, { ...next, value });
  }
  return [...sums.values()];
}

function rowsOf(figures: readonly Figure[]): readonly UsageRow[] {
  const things = new Map<string, Figure[]>();
  for (const next of figures) {
    const place = [next.day, next.kind, next.subject].join("\0");
    const others = things.get(place) ?? [];
    things.set(place, [...others, next]);
  }
  return [...things.keys()].toSorted().flatMap((place) => rowOf(things.get(place) ?? []));
}

function rowOf(figures: readonly Figure[]): readonly UsageRow[] {
  const [first] = figures;
  if (first === undefined) return [];
  const { day, kind, subject } = first;
  const of = (measure: string): number =>
    figures.find((other) => other.measure === measure)?.value ?? 0;
  if (kind === "meter") {
    const used = { records: of("records"), units: of("units") };
    const returned = { refunds: of("refunds"), refundedUnits: of("refunded_units") };
    return [{ kind, day, meter: subject, ...used, ...returned }];
  }
  const denied = figures.filter(({ measure }) => measure.startsWith(DENIED));
  return [
    {
      kind,
      day,
      feature: subject,
      grants: of("grants"),
      overdrafts: of("overdrafts"),
      denials: denied.reduce((sum, { value }) => sum + value, 0),
      denialsByReason: Object.fromEntries(
        denied.map(({ measure, value }) => [measure.slice(DENIED.length), value]),
      ),
      seatMillis: of("seat_millis"),
      named: of("named"),
      unnamed: of("unnamed"),
    },
  ];
}
