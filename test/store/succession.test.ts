import { expect, it } from "vitest";
import { block, granted, noon, storeIn, temporaryFolder, vendor } from "./given.ts";

it("numbers what waits from 1 for the next ledger, in its order", async () => {
  const store = storeIn(temporaryFolder());
  await store.commit({
    vendor,
    events: [1, 2, 3, 4, 5].map(granted),
    seal: () => block(1, { firstEventId: 1, count: 2 }),
    records: [
      {
        kind: "receipt",
        receipt: {
          receiptNo: 3,
          nonce: new Uint8Array(32),
          size: 1,
          vendorTime: granted(1).wall,
          importedAt: granted(1).wall,
        },
      },
    ],
  });
  store.beginLedger(vendor, "kept", { key: "note", value: "kept with it" });
  expect(store.pending(vendor).map(({ id, wall }) => [id, wall - noon])).toEqual([
    [1, 3],
    [2, 4],
    [3, 5],
  ]);
  expect(store.lastEventId(vendor)).toBe(3);
  expect(store.outbox(vendor)).toEqual([]);
  expect(store.lastReceipt(vendor)).toBeUndefined();
  expect(store.meta("note")).toBe("kept with it");
});

it("gives up what another ledger has sealed, and refuses to where nothing may wait", async () => {
  const store = storeIn(temporaryFolder());
  await store.commit({ vendor, events: [1, 2].map(granted) });
  expect(() => store.beginLedger(vendor, "none")).toThrow("events wait");
  expect(store.pendingCount(vendor)).toBe(2);
  store.beginLedger(vendor, "dropped");
  expect(store.pendingCount(vendor)).toBe(0);
  expect(store.lastEventId(vendor)).toBe(0);
});
