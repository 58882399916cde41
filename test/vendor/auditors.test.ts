import { describe, expect, it } from "vitest";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { listSites } from "../../src/vendor/sites.ts";
import { Desk, metered, terms } from "./given.ts";
import { Site } from "./site.ts";

const [first, second] = [x25519PublicKey(randomBytes(32)), x25519PublicKey(randomBytes(32))];
const [firstId, secondId] = [sealingKeyId(first), sealingKeyId(second)];

const allowing = decodeTerms({
  site: "Example GmbH",
  features: [{ name: "cad.pro", seats: 3 }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
  auditor_allowed: true,
});

function licensed(sold = allowing): { readonly desk: Desk; readonly site: Site } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request(), sold);
  return { desk, site };
}

/** What the vendor finds in the next bundle, which it acknowledges. */
function findingsIn(desk: Desk, site: Site): readonly object[] {
  site.checkpoint([metered(1)]);
  const { report, receipt } = desk.ingest(site.export());
  site.takeReceipt(receipt?.text ?? "");
  return report.findings;
}

const auditorsOf = (desk: Desk): readonly (readonly string[])[] =>
  desk.store.read(listSites).map(({ auditors }) => auditors);

describe("a vendor whose license allows an auditor", () => {
  it("is told once that there is one, of each change, and when there is none any more", () => {
    const { desk, site } = licensed();
    expect(findingsIn(desk, site)).toEqual([]);
    site.nameAuditors(first);
    expect(findingsIn(desk, site)).toMatchObject([
      { kind: "AUDITORS_CHANGED", auditors: [firstId] },
    ]);
    expect(auditorsOf(desk)).toEqual([[firstId]]);
    // The receipt has begun a segment, for the same auditor: that is nothing new.
    expect(findingsIn(desk, site)).toEqual([]);
    site.nameAuditors(second, first);
    site.nameAuditors(second);
    expect(findingsIn(desk, site)).toMatchObject([
      { kind: "AUDITORS_CHANGED", auditors: [secondId, firstId] },
      { kind: "AUDITORS_CHANGED", auditors: [secondId] },
    ]);
    expect(auditorsOf(desk)).toEqual([[secondId]]);
    site.nameAuditors();
    expect(findingsIn(desk, site)).toMatchObject([{ kind: "AUDITORS_CHANGED", auditors: [] }]);
    expect(auditorsOf(desk)).toEqual([[]]);
  });
});

describe("a vendor whose licenses allow none", () => {
  it("counts the usage and has an incident, in each bundle that has an auditor", () => {
    const { desk, site } = licensed(terms);
    site.nameAuditors(first);
    site.nameAuditors(first, second);
    site.checkpoint([metered(1)]);
    const done = desk.ingest(site.export());
    expect(done).toMatchObject({ accepted: true, report: { verdict: "VERIFIED_WITH_INCIDENTS" } });
    expect(done.report.findings.map(({ kind }) => kind)).toEqual([
      "AUDITORS_CHANGED",
      "AUDITOR_NOT_ALLOWED",
      "AUDITORS_CHANGED",
    ]);
    site.takeReceipt(done.receipt?.text ?? "");
    expect(findingsIn(desk, site)).toMatchObject([
      { kind: "AUDITOR_NOT_ALLOWED", auditors: [firstId, secondId] },
    ]);
  });

  it("has none once another license of the ledger allows it", () => {
    const { desk, site } = licensed(terms);
    desk.issue(site.request(), allowing);
    site.nameAuditors(first);
    expect(findingsIn(desk, site)).toMatchObject([{ kind: "AUDITORS_CHANGED" }]);
  });
});
