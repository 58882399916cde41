import { describe, expect, it } from "vitest";
import type { Predecessor } from "../../src/ledger/payload.ts";
import { usageReport } from "../../src/vendor/report.ts";
import { unprovenEnds } from "../../src/vendor/unproven-ends.ts";
import { Desk, metered, minute, noon } from "./given.ts";
import { Site } from "./site.ts";

/** A site whose first ten minutes are acknowledged and that has lost its keys after three more. */
function lost(): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  site.checkpoint([metered(10)]);
  site.takeReceipt(desk.ingest(site.export()).receipt?.text ?? "");
  site.checkpoint([metered(3)]);
  return { desk, site };
}

/** The vendor answers the request of the ledger in its place. */
function succeeded(desk: Desk, site: Site, predecessor: Predecessor = site.predecessor): void {
  const { daemon } = site;
  desk.issue(new Site(desk.folder.vendor, undefined, { daemon, predecessor }).request());
}

const units = (desk: Desk): number =>
  desk.store.read((database) => usageReport(database, { by: "total" })).meters[0]?.units ?? 0;

const ends = (desk: Desk): readonly object[] =>
  desk.store.read((database) => unprovenEnds(database, undefined));

describe("a ledger whose keys are lost", () => {
  it("is counted once a person has agreed on its end, and is on record as that", () => {
    const { desk, site } = lost();
    succeeded(desk, site);
    const bundle = site.lastBundle();
    expect(desk.ingest(bundle)).toMatchObject({
      report: { verdict: "TIP_INVALID" },
      counted: undefined,
      receipt: undefined,
      accepted: false,
      isAgreeable: true,
    });
    expect(ends(desk)).toEqual([]);
    expect(desk.ingest(bundle, { reviewed: true })).toMatchObject({
      report: {
        verdict: "VERIFIED_WITH_INCIDENTS",
        findings: expect.arrayContaining([
          { kind: "END_UNPROVEN", index: site.size - 1 },
        ]) as object[],
        checked: expect.arrayContaining(["V7 no tip proven", "V8 root"]) as string[],
      },
      counted: { units: 3 },
      receipt: { receiptNo: 2 },
      accepted: true,
    });
    expect(units(desk)).toBe(13);
    expect(ends(desk)).toEqual([
      { chainId: site.genesis.chainId, size: site.size, from: 3, agreedAt: noon + 60 * minute },
    ]);
    // The same again, with or without another look, is the same.
    for (const reviewed of [false, true]) {
      expect(desk.ingest(bundle, { reviewed })).toMatchObject({
        report: { verdict: "DUPLICATE" },
        counted: undefined,
        receipt: { receiptNo: 2, resent: true },
      });
    }
    expect(ends(desk)).toHaveLength(1);
  });

  it("is not before the ledger in its place is on record", () => {
    const { desk, site } = lost();
    expect(desk.ingest(site.lastBundle(), { reviewed: true })).toMatchObject({
      report: { verdict: "TIP_INVALID" },
      isAgreeable: false,
      accepted: false,
    });
    expect(units(desk)).toBe(10);
  });
});

describe("what nobody can agree to", () => {
  it("is an end that is not the one that the ledger in its place tells", () => {
    const { desk, site } = lost();
    const { predecessor } = site;
    site.checkpoint([metered(1)]);
    succeeded(desk, site, predecessor);
    expect(desk.ingest(site.lastBundle(), { reviewed: true })).toMatchObject({
      report: { verdict: "TIP_INVALID" },
      isAgreeable: false,
    });
    expect(units(desk)).toBe(10);
  });

  it("is a tip that somebody has written, or an end behind a block that is missing", () => {
    const { desk, site } = lost();
    succeeded(desk, site);
    const written = site.lastBundle((same) => same, new Uint8Array(32).fill(7));
    expect(desk.ingest(written, { reviewed: true })).toMatchObject({
      report: { verdict: "TIP_INVALID" },
      isAgreeable: false,
      accepted: false,
    });
    const cut = site.lastBundle((blocks) => blocks.slice(0, -1));
    expect(desk.ingest(cut, { reviewed: true }).accepted).toBe(false);
    expect(units(desk)).toBe(10);
  });

  it("is the ledger of another site", () => {
    const { desk, site } = lost();
    const stranger = new Site(desk.folder.vendor, undefined, { predecessor: site.predecessor });
    desk.issue(stranger.request());
    expect(desk.ingest(site.lastBundle(), { reviewed: true })).toMatchObject({
      report: { verdict: "TIP_INVALID" },
      accepted: false,
    });
  });
});
