import { statSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { days, hours, millis, unixMillis } from "../../src/base/time.ts";
import type { SeatChange } from "../../src/seats/decision.ts";
import { hourOf, NO_FIGURES } from "../../src/seats/feature-hour.ts";
import { block, granted, noon, storeIn, temporaryFolder, vendor } from "./given.ts";

const before = unixMillis(noon);

const hourCounted = (wall: number, feature = "cad.pro"): SeatChange => ({
  ...NO_FIGURES,
  kind: "hour-counted",
  feature,
  hour: hourOf(wall),
  grants: 1,
  seatMillis: millis(1),
  denials: { NO_SEATS: 1 },
});

const counted = (period: string): SeatChange => ({
  kind: "meter-counted",
  meter: "render.minutes",
  period,
  total: 7,
});

describe("what is past the retention", () => {
  it("goes: hours, days, and exports and receipts but for the newest of each", async () => {
    const store = storeIn(temporaryFolder());
    const events = [{ ...granted(1), wall: unixMillis(noon - days(2)) }, granted(2)];
    await store.commit({ vendor, events, seal: () => block(1, { firstEventId: 1, count: 2 }) });
    await store.commit({
      vendor,
      changes: [hourCounted(noon - hours(2)), hourCounted(noon)],
      records: [1, 2].flatMap((no) => [
        {
          kind: "export" as const,
          export: { exportNo: no, size: no, root: new Uint8Array(32), exportedAt: unixMillis(no) },
        },
        {
          kind: "receipt" as const,
          receipt: {
            receiptNo: no,
            nonce: new Uint8Array(32),
            size: no,
            vendorTime: unixMillis(no),
            importedAt: unixMillis(no),
          },
        },
      ]),
    });
    expect(store.prune(vendor, before)).toBe(false);
    expect(store.history(vendor).map(({ hour }) => hour)).toEqual([noon]);
    expect(store.usageReport(vendor).map(({ day }) => day)).toEqual(["2026-11-22"]);
    expect(store.lastExport(vendor)).toMatchObject({ exportNo: 2 });
    expect(store.lastReceipt(vendor)).toMatchObject({ receiptNo: 2 });
  });

  it("stays where it is needed: events that wait, leases, running totals, blocks", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor, events: [granted(1)], changes: [counted("total")] });
    await store.commit({ vendor, seal: () => block(1) });
    const untouched = store.snapshot(vendor);
    store.prune(vendor, unixMillis(noon + days(400)));
    expect(store.snapshot(vendor)).toEqual(untouched);
    expect(store.pendingCount(vendor)).toBe(1);
    expect(store.outbox(vendor)).toHaveLength(1);
  });

  it("of meters is a day or month that no late record can reach, and no other", async () => {
    const store = storeIn(temporaryFolder());
    const periods = ["2026-11-01", "2026-11-12", "2026-11-13", "2026-10", "2026-11", "total"];
    const acceptedFrom = unixMillis(noon - days(7));
    await store.commit({ vendor, changes: periods.map(counted) });
    const left = () => store.snapshot(vendor).meters.map(({ period }) => period);
    store.prune(vendor, before);
    expect(left()).toEqual([...periods].toSorted());
    const cut = { kind: "cut" as const, wall: before, forgetUsageKeysBefore: acceptedFrom };
    await store.commit({ vendor, changes: [cut] });
    store.prune(vendor, before);
    expect(left()).toEqual(["2026-11", "2026-11-13", "total"]);
  });

  it("is its vendor's alone", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor: "other.example", changes: [hourCounted(noon - hours(9))] });
    store.prune(vendor, before);
    expect(store.history("other.example")).toHaveLength(1);
  });

  it("goes bit by bit when there is much of it, and the file shrinks with it", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const changes = Array.from({ length: 30_000 }, (_, index) =>
      hourCounted(noon - hours(1 + index), "a.feature.with.a.long.name"),
    );
    await store.commit({ vendor, changes });
    let calls = 1;
    while (store.prune(vendor, before)) calls += 1;
    expect(store.history(vendor)).toEqual([]);
    expect(calls).toBeGreaterThan(10);
    store.close();
    expect(statSync(join(folder, "seatkeeper.db")).size).toBeLessThan(2_000_000);
  });
});

describe("a database of a release that could not shrink", () => {
  it("can after it was opened, and has kept everything", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "seatkeeper.db");
    const first = storeIn(folder);
    await first.commit({ vendor, events: [granted(1)] });
    first.close();
    const raw = new Sqlite(path);
    raw.pragma("auto_vacuum = NONE");
    raw.exec("VACUUM");
    expect(raw.pragma("auto_vacuum", { simple: true })).toBe(0);
    raw.close();
    const second = storeIn(folder);
    expect(second.pendingCount(vendor)).toBe(1);
    second.close();
    const again = new Sqlite(path);
    expect(again.pragma("auto_vacuum", { simple: true })).toBe(2);
    again.close();
  });
});
