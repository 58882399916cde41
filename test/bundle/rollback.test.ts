import { describe, expect, it } from "vitest";
import { selectBlocks } from "../../src/bundle/bundle.ts";
import { chainSource } from "../../src/ledger/reader.ts";
import { seeded } from "./given.ts";
import { rebuilt, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a site that went on from an older copy of itself", () => {
  it("is a FORK when it exports what conflicts with the acknowledged blocks", () => {
    const { vendor, copy } = restored();
    copy.use(3);
    copy.use(3);
    expect(vendor.ingest(copy.export())).toMatchObject({
      verdict: "FORK",
      problems: [
        { verdict: "FORK", index: 2 },
        { verdict: "FORK", index: 3 },
        { verdict: "FORK", index: 3, detail: "the acknowledged root is another one" },
      ],
      next: undefined,
    });
    expect(vendor.counted).toEqual([1, 2, 3]);
  });

  it("is a FORK while it is still shorter than what was acknowledged", () => {
    const { vendor, copy } = restored();
    copy.sealExport();
    expect(vendor.verify(copy.bundle()).verdict).toBe("FORK");
  });

  it("is a FORK when it exports no conflicting block but another history behind them", () => {
    const { vendor, copy } = restored();
    copy.use(3);
    copy.use(1);
    copy.sealExport();
    const bundle = rebuilt(copy.parts(), (blocks) => [...blocks.slice(0, 2), ...blocks.slice(4)]);
    expect(vendor.verify(bundle)).toMatchObject({
      verdict: "FORK",
      problems: [
        { detail: "the block continues another block than the one before", index: 4 },
        { verdict: "ROOT_MISMATCH" },
        { verdict: "BLOCKS_MISSING" },
      ],
    });
  });

  it("is a FORK although it opened a segment where none was acknowledged", () => {
    const { vendor, copy } = restored();
    copy.openSegment();
    copy.use(3);
    copy.use(3);
    copy.sealExport();
    expect(
      vendor.verify(copy.bundle(selectBlocks(chainSource(copy.files), copy.directory, 0))).verdict,
    ).toBe("FORK");
  });

  it("is a FORK at the same size as the acknowledged ledger", () => {
    const { vendor, copy } = restored();
    copy.use(3);
    copy.sealExport();
    expect(copy.ledger.size).toBe(4);
    expect(vendor.verify(copy.bundle()).verdict).toBe("FORK");
  });

  it("is not noticed as long as nothing was acknowledged or seen in between", () => {
    const { site, copy } = restored();
    copy.use(1);
    const unaware = new Vendor(site.activation);
    expect(unaware.ingest(copy.export()).verdict).toBe("FIRST_VERIFIED");
  });
});

describe("a head of this ledger that turned up elsewhere", () => {
  it("makes it CLONE_SUSPECTED when the ledger had another root at that size", () => {
    const { site } = restored();
    const vendor = new Vendor(site.activation);
    const seenHeads = [{ size: 3, root: seeded("what a client remembers") }];
    expect(vendor.verify(site.bundle(), { seenHeads })).toMatchObject({
      verdict: "CLONE_SUSPECTED",
      problems: [{ index: 2 }],
    });
  });

  it("changes nothing when the ledger had that very root", () => {
    const site = Site.activate();
    site.use(1);
    const seenHeads = [{ size: site.ledger.size, root: site.ledger.root }];
    site.sealExport();
    expect(new Vendor(site.activation).verify(site.bundle(), { seenHeads }).verdict).toBe(
      "FIRST_VERIFIED",
    );
  });
});

/** A site acknowledged at four blocks, and its copy from when it had two. */
function restored(): { site: Site; vendor: Vendor; copy: Site } {
  const site = Site.activate();
  const vendor = new Vendor(site.activation);
  site.use(1);
  const copy = site.snapshot();
  site.use(2);
  vendor.ingest(site.export());
  return { site, vendor, copy };
}
