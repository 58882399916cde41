import { describe, expect, it } from "vitest";
import { leaseId } from "../../src/base/ids.ts";
import { readBorrowRelease } from "../../src/license/borrow-release.ts";
import {
  type ReleaseInput,
  releaseBorrowed,
  type SignedRelease,
} from "../../src/vendor/release.ts";
import { at, codeOf, Desk, noon } from "./given.ts";
import { Site } from "./site.ts";

const lease = leaseId("00112233445566778899aabbccddeeff");
const day = 86_400_000;

/** A desk with one licensed site. */
function licensed(): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  return { desk, site };
}

function released(
  desk: Desk,
  more: Partial<ReleaseInput> = {},
): SignedRelease & { readonly text: string } {
  const texts: string[] = [];
  const signed = releaseBorrowed(desk.store, desk.folder, desk.keys.issuing, {
    site: "Example GmbH",
    lease,
    reason: "stolen",
    now: at(noon),
    deliver: (text) => void texts.push(text),
    ...more,
  });
  return { ...signed, text: texts.join("") };
}

function fullDisk(): never {
  throw new Error("the disk is full");
}

describe("a vendor gives up a borrowed seat", () => {
  it("of the site it names, for its ledger and for one lease", () => {
    const { desk, site } = licensed();
    const { text, earlier } = released(desk);
    const { name: vendorName, rootKey } = desk.folder.vendor;
    expect(readBorrowRelease(text, { vendorName, rootKey })).toMatchObject({
      chainId: site.genesis.chainId,
      leaseId: lease,
      reason: "stolen",
      issuedAt: noon,
    });
    expect(earlier).toEqual([]);
  });

  it("again, and is told when it did so before", () => {
    const { desk } = licensed();
    released(desk);
    expect(released(desk.again(), { now: at(noon + 31 * day) }).earlier).toEqual([noon]);
  });

  it("never by halves: what could not be written is not in the books", () => {
    const { desk } = licensed();
    expect(() => released(desk, { deliver: fullDisk })).toThrow("the disk is full");
    expect(released(desk).earlier).toEqual([]);
  });

  it("at a site it knows, and at one ledger of it", () => {
    const { desk, site } = licensed();
    desk.issue(new Site(desk.folder.vendor).request());
    expect(codeOf(() => released(desk, { site: "Somebody" }))).toBe("SITE_UNKNOWN");
    expect(codeOf(() => released(desk))).toBe("SITE_AMBIGUOUS");
    const { chainId } = site.genesis;
    expect(released(desk, { site: chainId.slice(0, 12) }).site.chainId).toBe(chainId);
  });
});
