import { parsePseudonym } from "../base/identity.ts";
import { clientKey, leaseId } from "../base/ids.ts";
import { millis, unixMillis } from "../base/time.ts";
import {
  END_REASONS,
  type EndReason,
  type NamingChange,
  type NewUsageEvent,
  type UsageEvent,
} from "../base/usage-event.ts";
import type { Connection, Statement } from "./connection.ts";
import { Row } from "./row.ts";

/** Events that are not sealed yet, with contiguous ids per vendor. */
export class EventRows {
  readonly #next: Statement;
  readonly #putNext: Statement;
  readonly #insert: Statement;
  readonly #pending: Statement;
  readonly #count: Statement;
  readonly #drop: Statement;

  constructor(connection: Connection) {
    this.#next = connection.prepare("SELECT next_event FROM vendors WHERE vendor = ?").pluck();
    this.#putNext = connection.prepare(
      `INSERT INTO vendors (vendor, next_event) VALUES (?, ?)
       ON CONFLICT (vendor) DO UPDATE SET next_event = excluded.next_event`,
    );
    this.#insert = connection.prepare(
      `INSERT INTO events (vendor, id, type, wall, subject, amount, user, lease, reason, overdraft,
        seat_millis, used_at, client, borrow_until)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#pending = connection.prepare(
      "SELECT * FROM events WHERE vendor = ? AND id >= ? ORDER BY id",
    );
    this.#count = connection.prepare("SELECT count(*) FROM events WHERE vendor = ?").pluck();
    this.#drop = connection.prepare("DELETE FROM events WHERE vendor = ? AND id >= ? AND id < ?");
  }

  /** The id that the vendor's next event gets. */
  nextId(vendor: string): number {
    const next = this.#next.get(vendor) ?? 1;
    return new Row("vendors", { next_event: next }).number("next_event");
  }

  add(vendor: string, events: readonly NewUsageEvent[]): void {
    if (events.length === 0) return;
    let id = this.nextId(vendor);
    for (const event of events) {
      this.#insert.run(vendor, id, ...columnsOf(event));
      id += 1;
    }
    this.#putNext.run(vendor, id);
  }

  /** Those from id `first` on. */
  pending(vendor: string, first = 1): readonly UsageEvent[] {
    return this.#pending.all(vendor, first).map((row) => eventOf(new Row("events", row)));
  }

  countPending(vendor: string): number {
    return new Row("events", { count: this.#count.get(vendor) }).number("count");
  }

  /** Removes `count` events from id `first` on, which the ledger has now. */
  drop(vendor: string, first: number, count: number): void {
    this.#drop.run(vendor, first, first + count);
  }
}

function columnsOf(event: NewUsageEvent): readonly unknown[] {
  const { type, wall, user } = event;
  switch (event.type) {
    case "grant": {
      const { feature, count, lease, overdraft } = event;
      return [
        type,
        wall,
        feature,
        count,
        user,
        lease,
        null,
        Number(overdraft),
        null,
        null,
        null,
        null,
      ];
    }
    case "end": {
      const { feature, count, lease, reason, seatMillis } = event;
      return [type, wall, feature, count, user, lease, reason, null, seatMillis, null, null, null];
    }
    case "borrow": {
      const { feature, count, lease, until } = event;
      return [type, wall, feature, count, user, lease, null, null, null, null, null, until];
    }
    case "denial":
      return bareColumns(event, event.reason);
    case "naming":
      return bareColumns(event, event.change);
    case "usage":
    case "refund": {
      const { meter, units, usedAt, client } = event;
      return [type, wall, meter, units, user, null, null, null, null, usedAt, client, null];
    }
  }
}

/** Of an event that says who, and one word about why or what. */
function bareColumns(
  { type, wall, feature, user }: Extract<NewUsageEvent, { readonly type: "denial" | "naming" }>,
  reason: string,
): readonly unknown[] {
  return [type, wall, feature, null, user, null, reason, null, null, null, null, null];
}

function eventOf(row: Row): UsageEvent {
  const id = row.number("id");
  const wall = unixMillis(row.number("wall"));
  const user = row.as("user", parsePseudonym);
  const subject = row.text("subject");
  const type = row.as("type", eventType);
  switch (type) {
    case "grant": {
      const lease = row.as("lease", leaseId);
      const overdraft = row.flag("overdraft");
      return {
        id,
        type,
        wall,
        feature: subject,
        count: row.number("amount"),
        user,
        lease,
        overdraft,
      };
    }
    case "end":
      return {
        id,
        type,
        wall,
        feature: subject,
        count: row.number("amount"),
        user,
        lease: row.as("lease", leaseId),
        reason: row.as("reason", endReason),
        seatMillis: millis(row.number("seat_millis")),
      };
    case "borrow":
      return {
        id,
        type,
        wall,
        feature: subject,
        count: row.number("amount"),
        user,
        lease: row.as("lease", leaseId),
        until: unixMillis(row.number("borrow_until")),
      };
    case "denial":
      return { id, type, wall, feature: subject, reason: row.text("reason"), user };
    case "naming":
      return { id, type, wall, feature: subject, user, change: row.as("reason", namingChange) };
    case "usage":
    case "refund":
      return {
        id,
        type,
        wall,
        meter: subject,
        units: row.number("amount"),
        usedAt: unixMillis(row.number("used_at")),
        user,
        client: row.as("client", clientKey),
      };
  }
}

const EVENT_TYPES = ["grant", "end", "borrow", "denial", "usage", "refund", "naming"] as const;

function eventType(text: string): UsageEvent["type"] {
  const known = EVENT_TYPES.find((type) => type === text);
  if (known === undefined) throw new RangeError("not an event type");
  return known;
}

function namingChange(text: string): NamingChange {
  if (text === "named" || text === "unnamed") return text;
  throw new RangeError("not a change of a list");
}

function endReason(text: string): EndReason {
  const known = END_REASONS.find((reason) => reason === text);
  if (known === undefined) throw new RangeError("not a reason for an end");
  return known;
}
