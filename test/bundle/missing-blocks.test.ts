import { describe, expect, it } from "vitest";
import { concat, u32 } from "../../src/base/bytes.ts";
import type { BundleParts } from "../../src/bundle/bundle.ts";
import { sealingKey } from "./given.ts";
import { rebuilt, Site } from "./site.ts";
import { Vendor } from "./vendor.ts";

describe("a bundle in which blocks are lost", () => {
  it("is BLOCKS_MISSING with the exact blocks and events, and the rest counts", () => {
    const { site, vendor } = threeSegments();
    const bundle = without(site.parts(), [2, 3]);
    expect(vendor.ingest(bundle)).toMatchObject({
      verdict: "BLOCKS_MISSING",
      missingBlocks: [{ first: 2, last: 3 }],
      missingBlockCount: 2,
      missingEvents: [{ first: 2, last: 3 }],
      missingEventCount: 2,
      standing: "FIRST_VERIFIED",
    });
    expect(vendor.counted).toEqual([1, 4, 5, 6]);
  });

  it("says that the root could not be computed", () => {
    const { site, vendor } = threeSegments();
    const { checked } = vendor.verify(without(site.parts(), [2, 3]));
    expect(checked).toContain("V8 no root, since blocks are lost or the tip is not proven");
  });

  it("still has its root compared when a single block is lost, whose hash its successor vouches for", () => {
    const { site, vendor } = threeSegments();
    const { verdict, checked } = vendor.verify(without(site.parts(), [2]));
    expect(verdict).toBe("BLOCKS_MISSING");
    expect(checked).toContain("V8 root");
  });

  it("is BLOCKS_MISSING when a whole segment is lost but its directory row is there", () => {
    const { site, vendor } = threeSegments();
    expect(vendor.verify(without(site.parts(), [4, 5]))).toMatchObject({
      verdict: "BLOCKS_MISSING",
      missingBlocks: [{ first: 4, last: 5 }],
      missingEvents: [{ first: 4, last: 4 }],
      problems: [{ verdict: "BLOCKS_MISSING" }],
    });
  });

  it("is BLOCKS_MISSING when a SEGMENT block alone is lost", () => {
    const { site, vendor } = threeSegments();
    expect(vendor.verify(without(site.parts(), [4]))).toMatchObject({
      verdict: "BLOCKS_MISSING",
      missingBlockCount: 1,
      missingEvents: [],
    });
  });

  it("is BLOCKS_MISSING when block 0 is lost: the vendor has it", () => {
    const { site, vendor } = threeSegments();
    const { verdict, checked } = vendor.verify(without(site.parts(), [0]));
    expect(verdict).toBe("BLOCKS_MISSING");
    expect(checked).toContain("V8 root");
  });

  it("says that events may be missing at the end when the last checkpoint is lost", () => {
    const { site, vendor } = threeSegments();
    expect(vendor.verify(without(site.parts(), [7]))).toMatchObject({
      verdict: "BLOCKS_MISSING",
      missingEvents: [{ first: 5, last: null }],
      missingEventCount: 0,
    });
  });

  it("counts the lost blocks once they are found, and nothing twice", () => {
    const { site, vendor } = threeSegments();
    vendor.ingest(without(site.parts(), [2, 3]));
    site.use(1);
    site.sealExport();
    expect(vendor.ingest(site.bundle())).toMatchObject({ verdict: "EXTENDS", problems: [] });
    expect(vendor.counted.toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("lets the ledger go on after the loss", () => {
    const { site, vendor } = threeSegments();
    site.takeReceipt(vendor.acknowledge(without(site.parts(), [2, 3])));
    site.use(1);
    expect(vendor.ingest(site.export())).toMatchObject({ verdict: "EXTENDS", problems: [] });
    expect(vendor.counted).toEqual([1, 4, 5, 6, 7]);
  });

  it("is BLOCKS_MISSING when the bundle begins beyond what was acknowledged", () => {
    const { site, vendor } = threeSegments();
    const bundle = rebuilt(site.parts(), (blocks) => blocks.slice(6), { fromIndex: 6 });
    expect(vendor.verify(bundle)).toMatchObject({
      verdict: "BLOCKS_MISSING",
      missingBlocks: [{ first: 0, last: 5 }],
      missingEvents: [{ first: 1, last: 4 }],
    });
  });
});

describe("a bundle with a hole that no hand-off bridges", () => {
  it("is UNANCHORED when a segment is lost without a directory row", () => {
    const { site, vendor } = threeSegments();
    const directory = site.directory.filter((row) => row.segment !== 1);
    const report = vendor.verify(without(site.parts(), [4, 5], { directory }));
    expect(report).toMatchObject({ verdict: "UNANCHORED", next: undefined });
    expect(report.checked).toContain("V6 nothing about 3 unanchored blocks");
  });

  it("is UNANCHORED when a self-made segment follows the hole, with a self-made tip", () => {
    const { site, vendor } = threeSegments();
    const forged = selfMadeContinuation(site, 1);
    expect(vendor.verify(forged)).toMatchObject({ verdict: "UNANCHORED", next: undefined });
  });

  it("stays UNANCHORED however many self-made segments agree with each other", () => {
    const { site, vendor } = threeSegments();
    expect(vendor.verify(selfMadeContinuation(site, 2)).verdict).toBe("UNANCHORED");
  });

  it("is UNANCHORED when a segment is substituted without the old key", () => {
    const { site, vendor } = threeSegments();
    const stranger = threeSegments(Site.activate("site", sealingKey, "keys of a stranger")).site;
    const substitutes = [...stranger.parts().blocks].slice(6);
    const bundle = rebuilt(site.parts(), (blocks) => [...blocks.slice(0, 6), ...substitutes], {
      directory: [...site.directory.slice(0, 2), ...stranger.directory.slice(2)],
    });
    expect(vendor.verify(bundle).verdict).toBe("UNANCHORED");
  });
});

describe("a block that claims a place in a segment whose beginning is lost", () => {
  it("is a KEY_INDEX_MISMATCH when the hand-off names another beginning", () => {
    const { site, vendor } = threeSegments();
    const bundle = rebuilt(site.parts(), (blocks) =>
      blocks
        .map((block, index) =>
          index === 5 ? concat(block.slice(0, 36), u32(2), block.slice(40)) : block,
        )
        .filter((_, index) => index !== 3 && index !== 4),
    );
    expect(vendor.verify(bundle).verdict).toBe("KEY_INDEX_MISMATCH");
  });
});

/** Segments at 0, 4 and 6; events 1 to 3 in the first, 4 in the second, 5 and 6 in the third. */
function threeSegments(site = Site.activate()): { site: Site; vendor: Vendor } {
  site.use(1);
  site.use(1);
  site.use(1);
  site.openSegment();
  site.use(1);
  site.openSegment();
  site.use(2);
  site.sealExport();
  return { site, vendor: new Vendor(site.activation) };
}

function without(
  parts: BundleParts,
  lost: readonly number[],
  changes: Partial<BundleParts> = {},
): Uint8Array {
  return rebuilt(parts, (blocks) => blocks.filter((_, index) => !lost.includes(index)), changes);
}

/** The first two blocks, a hole, then segments by somebody who never had their keys. */
function selfMadeContinuation(site: Site, segments: number): Uint8Array {
  const stranger = Site.activate("site", sealingKey, "keys of a stranger");
  for (let at = 0; at < 4; at += 1) stranger.use(1);
  for (let at = 0; at < segments; at += 1) {
    stranger.openSegment();
    stranger.use(1);
  }
  stranger.sealExport();
  const honest = site.parts();
  return rebuilt(
    stranger.parts(),
    (blocks) => [...[...honest.blocks].slice(0, 2), ...blocks.slice(5)],
    { directory: [...honest.directory.slice(0, 1), ...stranger.directory.slice(1)] },
  );
}
