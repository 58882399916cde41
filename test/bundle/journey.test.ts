import { describe, expect, it } from "vitest";
import { selectBlocks } from "../../src/bundle/bundle.ts";
import { chainSource } from "../../src/ledger/reader.ts";
import { Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a site that exports for the first time", () => {
  it("is FIRST_VERIFIED, each event counts once, and the report says what was checked", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    site.use(3);
    const report = vendor.ingest(site.export());
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [], findings: [] });
    expect(vendor.counted).toEqual([1, 2, 3, 4, 5]);
    expect(report.checked).toEqual([
      "V0 closing hash",
      "V1 activation record",
      "V2 first block",
      "V3 framing and limits of 4 blocks",
      "V4 order of the blocks",
      "V5 0 hand-offs between segments",
      "V6 tags of 4 blocks, 3 links, 4 payloads",
      "V6 event ids of 2 checkpoints up to 5",
      "V7 tip",
      "V8 root",
      "V8 checkpoint signature",
      "V9 nothing acknowledged before",
      "V10 incidents, clocks, host, receipts, exports",
    ]);
  });

  it("names the next state of the vendor's books", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    const { next, head } = vendor.ingest(site.export());
    expect(next).toMatchObject({ size: 3, root: site.ledger.root, lastEventId: 2 });
    expect(head).toEqual({ origin: site.ledger.origin, size: 3, root: site.ledger.root });
  });
});

describe("a site that took in its receipt", () => {
  it("EXTENDS the ledger with a bundle that begins at the acknowledged segment", () => {
    const { site, vendor } = acknowledged();
    site.use(4);
    const report = vendor.ingest(site.export());
    expect(report).toMatchObject({
      verdict: "EXTENDS",
      problems: [],
      findings: [],
      claim: { fromIndex: 2, size: 9 },
    });
    expect(vendor.counted).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(report.checked).toContain("V9 3 blocks against the acknowledged 5");
  });

  it("EXTENDS with a bundle from the first block too, and nothing counts twice", () => {
    const { site, vendor } = acknowledged();
    site.use(4);
    site.sealExport();
    const whole = site.bundle(allBlocks(site));
    expect(vendor.ingest(whole)).toMatchObject({ verdict: "EXTENDS", problems: [] });
    expect(vendor.counted).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("goes on for many rounds", () => {
    const { site, vendor } = acknowledged();
    for (let round = 0; round < 5; round += 1) {
      site.use(2);
      site.openSegment();
      site.use(1);
      site.takeReceipt(vendor.acknowledge(site.export()));
    }
    site.use(1);
    expect(vendor.ingest(site.export())).toMatchObject({ verdict: "EXTENDS", problems: [] });
    expect(vendor.counted).toEqual(Array.from({ length: 19 }, (_, n) => n + 1));
  });
});

describe("a site whose receipt is still on its way", () => {
  it("EXTENDS all the same, and the report says that the receipt is pending", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    vendor.acknowledge(site.export());
    site.use(1);
    expect(vendor.ingest(site.export())).toMatchObject({
      verdict: "EXTENDS",
      findings: [{ kind: "RECEIPT_PENDING", receiptNo: 1 }],
    });
    expect(vendor.counted).toEqual([1, 2, 3]);
  });
});

describe("a bundle that is delivered again", () => {
  it("is a DUPLICATE and counts nothing", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    const bundle = site.export();
    vendor.ingest(bundle);
    expect(vendor.ingest(bundle)).toMatchObject({ verdict: "DUPLICATE", next: undefined });
    expect(vendor.counted).toEqual([1, 2]);
  });

  it("is STALE when a newer one was acknowledged in between", () => {
    const site = Site.activate();
    const vendor = new Vendor(site.activation);
    site.use(2);
    const old = site.export();
    site.use(1);
    vendor.ingest(site.export());
    expect(vendor.ingest(old)).toMatchObject({ verdict: "STALE", problems: [], next: undefined });
    expect(vendor.counted).toEqual([1, 2, 3]);
  });
});

/** A site of two segments, exported and acknowledged at five blocks. */
function acknowledged(): { site: Site; vendor: Vendor } {
  const site = Site.activate();
  const vendor = new Vendor(site.activation);
  site.use(2);
  site.openSegment();
  site.use(1);
  site.takeReceipt(vendor.acknowledge(site.export()));
  return { site, vendor };
}

function allBlocks(site: Site): ReturnType<typeof selectBlocks> {
  return selectBlocks(chainSource(site.files), site.directory, 0);
}
