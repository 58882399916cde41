import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { keyId } from "../../src/ledger/keys.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import { auditorKey, secrets, seeded } from "../bundle/given.ts";
import { rebuilt, Site } from "../bundle/site.ts";
import { Vendor } from "../bundle/vendor.ts";
import { auditedSite, auditor, codesIn, licenseOf, shown, vendorKid } from "./given.ts";

const colleague = seeded("colleague");
const colleagueKey = x25519PublicKey(colleague);
const colleagueId = toHex(keyId(colleagueKey));

/** What the vendor counts of a bundle, which is all it ever learns. */
function seenByVendor(site: Site, bundle: Uint8Array): readonly Payload[] {
  const payloads: Payload[] = [];
  const visitor = { block: ({ payload }: { payload: Payload }) => void payloads.push(payload) };
  const { verdict } = new Vendor(site.activation).verify(bundle, { secrets, visitor });
  expect(verdict).toBe("FIRST_VERIFIED");
  return payloads;
}

function twoSegments(): { readonly site: Site; readonly bundle: Uint8Array } {
  const site = auditedSite();
  site.use(2);
  site.openSegment();
  site.use(3);
  return { site, bundle: site.export() };
}

describe("an auditor that a site has named from the first block on", () => {
  it("sees of a bundle every payload that the vendor sees, and nothing else is in it", () => {
    const { site, bundle } = twoSegments();
    const { report, blocks } = shown(bundle);
    const payloads = blocks.map(({ content }) =>
      content.kind === "opened" ? content.payload : content.kind,
    );
    expect(payloads).toEqual(seenByVendor(site, bundle));
    expect(report).toMatchObject({
      kind: "bundle",
      chainId: site.activation.chainId,
      auditor,
      size: 5,
      blocks: 5,
      opened: 5,
      sealed: 0,
      readers: [{ segment: 0, index: 0, vendor: vendorKid, auditors: [auditor] }],
      problems: [],
    });
    expect(report.root).toEqual(site.ledger.root);
    expect(report.head).toMatchObject({ size: 5, origin: site.activation.origin });
  });

  it("is told where every byte went, and how many nobody but the vendor can check", () => {
    const { bundle } = twoSegments();
    const { total, open, shown: read, hidden, recomputed, unchecked } = shown(bundle).report.bytes;
    expect(total).toBe(bundle.length);
    expect(open + read + hidden + recomputed + unchecked).toBe(total);
    expect(hidden).toBe(0);
    // Five tags, two self tags, the tip; and enc, hand-off and the auditor's own enc of two segments.
    expect(unchecked).toBe(32 * (5 + 2 + 1 + 2 * 3));
  });

  it("sees the same in the ledger file itself", () => {
    const { site, bundle } = twoSegments();
    const ledger = shown(site.chain(), { license: licenseOf(site) });
    expect(ledger.blocks).toEqual(shown(bundle).blocks);
    expect(ledger.report).toMatchObject({ kind: "ledger", opened: 5, problems: [] });
    expect(ledger.report.root).toEqual(site.ledger.root);
  });

  it("reads a later bundle, but for its first block, which lies under the keys before it", () => {
    const { site, bundle } = twoSegments();
    site.takeReceipt(new Vendor(site.activation).acknowledge(bundle));
    site.use(1);
    const { report, blocks } = shown(site.export(), { license: licenseOf(site) });
    expect(codesIn(report)).toEqual([]);
    expect(report.fromIndex).toBe(2);
    expect(blocks.map(({ type, content }) => `${type} ${content.kind}`)).toEqual([
      "segment sealed",
      "checkpoint opened",
      "export opened",
      "receipt opened",
      "segment opened",
      "checkpoint opened",
      "export opened",
    ]);
    expect(report.root).toBeUndefined();
    expect(report.head?.size).toBe(9);
  });

  it("says in words what it cannot check", () => {
    const { unchecked } = shown(twoSegments().bundle).report;
    expect(unchecked).toEqual([
      "tags of 5 blocks, hand-offs and self tags of 2 segments: only the vendor has their keys",
      "tip, which proves where the ledger ends: only the vendor has its key",
      "whether this is the licensed ledger: no license was named",
    ]);
  });
});

describe("the list of those who can read", () => {
  it("shows since when there is an auditor, and leaves closed what was sealed before", () => {
    const site = Site.activate();
    site.use(1);
    site.auditors = [auditorKey];
    site.openSegment("keys");
    site.use(1);
    const { report, blocks } = shown(site.export());
    expect(blocks.map(({ content }) => content.kind)).toEqual([
      "sealed",
      "sealed",
      "sealed",
      "opened",
      "opened",
    ]);
    expect(report.sealedRanges).toEqual([{ first: 0, last: 2 }]);
    expect(report.readers).toEqual([
      { segment: 0, index: 0, vendor: vendorKid, auditors: [] },
      { segment: 1, index: 2, vendor: vendorKid, auditors: [auditor] },
    ]);
    expect(codesIn(report)).toEqual([]);
  });

  it("alarms the auditor that was left out", () => {
    const site = auditedSite();
    site.use(1);
    site.auditors = [];
    site.openSegment("keys");
    site.use(1);
    const { report } = shown(site.export());
    expect(report.problems).toEqual([
      {
        code: "AUDITOR_LEFT_OUT",
        index: 2,
        detail: `from segment 1 on nothing is sealed for ${auditor} any more`,
      },
    ]);
    // The SEGMENT block itself still lies under the keys that the auditor has.
    expect(report.opened).toBe(3);
  });

  it("alarms about a reader that nobody has told the auditor of", () => {
    const site = auditedSite();
    site.auditors = [auditorKey, colleagueKey];
    site.openSegment("keys");
    const bundle = site.export();
    expect(codesIn(shown(bundle).report)).toEqual(["READER_UNKNOWN"]);
    expect(codesIn(shown(bundle, { knownReaders: new Set([colleagueId]) }).report)).toEqual([]);
  });

  it("alarms who can read nothing at all: nothing checked is no success", () => {
    const site = Site.activate();
    site.use(1);
    expect(codesIn(shown(site.export()).report)).toEqual(["NOTHING_READABLE"]);
  });

  it("is all that is shown without a key", () => {
    const { report, blocks } = shown(twoSegments().bundle, { secret: undefined });
    expect(blocks.every(({ content }) => content.kind === "sealed")).toBe(true);
    expect(report).toMatchObject({ auditor: undefined, opened: 0, sealed: 5, problems: [] });
    expect(report.readers).toHaveLength(1);
  });
});

describe("a file with a hole", () => {
  it("is read on behind it, by the keys of the same segment or the share of the next", () => {
    const { site } = twoSegments();
    const holed = rebuilt(site.parts(), (blocks) => blocks.filter((_, index) => index !== 1));
    const { report, blocks } = shown(holed);
    expect(codesIn(report)).toEqual(["BLOCKS_MISSING"]);
    expect(blocks.map(({ index, content }) => `${index} ${content.kind}`)).toEqual([
      "0 opened",
      "2 opened",
      "3 opened",
      "4 opened",
    ]);
    expect(report.root).toBeUndefined();
  });

  it("stays closed up to the next share when it has taken a SEGMENT block", () => {
    const { site } = twoSegments();
    const holed = rebuilt(site.parts(), (blocks) => blocks.filter((_, index) => index !== 2));
    const { report, blocks } = shown(holed);
    expect(codesIn(report)).toEqual(["BLOCKS_MISSING"]);
    expect(blocks.map(({ content }) => content.kind)).toEqual([
      "opened",
      "opened",
      "sealed",
      "sealed",
    ]);
  });
});
