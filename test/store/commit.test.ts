import { describe, expect, it } from "vitest";
import { parsePseudonym } from "../../src/base/identity.ts";
import { idempotencyKey } from "../../src/base/ids.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import type { NewUsageEvent, UsageEvent } from "../../src/base/usage-event.ts";
import { EMPTY_SNAPSHOT } from "../../src/seats/snapshot.ts";
import {
  ada,
  block,
  client,
  granted,
  leaseNumber,
  newLeaseId,
  noon,
  storeIn,
  temporaryFolder,
  vendor,
} from "./given.ts";

const moment = unixMillis(noon);
const events: readonly NewUsageEvent[] = [
  granted(1),
  {
    type: "end",
    wall: moment,
    feature: "cad.pro",
    count: 2,
    user: ada,
    lease: newLeaseId(1),
    reason: "expired",
    seatMillis: millis(90_000),
  },
  {
    type: "borrow",
    wall: moment,
    feature: "cad.pro",
    count: 1,
    user: ada,
    lease: newLeaseId(1),
    until: unixMillis(moment + 86_400_000),
  },
  { type: "denial", wall: moment, feature: "sim.solver", reason: "NO_SEATS", user: ada },
  {
    type: "usage",
    wall: moment,
    meter: "render.minutes",
    units: 12,
    usedAt: unixMillis(noon - 5),
    user: ada,
    client,
  },
];

const directoryRow = (segment: number, index: number) => ({
  segment,
  index,
  enc: new Uint8Array(32).fill(1),
  readCommit: new Uint8Array(32).fill(2),
  handoff: new Uint8Array(32).fill(3),
});

const bea = parsePseudonym("u_CCCCCCCCCCCCCCCCCCCCCA");

describe("a committed group", () => {
  it("is all there when the database is opened again", async () => {
    const folder = temporaryFolder();
    const first = storeIn(folder);
    await first.commit({
      vendor,
      changes: [
        { kind: "lease-granted", lease: leaseNumber(1) },
        { kind: "lease-granted", lease: leaseNumber(2) },
        { kind: "lease-ended", lease: newLeaseId(1) },
        { kind: "lease-changed", lease: { ...leaseNumber(2), version: "2027.1", overdraft: true } },
        { kind: "meter-counted", meter: "render.minutes", period: "2026-11", total: 40 },
        { kind: "meter-counted", meter: "render.minutes", period: "2026-11", total: 41 },
        { kind: "usage-key", client, key: idempotencyKey("frame-1"), wall: moment },
        { kind: "user-named", feature: "cad.pro", user: ada, since: moment },
        { kind: "user-named", feature: "cad.pro", user: bea, since: moment },
        { kind: "user-unnamed", feature: "cad.pro", user: bea, month: "2026-11", changes: 2 },
      ],
      events,
    });
    first.markAlive(moment);
    first.close();

    const second = storeIn(folder);
    expect(second.snapshot(vendor)).toEqual({
      leases: [{ ...leaseNumber(2), version: "2027.1", overdraft: true }],
      meters: [{ meter: "render.minutes", period: "2026-11", total: 41 }],
      usageKeys: [{ client, key: "frame-1", wall: noon }],
      namedUsers: [{ feature: "cad.pro", user: ada, since: noon }],
      namingCounts: [{ feature: "cad.pro", month: "2026-11", changes: 2 }],
      lastCut: null,
      usageKeysForgottenBefore: null,
      lastAlive: noon,
      uncounted: events.map((event, index) => ({ ...event, id: index + 1 })),
    });
    expect(second.pending(vendor)).toEqual([
      { ...events[0], id: 1 },
      { ...events[1], id: 2 },
      { ...events[2], id: 3 },
      { ...events[3], id: 4 },
      { ...events[4], id: 5 },
    ]);
    expect(second.lastEventId(vendor)).toBe(5);
    expect(second.pendingCount(vendor)).toBe(5);
  });

  it("is its vendor's alone", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor, changes: [{ kind: "lease-granted", lease: leaseNumber(1) }] });
    await store.commit({ vendor, events });
    expect(store.snapshot("other.example")).toEqual(EMPTY_SNAPSHOT);
    expect(store.pending("other.example")).toEqual([]);
    await store.commit({ vendor: "other.example", events: [granted(9)] });
    expect(store.pending("other.example").map(({ id }) => id)).toEqual([1]);
  });

  it("forgets usage keys as the cut says", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({
      vendor,
      changes: [
        { kind: "usage-key", client, key: idempotencyKey("old"), wall: unixMillis(noon - 10) },
        { kind: "usage-key", client, key: idempotencyKey("new"), wall: moment },
        { kind: "cut", wall: unixMillis(noon + 5), forgetUsageKeysBefore: moment },
      ],
    });
    const { usageKeys, lastCut, usageKeysForgottenBefore } = store.snapshot(vendor);
    expect(usageKeys.map(({ key }) => key)).toEqual(["new"]);
    expect(lastCut).toBe(noon + 5);
    expect(usageKeysForgottenBefore).toBe(noon);
  });

  it("never moves the edge of forgotten keys back", async () => {
    const store = storeIn(temporaryFolder());
    const cut = (wall: number, before: number) =>
      store.commit({
        vendor,
        changes: [
          { kind: "cut", wall: unixMillis(wall), forgetUsageKeysBefore: unixMillis(before) },
        ],
      });
    await cut(noon, noon - 10);
    await cut(noon + 1, noon - 20);
    expect(store.snapshot(vendor)).toMatchObject({
      lastCut: noon + 1,
      usageKeysForgottenBefore: noon - 10,
    });
  });
});

describe("a group that seals", () => {
  it("shows what waits, with its own events, and keeps the block", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor, events: [granted(1), granted(2)] });
    const shown: UsageEvent[] = [];
    const prepared = await store.commit({
      vendor,
      events: [granted(3)],
      seal: (pending, nextEvent) => {
        shown.push(...pending);
        expect(nextEvent).toBe(4);
        return block(7, { firstEventId: 1, count: 3 });
      },
    });
    expect(shown.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(prepared).toEqual(block(7, { firstEventId: 1, count: 3 }));
    expect(store.outbox(vendor)).toEqual([block(7).outbox]);
    expect(store.pending(vendor)).toEqual([]);
  });

  it("leaves the events that did not fit, and their ids go on", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({
      vendor,
      events: [granted(1), granted(2), granted(3)],
      seal: () => block(1, { firstEventId: 1, count: 2 }),
    });
    expect(store.pending(vendor).map(({ id }) => id)).toEqual([3]);
    await store.commit({
      vendor,
      seal: () => block(2, { firstEventId: 3, count: 1 }),
    });
    await store.commit({ vendor, events: [granted(4)] });
    expect(store.pending(vendor).map(({ id }) => id)).toEqual([4]);
  });

  it("lets the block before it go, and keeps the newest", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor, seal: () => block(1) });
    await store.commit({ vendor, seal: () => block(2) });
    await store.commit({ vendor, events: [granted(1)] });
    expect(store.outbox(vendor).map(({ index }) => index)).toEqual([2]);
  });

  it("may find that there is nothing to seal", async () => {
    const store = storeIn(temporaryFolder());
    expect(await store.commit({ vendor, seal: () => undefined })).toBeUndefined();
    expect(store.outbox(vendor)).toEqual([]);
  });

  it("keeps the directory row of a segment with its block", async () => {
    const store = storeIn(temporaryFolder());
    const entropy = new Uint8Array(64).fill(4);
    await store.commit({ vendor, records: [{ kind: "directory", row: directoryRow(0, 0) }] });
    await store.commit({
      vendor,
      seal: () => ({
        ...block(5),
        type: "segment",
        outbox: { ...block(5).outbox, entropy },
        directoryRow: directoryRow(1, 5),
      }),
    });
    expect(store.directory(vendor)).toEqual([directoryRow(0, 0), directoryRow(1, 5)]);
    expect(store.outbox(vendor)).toEqual([{ ...block(5).outbox, entropy }]);
  });
});

describe("a group that fails", () => {
  it("leaves nothing behind when the block cannot be built", async () => {
    const store = storeIn(temporaryFolder());
    await store.commit({ vendor, events: [granted(1)] });
    const failed = store.commit({
      vendor,
      changes: [{ kind: "lease-granted", lease: leaseNumber(2) }],
      events: [granted(2)],
      records: [{ kind: "meta", key: "k", value: "v" }],
      seal: () => {
        throw new RangeError("no such segment");
      },
    });
    await expect(failed).rejects.toThrow(RangeError);
    expect(store.snapshot(vendor).leases).toEqual([]);
    expect(store.pending(vendor).map(({ id }) => id)).toEqual([1]);
    expect(store.meta("k")).toBeUndefined();
    expect(store.outbox(vendor)).toEqual([]);
  });

  it("gives its event ids to the next one", async () => {
    const store = storeIn(temporaryFolder());
    const failed = store.commit({
      vendor,
      events: [granted(1), granted(2)],
      seal: () => {
        throw new RangeError("no");
      },
    });
    await expect(failed).rejects.toThrow(RangeError);
    await store.commit({ vendor, events: [granted(3)] });
    expect(store.pending(vendor).map(({ id }) => id)).toEqual([1]);
  });

  it("is refused when a block claims events that do not wait", async () => {
    const store = storeIn(temporaryFolder());
    const wrong = store.commit({
      vendor,
      events: [granted(1)],
      seal: () => block(1, { firstEventId: 1, count: 2 }),
    });
    await expect(wrong).rejects.toThrow(TypeError);
    expect(store.pending(vendor)).toEqual([]);
  });

  it("is refused when it counts one usage key twice", async () => {
    const store = storeIn(temporaryFolder());
    const key = {
      kind: "usage-key",
      client,
      key: idempotencyKey("frame-1"),
      wall: moment,
    } as const;
    await store.commit({ vendor, changes: [key] });
    await expect(store.commit({ vendor, changes: [key], events })).rejects.toThrow(/UNIQUE/);
    expect(store.pending(vendor)).toEqual([]);
  });
});

describe("what went to the vendor and came back", () => {
  it("is kept by number", async () => {
    const store = storeIn(temporaryFolder());
    expect(store.lastExport(vendor)).toBeUndefined();
    expect(store.lastReceipt(vendor)).toBeUndefined();
    const root = new Uint8Array(32).fill(9);
    const nonce = new Uint8Array(32).fill(8);
    const exported = { exportNo: 1, size: 10, root, exportedAt: moment };
    const receipt = { receiptNo: 1, nonce, size: 10, vendorTime: moment, importedAt: moment };
    await store.commit({
      vendor,
      records: [
        { kind: "export", export: exported },
        { kind: "export", export: { ...exported, exportNo: 2, size: 12 } },
        { kind: "receipt", receipt },
      ],
    });
    expect(store.lastExport(vendor)).toEqual({ ...exported, exportNo: 2, size: 12 });
    expect(store.lastReceipt(vendor)).toEqual(receipt);
  });
});
