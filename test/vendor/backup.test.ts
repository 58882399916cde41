import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readLicense } from "../../src/license/license.ts";
import { makeBackup, restoreBackup } from "../../src/vendor/backup.ts";
import { databasePath, openFolder } from "../../src/vendor/folder.ts";
import { changePassphrase } from "../../src/vendor/keys.ts";
import { revoke } from "../../src/vendor/revoke.ts";
import { rotateIssuing, rotateSealing } from "../../src/vendor/rotation.ts";
import { VendorStore } from "../../src/vendor/vendor-store.ts";
import {
  at,
  cheap,
  codeOf,
  Desk,
  day,
  granted,
  newVendor,
  noon,
  passphrase,
  temporaryFolder,
} from "./given.ts";
import { Site } from "./site.ts";

const nextDay = noon + day;

/** A vendor with new keys, a revoked license and a bundle in its books, and a backup of all that. */
function kept(): {
  readonly desk: Desk;
  readonly site: Site;
  readonly bundle: Uint8Array;
  readonly backup: string;
} {
  const desk = Desk.open();
  const { path } = desk.folder;
  const site = new Site(desk.folder.vendor);
  const { licenseId } = desk.issue(site.request()).license;
  desk.issue(site.request());
  const rotation = { passphrase, now: at(nextDay), days: 365, cost: cheap };
  rotateIssuing(path, desk.store, rotation);
  rotateSealing(path, desk.store, rotation);
  revoke(path, desk.store, {
    revoked: { kind: "license", licenseId },
    passphrase,
    now: at(nextDay),
  });
  site.checkpoint([granted()]);
  const bundle = site.export();
  Desk.at(openFolder(path), nextDay).ingest(bundle);
  const made = makeBackup(path, desk.store, at(nextDay).wall);
  const backup = join(temporaryFolder(), "vendor.backup");
  copyFileSync(made, backup);
  rmSync(made);
  return { desk, site, bundle, backup };
}

const newPlace = (): string => join(temporaryFolder(), "restored");

describe("a backup", () => {
  it("brings keys, vendor file, revocations and books back, as they were", () => {
    const { desk, site, bundle, backup } = kept();
    const path = newPlace();
    const folder = restoreBackup({ backup, path, passphrase });
    const before = openFolder(desk.folder.path);
    expect(folder.vendor).toEqual(before.vendor);
    expect(folder.revocations).toEqual(before.revocations);
    expect(readdirSync(join(path, "keys")).toSorted()).toEqual(
      readdirSync(join(desk.folder.path, "keys")).toSorted(),
    );
    const restored = Desk.at(folder, nextDay);
    expect(restored.ingest(bundle)).toMatchObject({ accepted: true, counted: undefined });
    expect(restored.issue(site.request()).activated).toBe(false);
  });

  it("opens with the passphrase it was made under, whatever came after", () => {
    const { desk, backup } = kept();
    const next = "a quite different passphrase";
    changePassphrase(openFolder(desk.folder.path), { old: passphrase, next, cost: cheap });
    const wrong = newPlace();
    const restore = (): unknown => restoreBackup({ backup, path: wrong, passphrase: next });
    expect(codeOf(restore)).toBe("KEY_FILE_PASSPHRASE");
    expect(existsSync(wrong)).toBe(false);
    const folder = restoreBackup({ backup, path: newPlace(), passphrase });
    expect(changePassphrase(folder, { old: passphrase, next, cost: cheap })).toBe(4);
    const store = VendorStore.open(databasePath(folder.path));
    onTestFinished(() => store.close());
    const made = makeBackup(folder.path, store, noon);
    const anew = restoreBackup({ backup: made, path: newPlace(), passphrase: next });
    expect(anew.vendor).toEqual(folder.vendor);
  });

  it("is refused when it is damaged, or no backup, and nothing is made", () => {
    const { desk, backup } = kept();
    const bytes = readFileSync(backup);
    const cut = join(temporaryFolder(), "cut");
    writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
    const text = join(temporaryFolder(), "text");
    writeFileSync(text, "not a backup\n");
    for (const from of [cut, text, join(desk.folder.path, "vendor.db")]) {
      const path = newPlace();
      expect(codeOf(() => restoreBackup({ backup: from, path, passphrase }))).toBe(
        "VENDOR_BACKUP_UNUSABLE",
      );
      expect(existsSync(path)).toBe(false);
    }
  });

  it("never goes over a folder that has something in it", () => {
    const { desk, backup } = kept();
    const restore = (): unknown => restoreBackup({ backup, path: desk.folder.path, passphrase });
    expect(codeOf(restore)).toBe("VENDOR_EXISTS");
  });

  it("that is older than the books has the next bundles ingested again", () => {
    const { desk, site, backup } = kept();
    site.checkpoint([granted()]);
    const later = site.export();
    Desk.at(openFolder(desk.folder.path), nextDay).ingest(later);
    const restored = Desk.at(restoreBackup({ backup, path: newPlace(), passphrase }), nextDay);
    expect(restored.ingest(later)).toMatchObject({ accepted: true, counted: { grants: 1 } });
  });

  it("that forgot a revocation can make it again: the new list is above the lost one", () => {
    const { desk, site, backup } = kept();
    const { licenseId } = Desk.at(openFolder(desk.folder.path), nextDay).issue(
      site.request(),
    ).license;
    const revoked = { kind: "license", licenseId } as const;
    const lost = revoke(desk.folder.path, desk.store, { revoked, passphrase, now: at(nextDay) });
    const folder = restoreBackup({ backup, path: newPlace(), passphrase });
    const restored = Desk.at(folder, nextDay);
    // The license was issued since the backup: the site has it, the restored books have not.
    expect(
      codeOf(() =>
        revoke(folder.path, restored.store, { revoked, passphrase, now: at(nextDay + day) }),
      ),
    ).toBe("VENDOR_LICENSE_UNKNOWN");
    const other = restored.issue(site.request()).license.licenseId;
    const again = revoke(folder.path, restored.store, {
      revoked: { kind: "license", licenseId: other },
      passphrase,
      now: at(nextDay + day),
    });
    expect(again.list.number).toBeGreaterThan(lost.list.number);
  });
});

describe("without the root key", () => {
  it("the vendor goes on until the issuing key ends, and changes nothing about its keys", () => {
    const { desk, site } = kept();
    rmSync(join(desk.folder.path, "keys/root.skkey"));
    const later = Desk.at(openFolder(desk.folder.path), nextDay);
    expect(later.issue(site.request()).license.vendor).toBe("acme.example");
    site.checkpoint([granted()]);
    expect(later.ingest(site.export())).toMatchObject({ accepted: true });
    const rotation = { passphrase, now: at(nextDay + day), days: 365, cost: cheap };
    expect(codeOf(() => rotateIssuing(desk.folder.path, desk.store, rotation))).toBe(
      "VENDOR_KEY_MISSING",
    );
  });

  it("a new vendor begins, whose sites believe nothing by the old root key, and the old books stay readable", () => {
    const { desk, site, bundle } = kept();
    const begun = newVendor(join(temporaryFolder(), "begun"));
    const { text } = Desk.at(openFolder(desk.folder.path), nextDay).issue(site.request()).license;
    const { name, rootKey } = begun.vendor;
    expect(codeOf(() => readLicense(text, { vendorName: name, rootKey }))).toBe("LICENSE_ISSUER");
    const fresh = new Site(begun.vendor);
    expect(Desk.at(begun).issue(fresh.request()).activated).toBe(true);
    expect(Desk.at(openFolder(desk.folder.path), nextDay).ingest(bundle).accepted).toBe(true);
  });
});
