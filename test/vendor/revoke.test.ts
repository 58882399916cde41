import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { issuerKeyId } from "../../src/license/issuer.ts";
import { readLicense } from "../../src/license/license.ts";
import { openFolder } from "../../src/vendor/folder.ts";
import { listKeys } from "../../src/vendor/key-list.ts";
import { issuersOf } from "../../src/vendor/keys.ts";
import { type Revoked, type RevokedLicenses, revoke } from "../../src/vendor/revoke.ts";
import { rotateIssuing } from "../../src/vendor/rotation.ts";
import { at, cheap, codeOf, Desk, day, granted, noon, passphrase } from "./given.ts";
import { Site } from "./site.ts";

const nextDay = noon + day;

function revoking(desk: Desk, revoked: Revoked): RevokedLicenses {
  return revoke(desk.folder.path, desk.store, { revoked, passphrase, now: at(nextDay) });
}

const later = (desk: Desk): Desk => Desk.at(openFolder(desk.folder.path), nextDay);

/** A vendor whose first issuing key has signed a license and is out of use. */
function rotated(): { readonly desk: Desk; readonly site: Site; readonly former: string } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  const [issuer] = issuersOf(desk.folder.vendor);
  const rotation = { passphrase, now: at(nextDay), days: 365, cost: cheap };
  rotateIssuing(desk.folder.path, desk.store, rotation);
  return { desk: later(desk), site, former: issuer === undefined ? "" : issuerKeyId(issuer.key) };
}

describe("a revoked license", () => {
  it("is in the list that each license and receipt brings from then on", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    const { licenseId } = desk.issue(site.request()).license;
    expect(desk.issue(site.request()).license.revocations).toBeUndefined();
    const { list, licenses } = revoking(desk, { kind: "license", licenseId });
    expect(licenses).toMatchObject([{ licenseId, site: "Example GmbH" }]);
    expect(list).toMatchObject({ number: nextDay / 1_000, licenses: [licenseId], issuers: [] });
    expect(later(desk).issue(site.request()).license.revocations).toEqual(list);
    site.checkpoint([granted()]);
    const { receipt } = later(desk).ingest(site.export());
    expect(site.takeReceipt(receipt?.text ?? "").revocations).toEqual(list);
  });

  it("is revoked once, and the list grows by what comes after", () => {
    const desk = Desk.open();
    const site = new Site(desk.folder.vendor);
    const first = desk.issue(site.request()).license.licenseId;
    const second = desk.issue(site.request()).license.licenseId;
    revoking(desk, { kind: "license", licenseId: first });
    const again = revoking(desk, { kind: "license", licenseId: first });
    expect(again).toMatchObject({ repeated: true, list: { number: nextDay / 1_000 } });
    const { list } = revoking(desk, { kind: "license", licenseId: second });
    expect(list).toMatchObject({ number: nextDay / 1_000 + 1, licenses: [first, second] });
  });

  it("is one that was issued here", () => {
    const desk = Desk.open();
    const unknown = (): unknown => revoking(desk, { kind: "license", licenseId: "00".repeat(16) });
    expect(codeOf(unknown)).toBe("VENDOR_LICENSE_UNKNOWN");
    expect(openFolder(desk.folder.path).revocations).toBeUndefined();
  });
});

describe("a revoked issuing key", () => {
  it("is told with the licenses that it has signed, which are to be issued again", () => {
    const { desk, site, former } = rotated();
    desk.issue(site.request());
    const { list, licenses } = revoking(desk, { kind: "issuer", keyId: former });
    expect(list.issuers.map(issuerKeyId)).toEqual([former]);
    expect(licenses).toHaveLength(1);
    expect(listKeys(later(desk).folder, at(nextDay).wall)).toMatchObject([
      { role: "issuing", state: "current" },
      { role: "issuing", id: former, state: "revoked" },
      { role: "sealing", state: "current" },
    ]);
  });

  it("is never the one in use: nothing could be issued any more", () => {
    const desk = Desk.open();
    const [issuer] = issuersOf(desk.folder.vendor);
    const keyId = issuer === undefined ? "" : issuerKeyId(issuer.key);
    expect(codeOf(() => revoking(desk, { kind: "issuer", keyId }))).toBe("VENDOR_KEY_IN_USE");
  });

  it("is one that the vendor had", () => {
    const desk = Desk.open();
    const unknown = (): unknown => revoking(desk, { kind: "issuer", keyId: "00".repeat(8) });
    expect(codeOf(unknown)).toBe("VENDOR_KEY_UNKNOWN");
  });

  it("leaves the books of the vendor readable", () => {
    const { desk, site, former } = rotated();
    revoking(desk, { kind: "issuer", keyId: former });
    site.checkpoint([granted()]);
    expect(later(desk).ingest(site.export())).toMatchObject({ accepted: true });
  });
});

describe("the vendor's list of revocations", () => {
  it("that was changed is noticed before anything is signed", () => {
    const desk = Desk.open();
    const { licenseId, text } = desk.issue(new Site(desk.folder.vendor).request()).license;
    revoking(desk, { kind: "license", licenseId });
    const path = join(desk.folder.path, "revocations.note");
    writeFileSync(path, readFileSync(path, "utf8").replace(licenseId, "00".repeat(16)));
    expect(codeOf(() => openFolder(desk.folder.path))).toBe("REVOCATIONS_SIGNATURE");
    rmSync(path);
    const { name, rootKey } = openFolder(desk.folder.path).vendor;
    expect(readLicense(text, { vendorName: name, rootKey }).licenseId).toBe(licenseId);
  });
});
