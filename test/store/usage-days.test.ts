import { describe, expect, it } from "vitest";
import { millis, unixMillis } from "../../src/base/time.ts";
import type { NewUsageEvent } from "../../src/base/usage-event.ts";
import { ada, block, client, newLeaseId, noon, storeIn, temporaryFolder, vendor } from "./given.ts";

const DAY = 86_400_000;

const grant = (wall: number, overdraft: boolean): NewUsageEvent => ({
  type: "grant",
  wall: unixMillis(wall),
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: newLeaseId(1),
  overdraft,
});
const end = (wall: number, seatMillis: number): NewUsageEvent => ({
  type: "end",
  wall: unixMillis(wall),
  feature: "cad.pro",
  count: 1,
  user: ada,
  lease: newLeaseId(1),
  reason: "released",
  seatMillis: millis(seatMillis),
});
const denial = (wall: number, reason: string): NewUsageEvent => ({
  type: "denial",
  wall: unixMillis(wall),
  feature: "cad.pro",
  reason,
  user: ada,
});
const usage = (wall: number, units: number): NewUsageEvent => ({
  type: "usage",
  wall: unixMillis(wall),
  meter: "render.minutes",
  units,
  usedAt: unixMillis(wall),
  user: ada,
  client,
});

const refund = (wall: number, units: number): NewUsageEvent => ({
  type: "refund",
  wall: unixMillis(wall),
  meter: "render.minutes",
  units,
  usedAt: unixMillis(wall - DAY),
  user: ada,
  client,
});
const naming = (change: "named" | "unnamed"): NewUsageEvent => ({
  type: "naming",
  wall: unixMillis(noon),
  feature: "cad.pro",
  user: ada,
  change,
});

describe("the usage of a day", () => {
  it("is the same before and after it is sealed", async () => {
    const store = storeIn(temporaryFolder());
    const events = [
      grant(noon, false),
      grant(noon, true),
      end(noon, 60_000),
      denial(noon, "NO_SEATS"),
      denial(noon, "NO_SEATS"),
      denial(noon, "EXPIRED"),
      usage(noon, 12),
      usage(noon, 30),
      refund(noon, 50),
      naming("named"),
      naming("named"),
      naming("unnamed"),
    ];
    const expected = [
      {
        kind: "feature",
        day: "2026-11-22",
        feature: "cad.pro",
        grants: 2,
        overdrafts: 1,
        denials: 3,
        denialsByReason: { NO_SEATS: 2, EXPIRED: 1 },
        seatMillis: 60_000,
        named: 2,
        unnamed: 1,
      },
      {
        kind: "meter",
        day: "2026-11-22",
        meter: "render.minutes",
        records: 2,
        units: 42,
        refunds: 1,
        refundedUnits: 50,
      },
    ];
    await store.commit({ vendor, events });
    expect(store.usageReport(vendor)).toEqual(expected);
    await store.commit({ vendor, seal: () => block(1, { firstEventId: 1, count: 5 }) });
    expect(store.usageReport(vendor)).toEqual(expected);
    await store.commit({ vendor, seal: () => block(2, { firstEventId: 6, count: 7 }) });
    expect(store.usageReport(vendor)).toEqual(expected);
    expect(store.pendingCount(vendor)).toBe(0);
  });

  it("has the seat time of open leases as far as a cut counted it", async () => {
    const store = storeIn(temporaryFolder());
    const cut = {
      kind: "cut",
      wall: unixMillis(noon),
      forgetUsageKeysBefore: unixMillis(0),
    } as const;
    const open = [{ feature: "cad.pro", seatMillis: millis(5_000) }];
    await store.commit({ vendor, changes: [cut], open, seal: () => block(1) });
    await store.commit({ vendor, changes: [cut], open, seal: () => block(2) });
    expect(store.usageReport(vendor)).toMatchObject([{ feature: "cad.pro", seatMillis: 10_000 }]);
    await expect(store.commit({ vendor, open })).rejects.toThrow(TypeError);
  });

  it("ends at midnight of UTC, and a range has both its days", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({
      vendor,
      events: [usage(noon + DAY / 2 - 1, 1), usage(noon + DAY / 2, 2), usage(noon + 2 * DAY, 4)],
      seal: () => block(1, { firstEventId: 1, count: 2 }),
    });
    const units = (from?: string, to?: string) =>
      store.usageReport(vendor, { from, to }).map((row) => (row.kind === "meter" ? row.units : 0));
    expect(units()).toEqual([1, 2, 4]);
    expect(units("2026-11-23")).toEqual([2, 4]);
    expect(units("2026-11-22", "2026-11-23")).toEqual([1, 2]);
    expect(units("2026-11-24", "2026-11-24")).toEqual([4]);
    expect(units("2026-12-01")).toEqual([]);
  });

  it("stops at the largest exact number instead of lying", async () => {
    const store = storeIn(temporaryFolder());
    const most = Number.MAX_SAFE_INTEGER;
    await store.commit({
      vendor,
      events: [usage(noon, most)],
      seal: () => block(1, { firstEventId: 1, count: 1 }),
    });
    await store.commit({
      vendor,
      events: [usage(noon, most)],
      seal: () => block(2, { firstEventId: 2, count: 1 }),
    });
    expect(store.usageReport(vendor)).toMatchObject([{ records: 2, units: most }]);
  });
});
