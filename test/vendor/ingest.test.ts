import { describe, expect, it } from "vitest";
import { usageReport } from "../../src/vendor/report.ts";
import { listSites } from "../../src/vendor/sites.ts";
import { Desk, denied, ended, granted, metered, minute, noon } from "./given.ts";
import { Site } from "./site.ts";

describe("a bundle of a licensed site", () => {
  it("is counted, and acknowledged with a receipt that the site can read", () => {
    const { desk, site } = licensed();
    site.checkpoint([granted(), denied("NO_SEATS"), ended(3), metered(40)]);
    const done = desk.ingest(site.export());
    expect(done).toMatchObject({
      accepted: true,
      site: "Example GmbH",
      report: { verdict: "FIRST_VERIFIED", problems: [] },
      counted: { checkpoints: 1, grants: 1, denials: 1, seatMillis: 3 * minute, units: 40 },
      receipt: { receiptNo: 1, resent: false },
    });
    expect(site.takeReceipt(done.receipt?.text ?? "")).toMatchObject({
      receiptNo: 1,
      acknowledged: { size: 3 },
    });
  });

  it("is followed by others that continue it, each counted once", () => {
    const { desk, site } = licensed();
    for (const receiptNo of [1, 2, 3]) {
      site.checkpoint([metered(10)]);
      const done = desk.ingest(site.export());
      expect(done).toMatchObject({ accepted: true, receipt: { receiptNo } });
      site.takeReceipt(done.receipt?.text ?? "");
    }
    expect(units(desk)).toBe(30);
  });

  it("stands in every license that the site gets from then on", () => {
    const { desk, site } = licensed();
    const before = desk.issue(site.request()).license;
    site.checkpoint([metered(10)]);
    const { receipt } = desk.ingest(site.export());
    const { size, root } = site.takeReceipt(receipt?.text ?? "").acknowledged;
    expect(before.acknowledged).toBe(null);
    expect(desk.issue(site.request()).license.acknowledged).toEqual({ size, root });
  });

  it("counts once however often it is ingested, and gives the same receipt each time", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    const bundle = site.export();
    const first = desk.ingest(bundle);
    for (const _ of [1, 2, 3]) {
      const again = desk.ingest(bundle);
      expect(again).toMatchObject({ accepted: true, report: { verdict: "DUPLICATE" } });
      expect(again.counted).toBeUndefined();
      expect(again.receipt).toEqual({ ...first.receipt, resent: true });
    }
    expect(units(desk)).toBe(10);
  });

  it("is stale after a newer one, counts nothing and gets no receipt", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    const old = site.export();
    site.checkpoint([metered(5)]);
    desk.ingest(site.export());
    const late = desk.ingest(old);
    expect(late.report.verdict).toBe("STALE");
    expect([late.counted, late.receipt]).toEqual([undefined, undefined]);
    expect(units(desk)).toBe(15);
  });

  it("that reports an incident is counted and says so", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    site.incident("CLOCK_JUMPED");
    expect(desk.ingest(site.export())).toMatchObject({
      accepted: true,
      report: { verdict: "VERIFIED_WITH_INCIDENTS" },
      receipt: { receiptNo: 1 },
    });
  });
});

describe("a bundle that does not verify", () => {
  it("counts nothing and leaves the next honest one as it was", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    const honest = site.export();
    const forged = site.export((blocks) =>
      blocks.map((block, n) => (n === 1 ? bent(block) : block)),
    );
    const refused = desk.ingest(forged);
    expect(refused).toMatchObject({ accepted: false, report: { verdict: "TAMPERED" } });
    expect([refused.counted, refused.receipt]).toEqual([undefined, undefined]);
    expect(units(desk)).toBe(0);
    expect(desk.ingest(honest)).toMatchObject({ accepted: true, counted: { units: 10 } });
  });

  it("of a ledger that was never licensed here is unknown", () => {
    const { desk } = licensed();
    const stranger = new Site(desk.folder.vendor);
    stranger.checkpoint([metered(10)]);
    const done = desk.ingest(stranger.export());
    expect(done).toMatchObject({ accepted: false, report: { verdict: "UNKNOWN_CHAIN" } });
    expect(done.site).toBeUndefined();
  });

  it("because it is no bundle at all is refused without an exception", () => {
    const { desk } = licensed();
    expect(desk.ingest(Buffer.from("hello")).report.verdict).toBe("MALFORMED");
    expect(desk.ingest(new Uint8Array(0)).accepted).toBe(false);
  });
});

describe("a bundle with a lost block", () => {
  it("counts what is there, and gets its receipt only once a person has agreed", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    site.checkpoint([metered(10)]);
    const holed = site.export((blocks) => blocks.filter((_, n) => n !== 1));
    const first = desk.ingest(holed);
    expect(first).toMatchObject({
      accepted: false,
      report: { verdict: "BLOCKS_MISSING" },
      counted: { units: 10 },
    });
    expect(first.receipt).toBeUndefined();
    const reviewed = desk.ingest(holed, { reviewed: true });
    expect(reviewed).toMatchObject({ accepted: true, receipt: { receiptNo: 1, resent: false } });
    expect(reviewed.counted).toBeUndefined();
    expect(units(desk)).toBe(10);
  });
});

describe("a lost block that turns up after all", () => {
  it("is counted then, and its neighbours are not counted again", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(10)]);
    site.checkpoint([metered(5)]);
    desk.ingest(site.export((blocks) => blocks.filter((_, n) => n !== 1)));
    expect(units(desk)).toBe(5);
    site.checkpoint([metered(1)]);
    desk.ingest(site.export());
    expect(units(desk)).toBe(16);
  });
});

describe("two commands that ingest at the same time", () => {
  it("see each other's work whole, and count once", () => {
    const { desk, site } = licensed();
    const other = desk.again();
    site.checkpoint([metered(10)]);
    const bundle = site.export();
    expect(desk.ingest(bundle).report.verdict).toBe("FIRST_VERIFIED");
    expect(other.ingest(bundle).report.verdict).toBe("DUPLICATE");
    expect(units(other)).toBe(10);
  });
});

describe("a site that promised to report every 30 days with 7 days of grace", () => {
  it("is due 37 days after its last report", () => {
    const { desk, site } = licensed();
    site.checkpoint([metered(1)]);
    desk.ingest(site.export(), { now: noon + 60 * minute });
    expect(desk.store.read(listSites)).toMatchObject([
      {
        site: "Example GmbH",
        licenses: 1,
        size: 3,
        receiptNo: 1,
        reportedAt: noon + 60 * minute,
        reportDueAt: noon + 60 * minute + 37 * 86_400_000,
      },
    ]);
  });
});

function licensed(): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  return { desk, site };
}

function units(desk: Desk): number {
  const { meters } = desk.store.read((database) => usageReport(database, { by: "total" }));
  return meters[0]?.units ?? 0;
}

/** One bit of the ciphertext is another one. */
function bent(block: Uint8Array): Uint8Array {
  const copy = block.slice();
  copy[150] = (copy[150] ?? 0) ^ 1;
  return copy;
}
