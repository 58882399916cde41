import { describe, expect, it } from "vitest";
import { usageReport } from "../../src/vendor/report.ts";
import { codeOf, Desk, denied, granted, metered, minute, noon } from "./given.ts";
import { Site } from "./site.ts";

function licensed(): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  return { desk, site };
}

/** Ten minutes are used, and what the site has of it is acknowledged. */
function report(desk: Desk, site: Site, units = 10): void {
  site.checkpoint([metered(units)]);
  site.takeReceipt(desk.ingest(site.export()).receipt?.text ?? "");
}

const units = (desk: Desk): number =>
  desk.store.read((database) => usageReport(database, { by: "total" })).meters[0]?.units ?? 0;

/** What a workstation keeps. */
const evidenceOf = (known: string): string =>
  JSON.stringify({
    kind: "seatkeeper evidence v1",
    seen_at: noon,
    known,
    shown: null,
    proof: null,
  });

describe("a site that was put back to a copy older than what is acknowledged", () => {
  it("is a fork for good, until the vendor accepts its branch", () => {
    const { desk, site } = licensed();
    report(desk, site);
    const back = site.copy();
    site.checkpoint([metered(7)]);
    desk.ingest(site.export());
    expect(units(desk)).toBe(17);
    back.checkpoint([metered(5)]);
    const bundle = back.export();
    expect(desk.ingest(bundle)).toMatchObject({ report: { verdict: "FORK" }, counted: undefined });

    const done = desk.supersede(bundle);
    expect(done).toMatchObject({
      site: "Example GmbH",
      report: { verdict: "EXTENDS", problems: [] },
      counted: { checkpoints: 1, units: 5 },
      givenUp: { from: back.size - 2, checkpoints: 1 },
      note: { accepted: { size: back.size }, abandonedUpTo: site.size },
      receipt: { resent: false },
    });
    // What was acknowledged was used, on whichever branch.
    expect(units(desk)).toBe(22);
    const receipt = back.takeReceipt(done.receipt.text);
    expect(receipt.supersede?.text).toBe(done.note.text);

    back.checkpoint([metered(3)]);
    expect(desk.ingest(back.export())).toMatchObject({
      report: { verdict: "EXTENDS", problems: [] },
      counted: { units: 3 },
    });
    expect(units(desk)).toBe(25);
    site.checkpoint([metered(90)]);
    expect(desk.ingest(site.export())).toMatchObject({ report: { verdict: "FORK" } });
  });

  it("has each checkpoint counted once that both branches have", () => {
    const { desk, site } = licensed();
    report(desk, site);
    site.checkpoint([metered(4), granted(), denied("NO_SEATS")]);
    const back = site.copy();
    desk.ingest(site.export());
    back.checkpoint([metered(2)]);
    expect(desk.supersede(back.export())).toMatchObject({
      counted: { checkpoints: 2, units: 6 },
      givenUp: { from: back.size - 2, checkpoints: 0 },
    });
    expect(units(desk)).toBe(16);
  });

  it("may have gone back behind several receipts, and again", () => {
    const { desk, site } = licensed();
    report(desk, site);
    const back = site.copy();
    for (const used of [1, 2, 3]) report(desk, site, used);
    expect(units(desk)).toBe(16);
    back.checkpoint([metered(20)]);
    const accepted = desk.supersede(back.export());
    expect(accepted).toMatchObject({ givenUp: { checkpoints: 3 }, note: { number: 1709298000 } });
    expect(units(desk)).toBe(36);
    back.takeReceipt(accepted.receipt.text);

    const further = back.copy();
    report(desk, back, 6);
    further.checkpoint([metered(7)]);
    const second = desk.supersede(further.export());
    expect(second.note.number).toBe(accepted.note.number + 1);
    // What was given up before stays so.
    expect(second.note.abandonedUpTo).toBe(Math.max(back.size - 2, accepted.note.abandonedUpTo));
    expect(second).toMatchObject({ givenUp: { checkpoints: 1 } });
    expect(units(desk)).toBe(49);
  });

  it("may have gone back to before its first receipt", () => {
    const { desk, site } = licensed();
    const back = site.copy();
    report(desk, site);
    back.checkpoint([metered(5)]);
    expect(desk.supersede(back.export())).toMatchObject({
      report: { verdict: "FIRST_VERIFIED" },
      givenUp: { from: 1, checkpoints: 1 },
    });
    expect(units(desk)).toBe(15);
  });
});

describe("an honest branch that a copy has made suspect", () => {
  it("is a clone for good, until the vendor accepts it", () => {
    const { desk, site } = licensed();
    report(desk, site);
    const copy = site.copy();
    report(desk, site, 7);
    copy.checkpoint([metered(1)]);
    copy.checkpoint([metered(1)]);
    copy.checkpoint([metered(1)]);
    copy.checkpoint([metered(1)]);
    expect(desk.ingest(copy.export())).toMatchObject({ report: { verdict: "FORK" } });
    while (site.size < copy.size) site.checkpoint([metered(1)]);
    const suspect = site.export();
    expect(desk.ingest(suspect)).toMatchObject({ report: { verdict: "CLONE_SUSPECTED" } });

    expect(desk.supersede(suspect)).toMatchObject({
      report: { verdict: "EXTENDS" },
      givenUp: undefined,
      note: { abandoned: [{ size: copy.size }] },
    });
    site.checkpoint([metered(1)]);
    expect(desk.ingest(site.export())).toMatchObject({ report: { verdict: "EXTENDS" } });
  });
});

describe("a branch that only workstations contradict", () => {
  it("is accepted with their evidence, which the site's daemon must have signed", () => {
    const { desk, site } = licensed();
    report(desk, site);
    const back = site.copy();
    site.checkpoint([metered(7)]);
    site.checkpoint([metered(7)]);
    const remembered = site.head;
    back.checkpoint([metered(5)]);
    const bundle = back.export();
    expect(codeOf(() => desk.supersede(bundle))).toBe("SUPERSEDE_NEEDLESS");

    const stranger = new Site(desk.folder.vendor).head;
    const forged = remembered.replace(/\n\d+\n/, "\n90\n");
    for (const useless of [stranger, forged, "{", "{}", evidenceOf(forged)]) {
      expect(codeOf(() => desk.supersede(bundle, [useless]))).toBe("SUPERSEDE_EVIDENCE");
    }
    const status = { vendors: [{ contradictions: [{ shown: remembered, own: back.head }] }] };
    for (const text of [evidenceOf(remembered), remembered, JSON.stringify(status)]) {
      const desk2 = desk.again();
      expect(desk2.supersede(bundle, [text])).toMatchObject({
        note: { abandonedUpTo: site.size, accepted: { size: back.size } },
        report: { standing: expect.stringMatching(/^(?:EXTENDS|DUPLICATE)$/) as string },
      });
    }
  });

  it("is told once more by the same note, unless longer heads turn up", () => {
    const { desk, site } = licensed();
    const back = site.copy();
    site.checkpoint([metered(7)]);
    const shorter = site.head;
    site.checkpoint([metered(7)]);
    back.checkpoint([metered(5)]);
    const bundle = back.export();
    const first = desk.supersede(bundle, [shorter]);
    const again = desk.supersede(bundle, [shorter], noon + 120 * minute);
    expect(again.note).toEqual(first.note);
    expect(again.receipt).toEqual({ ...first.receipt, resent: true });
    expect(again.counted).toBeUndefined();
    site.checkpoint([metered(7)]);
    const wider = desk.supersede(bundle, [site.head], noon + 120 * minute);
    expect(wider.note.number).toBeGreaterThan(first.note.number);
    expect(wider.note.abandonedUpTo).toBe(site.size);
    expect(back.takeReceipt(wider.receipt.text)).toMatchObject({ receiptNo: 2 });
  });
});

describe("a bundle", () => {
  it("that does not verify by itself is not accepted, and the books stay as they are", () => {
    const { desk, site } = licensed();
    report(desk, site);
    const back = site.copy();
    report(desk, site, 7);
    back.checkpoint([metered(5)]);
    back.checkpoint([metered(5)]);
    const cut = back.export((blocks) => blocks.filter((_, index) => index !== blocks.length - 2));
    const before = desk.store.read((database) => usageReport(database, { by: "day" }));
    expect(codeOf(() => desk.supersede(cut))).toBe("SUPERSEDE_UNPROVEN");
    expect(codeOf(() => desk.supersede(new Site(desk.folder.vendor).export()))).toBe(
      "SUPERSEDE_UNPROVEN",
    );
    expect(desk.store.read((database) => usageReport(database, { by: "day" }))).toEqual(before);
    site.checkpoint([metered(1)]);
    expect(desk.ingest(site.export())).toMatchObject({ report: { verdict: "EXTENDS" } });
  });

  it("of a branch that is the acknowledged one is accepted as it stands", () => {
    const { desk, site } = licensed();
    const copy = site.copy();
    site.checkpoint([metered(7)]);
    const bundle = site.export();
    desk.ingest(bundle);
    copy.checkpoint([metered(1)]);
    desk.ingest(copy.export());
    const done = desk.supersede(bundle);
    expect(done).toMatchObject({ report: { verdict: "DUPLICATE" }, counted: undefined });
    expect(done.receipt).toMatchObject({ receiptNo: 2, resent: false });
    expect(site.takeReceipt(done.receipt.text).supersede?.accepted.size).toBe(site.size - 2);
  });
});

describe("a license", () => {
  it("brings the newest note to the site, whichever receipt was lost", () => {
    const { desk, site } = licensed();
    const back = site.copy();
    report(desk, site);
    back.checkpoint([metered(5)]);
    const { note } = desk.supersede(back.export());
    const { license } = desk.issue(back.request());
    expect(license.supersede?.text).toBe(note.text);
    expect(license.acknowledged?.size).toBe(back.size);
  });
});
