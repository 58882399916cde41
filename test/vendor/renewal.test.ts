import { describe, expect, it } from "vitest";
import { randomBytes } from "../../src/crypto/random.ts";
import type { ShownLedger } from "../../src/license/shown-ledger.ts";
import { signHead } from "../../src/note/checkpoint.ts";
import { codeOf, Desk, granted, metered } from "./given.ts";
import { Site } from "./site.ts";

/** A licensed site with usage, whose first bundle was ingested and whose receipt has come back. */
function acknowledgedSite(): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  site.checkpoint([granted(), metered(5)]);
  const { receipt } = desk.ingest(site.export());
  site.takeReceipt(receipt?.text ?? "");
  return { desk, site };
}

/** `seatkeeper license request --renew`, with `changes` to what an honest site would show. */
const renewal = (site: Site, changes: Partial<ShownLedger> = {}): string =>
  site.request({ shown: { ...site.shown(), ...changes } });

/** What a request is refused with, and what is then on record of it. */
function refused(desk: Desk, request: string): unknown {
  const code = codeOf(() => desk.issue(request));
  const verdict = desk.store.read((database) =>
    database.prepare("SELECT verdict FROM renewals ORDER BY renewal DESC").pluck().get(),
  );
  const licenses = desk.store.read((database) =>
    database.prepare("SELECT count(*) FROM licenses").pluck().get(),
  );
  return { code, verdict, licenses };
}

describe("a request that shows its ledger", () => {
  it("is answered with what was acknowledged of it, and says what came after", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    const { license, renewal: told } = desk.issue(renewal(site));
    const { size, root } = site.acknowledged;
    expect(license.acknowledged).toEqual({ size, root });
    expect(told).toEqual({ size: site.size, acknowledged: size, receiptNo: 1, receiptsGiven: 1 });
  });

  it("may know less than the vendor: a receipt that is on its way is no contradiction", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    desk.ingest(site.export());
    expect(desk.issue(renewal(site)).renewal).toMatchObject({ receiptNo: 1, receiptsGiven: 2 });
  });

  it("may come before the first bundle", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    desk.issue(site.request());
    expect(desk.issue(renewal(site)).renewal).toMatchObject({ size: 1, acknowledged: 0 });
  });

  it("may be answered twice", () => {
    const { desk, site } = acknowledgedSite();
    const request = renewal(site);
    expect(desk.issue(request).renewal).toEqual(desk.issue(request).renewal);
  });
});

describe("a ledger that contradicts the books", () => {
  it("that was put back behind its bundle gets no license", () => {
    const { desk, site } = acknowledgedSite();
    const head = site.headOf(2, randomBytes(32));
    expect(refused(desk, renewal(site, { head }))).toEqual({
      code: "RENEWAL_BEHIND",
      verdict: "RENEWAL_BEHIND",
      licenses: 1,
    });
  });

  it("that was put back behind an earlier request gets none", () => {
    const { desk, site } = acknowledgedSite();
    const before = renewal(site);
    site.checkpoint([granted()]);
    desk.issue(renewal(site));
    expect(codeOf(() => desk.issue(before))).toBe("RENEWAL_BEHIND");
  });

  it("that went on from another past gets none, whatever it proves", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    const head = site.headOf(site.size, randomBytes(32));
    expect(refused(desk, renewal(site, { head }))).toMatchObject({
      code: "RENEWAL_FORKED",
      licenses: 1,
    });
  });

  it("of the acknowledged size with another root gets none", () => {
    const { desk, site } = acknowledgedSite();
    const head = site.headOf(site.acknowledged.size, randomBytes(32));
    expect(refused(desk, renewal(site, { head }))).toMatchObject({ code: "RENEWAL_FORKED" });
  });

  it("that proves nothing from what was acknowledged gets none", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    expect(refused(desk, renewal(site, { proofs: [] }))).toMatchObject({
      code: "RENEWAL_UNPROVEN",
    });
  });

  it.each([
    ["a receipt that was never given", { receiptNo: 7, size: 3, nonce: new Uint8Array(32) }],
    ["another nonce than its receipt", { receiptNo: 1, size: 3, nonce: new Uint8Array(32) }],
  ])("with %s gets none", (_what, receipt) => {
    const { desk, site } = acknowledgedSite();
    expect(refused(desk, renewal(site, { receipt }))).toMatchObject({ code: "RENEWAL_RECEIPT" });
  });

  it("is not believed under another daemon's signature", () => {
    const { desk, site } = acknowledgedSite();
    const other = new Site(desk.folder.vendor);
    const { origin } = site.genesis;
    const head = signHead(
      { origin, size: site.size, root: randomBytes(32) },
      { name: origin, signer: other.daemon },
    );
    expect(codeOf(() => desk.issue(renewal(site, { head })))).toBe("REQUEST_HEAD");
  });
});

describe("a head that was shown for a license", () => {
  it("is what later bundles are held against", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    // Shown while another branch than the one that is delivered was served.
    codeOf(() => desk.issue(renewal(site, { head: site.headOf(site.size, randomBytes(32)) })));
    site.checkpoint([metered(5)]);
    expect(desk.ingest(site.export()).report.verdict).toBe("CLONE_SUSPECTED");
  });

  it("of the delivered branch changes no verdict", () => {
    const { desk, site } = acknowledgedSite();
    site.checkpoint([granted()]);
    desk.issue(renewal(site));
    site.checkpoint([metered(5)]);
    expect(desk.ingest(site.export())).toMatchObject({ accepted: true });
  });
});
