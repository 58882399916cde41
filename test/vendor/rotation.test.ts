import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { issuerKeyId } from "../../src/license/issuer.ts";
import { readLicense } from "../../src/license/license.ts";
import { newestSealingKey } from "../../src/license/sealing-keys.ts";
import { openFolder, type VendorFolder } from "../../src/vendor/folder.ts";
import { listKeys } from "../../src/vendor/key-list.ts";
import { changePassphrase, unlockIssuing, unlockSealing } from "../../src/vendor/keys.ts";
import { type Rotation, rotateIssuing, rotateSealing } from "../../src/vendor/rotation.ts";
import { at, cheap, codeOf, Desk, day, granted, noon, passphrase } from "./given.ts";
import { Site } from "./site.ts";

const nextDay = noon + day;
const rotation = (wall: number, days = 365): Rotation => ({
  passphrase,
  now: at(wall),
  days,
  cost: cheap,
});

/** A vendor that has licensed a site under its first keys. */
function licensed(): { readonly desk: Desk; readonly site: Site; readonly license: string } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  return { desk, site, license: desk.issue(site.request()).license.text };
}

const trustIn = ({ vendor }: VendorFolder): Parameters<typeof readLicense>[1] => ({
  vendorName: vendor.name,
  rootKey: vendor.rootKey,
});

const keysIn = ({ path }: VendorFolder): readonly string[] =>
  readdirSync(join(path, "keys")).toSorted();

describe("a new issuing key", () => {
  it("issues from then on, and what the former one signed stays good", () => {
    const { desk, site, license } = licensed();
    const issuer = rotateIssuing(desk.folder.path, desk.store, rotation(nextDay));
    const later = Desk.at(openFolder(desk.folder.path), nextDay);
    const renewed = later.issue(site.request()).license;
    expect(renewed.issuer).toBe(issuer.text);
    expect(readLicense(license, trustIn(later.folder)).issuer).not.toBe(issuer.text);
  });

  it("holds for the days it was given, to the millisecond", () => {
    const { desk } = licensed();
    rotateIssuing(desk.folder.path, desk.store, rotation(nextDay, 30));
    const folder = openFolder(desk.folder.path);
    const unlockAt = (wall: number): unknown => unlockIssuing(folder, passphrase, at(wall));
    expect(() => unlockAt(nextDay + 30 * day - 1)).not.toThrow();
    expect(codeOf(() => unlockAt(nextDay + 30 * day))).toBe("VENDOR_ISSUER_EXPIRED");
  });

  it("takes the place of the former one's secret", () => {
    const { desk } = licensed();
    const { key } = rotateIssuing(desk.folder.path, desk.store, rotation(nextDay));
    const names = keysIn(desk.folder).filter((name) => name.startsWith("issuing"));
    expect(names).toEqual([`issuing-${issuerKeyId(key)}.skkey`]);
  });

  it("counts once it is in the vendor file: a key file alone is what a crash left, and goes with the next", () => {
    const { desk } = licensed();
    const file = readFileSync(desk.folder.vendorFilePath);
    const first = readFileSync(join(desk.folder.path, "keys/issuing.skkey"));
    rotateIssuing(desk.folder.path, desk.store, rotation(nextDay));
    // The crash: both key files are there, and the vendor file is as it was.
    writeFileSync(desk.folder.vendorFilePath, file);
    writeFileSync(join(desk.folder.path, "keys/issuing.skkey"), first, { mode: 0o600 });
    const crashed = openFolder(desk.folder.path);
    expect(() => unlockIssuing(crashed, passphrase, at(nextDay))).not.toThrow();
    const { key } = rotateIssuing(desk.folder.path, desk.store, rotation(nextDay));
    const names = keysIn(crashed).filter((name) => name.startsWith("issuing"));
    expect(names).toEqual([`issuing-${issuerKeyId(key)}.skkey`]);
  });

  it("is refused while this computer's clock stands before the present one's beginning", () => {
    const { desk } = licensed();
    const before = keysIn(desk.folder);
    const rotate = (): unknown => rotateIssuing(desk.folder.path, desk.store, rotation(noon - day));
    expect(codeOf(rotate)).toBe("VENDOR_KEY_FUTURE");
    expect(keysIn(desk.folder)).toEqual(before);
  });

  it("takes the passphrase of the root key", () => {
    const { desk } = licensed();
    const wrong = { ...rotation(nextDay), passphrase: "wrong" };
    const rotate = (): unknown => rotateIssuing(desk.folder.path, desk.store, wrong);
    expect(codeOf(rotate)).toBe("KEY_FILE_PASSPHRASE");
  });
});

describe("a new sealing key", () => {
  it("reaches a site with its next license, which brings the vendor file along", () => {
    const { desk, site, license } = licensed();
    const { current, former } = rotateSealing(desk.folder.path, desk.store, rotation(nextDay));
    const later = Desk.at(openFolder(desk.folder.path), nextDay);
    const trust = trustIn(later.folder);
    const renewed = readLicense(later.issue(site.request()).license.text, trust);
    expect(readLicense(license, trust)).toMatchObject({ sealingKeyId: former.kid });
    expect(readLicense(license, trust).vendorFile).toBeUndefined();
    expect(renewed.sealingKeyId).toBe(current.kid);
    expect(renewed.vendorFile).toEqual(later.folder.vendor);
  });

  it("is what a new site begins under, whose license need not bring it", () => {
    const { desk } = licensed();
    const { current } = rotateSealing(desk.folder.path, desk.store, rotation(nextDay));
    const later = Desk.at(openFolder(desk.folder.path), nextDay);
    expect(newestSealingKey([later.folder.vendor])).toEqual(current);
    const site = new Site(later.folder.vendor, current.key);
    const { license } = later.issue(site.request());
    expect(license.sealingKeyId).toBe(current.kid);
    expect(license.vendorFile).toBeUndefined();
  });

  it("leaves the former secret in its place, so that what was sealed to it stays readable", () => {
    const { desk, site } = licensed();
    site.checkpoint([granted()]);
    const old = site.export();
    rotateSealing(desk.folder.path, desk.store, rotation(nextDay));
    const later = Desk.at(openFolder(desk.folder.path), nextDay);
    expect(unlockSealing(later.folder, passphrase).size).toBe(2);
    expect(later.ingest(old)).toMatchObject({ accepted: true, counted: { grants: 1 } });
  });

  it("comes under a changed passphrase like the others", () => {
    const { desk } = licensed();
    rotateSealing(desk.folder.path, desk.store, rotation(nextDay));
    rotateIssuing(desk.folder.path, desk.store, rotation(nextDay));
    const folder = openFolder(desk.folder.path);
    const next = "a quite different passphrase";
    expect(changePassphrase(folder, { old: passphrase, next, cost: cheap })).toBe(4);
    expect(unlockSealing(folder, next).size).toBe(2);
    expect(() => unlockIssuing(folder, next, at(nextDay))).not.toThrow();
  });
});

describe("the list of keys", () => {
  it("tells which is used, which was, and what has ended", () => {
    const { desk } = licensed();
    rotateIssuing(desk.folder.path, desk.store, rotation(nextDay, 30));
    rotateSealing(desk.folder.path, desk.store, rotation(nextDay, 30));
    const folder = openFolder(desk.folder.path);
    const statesAt = (wall: number): readonly string[] =>
      listKeys(folder, at(wall).wall).map(({ role, state }) => `${role} ${state}`);
    expect(statesAt(nextDay)).toEqual([
      "issuing current",
      "issuing former",
      "sealing current",
      "sealing former",
    ]);
    expect(statesAt(nextDay + 30 * day)).toEqual([
      "issuing ended",
      "issuing former",
      "sealing current",
      "sealing ended",
    ]);
  });
});
