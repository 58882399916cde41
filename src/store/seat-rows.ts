import { parsePseudonym } from "../base/identity.ts";
import { clientKey, idempotencyKey, instanceId, leaseId } from "../base/ids.ts";
import { millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { SeatChange } from "../seats/decision.ts";
import type { Borrowing, StoredLease } from "../seats/lease.ts";
import type {
  MeterTotal,
  NamedUser,
  NamingCount,
  SeatSnapshot,
  StoredUsageKey,
} from "../seats/snapshot.ts";
import type { Connection, Statement } from "./connection.ts";
import { LongTable, Row } from "./row.ts";

/** Leases, meters and usage keys: the rows behind a `SeatSnapshot`. */
export class SeatRows {
  readonly #putLease: Statement;
  readonly #dropLease: Statement;
  readonly #putMeter: Statement;
  readonly #putUsageKey: Statement;
  readonly #dropUsageKeys: Statement;
  readonly #putCut: Statement;
  readonly #leases: LongTable;
  readonly #meters: Statement;
  readonly #usageKeys: LongTable;
  readonly #cut: Statement;
  readonly #nameUser: Statement;
  readonly #unnameUser: Statement;
  readonly #putNamingCount: Statement;
  readonly #namedUsers: Statement;
  readonly #namingCounts: Statement;

  constructor(connection: Connection) {
    this.#putLease = connection.prepare(
      `INSERT OR REPLACE INTO leases (vendor, lease, client, instance, user, host, feature, version,
        count, key, granted_at, lease_time, overdraft, display, site_groups, version_date, seat_since,
        lingers_until, borrowed_from, borrowed_until, borrow_host)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#dropLease = connection.prepare("DELETE FROM leases WHERE vendor = ? AND lease = ?");
    this.#putMeter = connection.prepare(
      "INSERT OR REPLACE INTO meters (vendor, meter, period, total) VALUES (?, ?, ?, ?)",
    );
    this.#putUsageKey = connection.prepare(
      "INSERT INTO usage_keys (vendor, client, key, wall) VALUES (?, ?, ?, ?)",
    );
    this.#dropUsageKeys = connection.prepare(
      "DELETE FROM usage_keys WHERE vendor = ? AND wall < ?",
    );
    this.#putCut = connection.prepare(
      `INSERT INTO vendors (vendor, last_cut, usage_keys_forgotten_before) VALUES (?, ?, ?)
       ON CONFLICT (vendor) DO UPDATE SET last_cut = excluded.last_cut,
         usage_keys_forgotten_before = max(coalesce(usage_keys_forgotten_before, 0),
           excluded.usage_keys_forgotten_before)`,
    );
    this.#leases = new LongTable(
      "leases",
      connection.prepare("SELECT * FROM leases WHERE vendor = ? ORDER BY granted_at"),
    );
    this.#meters = connection.prepare("SELECT * FROM meters WHERE vendor = ?");
    this.#usageKeys = new LongTable(
      "usage_keys",
      connection.prepare("SELECT * FROM usage_keys WHERE vendor = ? ORDER BY wall"),
    );
    this.#cut = connection.prepare("SELECT * FROM vendors WHERE vendor = ?");
    this.#nameUser = connection.prepare(
      "INSERT OR REPLACE INTO named_users (vendor, feature, user, since) VALUES (?, ?, ?, ?)",
    );
    this.#unnameUser = connection.prepare(
      "DELETE FROM named_users WHERE vendor = ? AND feature = ? AND user = ?",
    );
    this.#putNamingCount = connection.prepare(
      "INSERT OR REPLACE INTO naming_counts (vendor, feature, month, changes) VALUES (?, ?, ?, ?)",
    );
    this.#namedUsers = connection.prepare("SELECT * FROM named_users WHERE vendor = ?");
    this.#namingCounts = connection.prepare("SELECT * FROM naming_counts WHERE vendor = ?");
  }

  apply(vendor: string, change: Exclude<SeatChange, { readonly kind: "hour-counted" }>): void {
    switch (change.kind) {
      case "lease-granted":
      case "lease-changed":
        this.#writeLease(vendor, change.lease);
        return;
      case "lease-ended":
        this.#dropLease.run(vendor, change.lease);
        return;
      case "meter-counted":
        this.#putMeter.run(vendor, change.meter, change.period, change.total);
        return;
      case "usage-key":
        this.#putUsageKey.run(vendor, change.client, change.key, change.wall);
        return;
      case "user-named":
        this.#nameUser.run(vendor, change.feature, change.user, change.since);
        return;
      case "user-unnamed":
        this.#unnameUser.run(vendor, change.feature, change.user);
        this.#putNamingCount.run(vendor, change.feature, change.month, change.changes);
        return;
      case "cut":
        this.#putCut.run(vendor, change.wall, change.forgetUsageKeysBefore);
        this.#dropUsageKeys.run(vendor, change.forgetUsageKeysBefore);
    }
  }

  snapshot(vendor: string): Omit<SeatSnapshot, "lastAlive" | "uncounted"> {
    const found = this.#cut.get(vendor);
    const row = found === undefined ? undefined : new Row("vendors", found);
    return {
      leases: this.#leases.read(vendor, leaseOf),
      meters: this.#meters.all(vendor).map((meter) => meterOf(new Row("meters", meter))),
      usageKeys: this.#usageKeys.read(vendor, usageKeyOf),
      namedUsers: this.#namedUsers.all(vendor).map((user) => namedOf(new Row("named_users", user))),
      namingCounts: this.#namingCounts
        .all(vendor)
        .map((count) => namingCountOf(new Row("naming_counts", count))),
      lastCut: momentOf(row, "last_cut"),
      usageKeysForgottenBefore: momentOf(row, "usage_keys_forgotten_before"),
    };
  }

  #writeLease(vendor: string, lease: StoredLease): void {
    this.#putLease.run(
      vendor,
      lease.id,
      lease.client,
      lease.instance,
      lease.user,
      lease.host,
      lease.feature,
      lease.version,
      lease.count,
      lease.key,
      lease.grantedAt,
      lease.leaseTime,
      Number(lease.overdraft),
      lease.display,
      lease.groups.join(" "),
      lease.versionDate,
      lease.seatSince,
      lease.lingersUntil,
      lease.borrowed?.from ?? null,
      lease.borrowed?.until ?? null,
      lease.borrowed?.workstation ?? null,
    );
  }
}

function leaseOf(row: Row): StoredLease {
  return {
    id: row.as("lease", leaseId),
    client: row.as("client", clientKey),
    instance: row.as("instance", instanceId),
    user: row.as("user", parsePseudonym),
    host: row.as("host", parsePseudonym),
    feature: row.text("feature"),
    version: row.text("version"),
    count: row.number("count"),
    key: row.as("key", idempotencyKey),
    grantedAt: unixMillis(row.number("granted_at")),
    leaseTime: millis(row.number("lease_time")),
    overdraft: row.flag("overdraft"),
    display: row.textOrNull("display") === null ? null : row.as("display", parsePseudonym),
    groups: row
      .text("site_groups")
      .split(" ")
      .filter((group) => group !== ""),
    versionDate: momentOf(row, "version_date"),
    seatSince: momentOf(row, "seat_since"),
    borrowed: borrowingOf(row),
    lingersUntil: momentOf(row, "lingers_until"),
  };
}

function borrowingOf(row: Row): Borrowing | null {
  const from = momentOf(row, "borrowed_from");
  const until = momentOf(row, "borrowed_until");
  if (from === null || until === null) return null;
  return { from, until, workstation: row.text("borrow_host") };
}

function meterOf(row: Row): MeterTotal {
  return { meter: row.text("meter"), period: row.text("period"), total: row.number("total") };
}

function usageKeyOf(row: Row): StoredUsageKey {
  return {
    client: row.as("client", clientKey),
    key: row.as("key", idempotencyKey),
    wall: unixMillis(row.number("wall")),
  };
}

function namedOf(row: Row): NamedUser {
  return {
    feature: row.text("feature"),
    user: row.as("user", parsePseudonym),
    since: unixMillis(row.number("since")),
  };
}

function namingCountOf(row: Row): NamingCount {
  return {
    feature: row.text("feature"),
    month: row.text("month"),
    changes: row.number("changes"),
  };
}

function momentOf(row: Row | undefined, column: string): UnixMillis | null {
  const value = row?.numberOrNull(column) ?? null;
  return value === null ? null : unixMillis(value);
}
