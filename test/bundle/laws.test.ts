import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyBundle } from "../../src/bundle/verify.ts";
import { noon, secrets } from "./given.ts";
import { rebuilt, Site } from "./site.ts";
import { sourceOf, Vendor } from "./vendor.ts";

/** One thing that happens at a site, or between it and its vendor. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("use" as const), events: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "segment" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "export lost on the way" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "export without receipt" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "export and receipt" as const }) },
);

describe("an honest site and its vendor, whatever happens between them", () => {
  it("agree on every event, each counted once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const site = Site.activate();
        const vendor = new Vendor(site.activation);
        for (const each of steps) {
          if (each.kind === "use") site.use(each.events);
          else if (each.kind === "segment") site.openSegment();
          else if (each.kind === "export lost on the way") site.sealExport();
          else if (each.kind === "export without receipt") vendor.ingest(site.export());
          else site.takeReceipt(vendor.acknowledge(site.export()));
        }
        const { verdict, problems, findings } = vendor.ingest(site.export());
        expect({ problems, findings }).toEqual({ problems: [], findings: [] });
        expect(["FIRST_VERIFIED", "EXTENDS"]).toContain(verdict);
        expect(vendor.counted).toEqual(Array.from({ length: site.nextEvent - 1 }, (_, n) => n + 1));
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe("a bundle of ten blocks in three segments", () => {
  const site = Site.activate();
  for (const opens of [false, false, true, false, true, false, false, false]) {
    if (opens) site.openSegment();
    else site.use(2);
  }
  site.sealExport();
  const parts = site.parts();
  const last = parts.blockCount - 1;

  it("loses nothing unnoticed: events counted and events missing are all there were", () => {
    fc.assert(
      fc.property(fc.subarray(Array.from({ length: last }, (_, n) => n)), (lost) => {
        const vendor = new Vendor(site.activation);
        const bundle = rebuilt(parts, (blocks) => blocks.filter((_, n) => !lost.includes(n)));
        const report = vendor.ingest(bundle);
        expect(report.verdict).toBe(lost.length === 0 ? "FIRST_VERIFIED" : "BLOCKS_MISSING");
        expect(report.missingBlockCount).toBe(lost.length);
        const openEnd = report.missingEvents.find((range) => range.last === null);
        const newest = openEnd ? openEnd.first - 1 : 12;
        expect(vendor.counted.length + report.missingEventCount).toBe(newest);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("is accepted in no other order and with no block repeated", () => {
    const order = fc.array(fc.nat(last), { minLength: last + 1, maxLength: last + 1 });
    fc.assert(
      fc.property(order, (places) => {
        fc.pre(places.some((place, n) => place !== n));
        const bundle = rebuilt(parts, (blocks) =>
          places.map((place) => blocks[place]).filter((block) => block !== undefined),
        );
        const { verdict } = new Vendor(site.activation).verify(bundle);
        expect(["KEY_INDEX_MISMATCH", "TIP_INVALID", "BLOCKS_MISSING"]).toContain(verdict);
      }),
      { numRuns: 60 },
    );
  });

  it("is never accepted with a shorter end, whatever size it claims", () => {
    for (let size = 1; size <= last; size += 1) {
      const directory = parts.directory.filter((row) => row.index < size);
      const bundle = rebuilt(parts, (blocks) => blocks.slice(0, size), { size, directory });
      expect(new Vendor(site.activation).verify(bundle).verdict).toBe("TIP_INVALID");
    }
  });
});

describe("a bundle much larger than what is read at once", () => {
  it("is read in pieces of at most a mebibyte", () => {
    const site = Site.activate();
    for (let count = 0; count < 60; count += 1) site.use(400);
    const bundle = site.export();
    expect(bundle.length).toBeGreaterThan(2 * 1_048_576);
    let longest = 0;
    const source = {
      length: bundle.length,
      read: (offset: number, length: number): Uint8Array => {
        longest = Math.max(longest, length);
        return sourceOf(bundle).read(offset, length);
      },
    };
    const { activation } = site;
    const input = { activation, secrets, acked: undefined, receipts: [], now: noon };
    expect(verifyBundle(source, input).verdict).toBe("FIRST_VERIFIED");
    expect(longest).toBe(1_048_576);
  }, 60_000);
});
