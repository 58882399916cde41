import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readVendorFile } from "../../src/license/vendor-file.ts";
import { openFolder } from "../../src/vendor/folder.ts";
import {
  changePassphrase,
  initVendor,
  unlockIssuing,
  unlockSealing,
} from "../../src/vendor/keys.ts";
import { at, cheap, codeOf, newVendor, noon, passphrase, temporaryFolder } from "./given.ts";

const FIVE_YEARS = 1_826 * 86_400_000;
const next = "a quite different passphrase";

describe("a new vendor", () => {
  it("is a folder with sealed keys, a store, and a public file signed by its root key", () => {
    const path = join(temporaryFolder(), "vendor");
    const { vendor } = newVendor(path);
    const kid = vendor.sealingKeys[0]?.kid;
    expect(readdirSync(path).toSorted()).toEqual(["acme.skvendor", "keys", "vendor.db"]);
    expect(readdirSync(join(path, "keys")).toSorted()).toEqual([
      "issuing.skkey",
      "root.skkey",
      `sealing-${kid}.skkey`,
    ]);
    expect(readVendorFile(readFileSync(join(path, "acme.skvendor")))).toEqual(vendor);
  });

  it("keeps its secrets to its owner", () => {
    const path = join(temporaryFolder(), "vendor");
    newVendor(path);
    const modeOf = (name: string): number => statSync(join(path, name)).mode & 0o777;
    expect(modeOf("keys")).toBe(0o700);
    expect(modeOf("keys/root.skkey")).toBe(0o600);
    expect(modeOf("vendor.db")).toBe(0o600);
    expect(readFileSync(join(path, "keys/root.skkey"), "utf8")).toMatch(
      /^seatkeeper key file v1\n/,
    );
  });

  it("may issue for five years, to the millisecond", () => {
    const folder = newVendor(join(temporaryFolder(), "vendor"));
    const unlockAt = (moment: number): unknown => unlockIssuing(folder, passphrase, at(moment));
    expect(() => unlockAt(noon)).not.toThrow();
    expect(() => unlockAt(noon + FIVE_YEARS - 1)).not.toThrow();
    expect(codeOf(() => unlockAt(noon + FIVE_YEARS))).toBe("VENDOR_ISSUER_EXPIRED");
    expect(codeOf(() => unlockAt(noon - 1))).toBe("VENDOR_ISSUER_EXPIRED");
  });

  it.each(["Acme", "acme example", "", "-acme", "acme/skc"])("cannot be called %j", (name) => {
    const path = join(temporaryFolder(), "vendor");
    expect(codeOf(() => newVendor(path, name))).toBe("VENDOR_NAME");
    expect(codeOf(() => openFolder(path))).toBe("VENDOR_MISSING");
  });
});

describe("a folder that has something in it", () => {
  it("is never made a vendor", () => {
    const path = temporaryFolder();
    writeFileSync(join(path, "thesis.txt"), "mine");
    expect(codeOf(() => newVendor(path))).toBe("VENDOR_EXISTS");
    expect(readdirSync(path)).toEqual(["thesis.txt"]);
  });

  it("may be there empty, and nothing half-made stays beside it", () => {
    const parent = temporaryFolder();
    mkdirSync(join(parent, "vendor"));
    newVendor(join(parent, "vendor"));
    expect(codeOf(() => newVendor(join(parent, "vendor")))).toBe("VENDOR_EXISTS");
    expect(readdirSync(parent)).toEqual(["vendor"]);
  });
});

describe("the keys", () => {
  it("do not open with another passphrase", () => {
    const folder = newVendor(join(temporaryFolder(), "vendor"));
    expect(codeOf(() => unlockSealing(folder, "wrong"))).toBe("KEY_FILE_PASSPHRASE");
    expect(codeOf(() => unlockIssuing(folder, "wrong", at(noon)))).toBe("KEY_FILE_PASSPHRASE");
  });

  it("of another vendor do not fit", () => {
    const parent = temporaryFolder();
    const folder = newVendor(join(parent, "vendor"));
    const other = newVendor(join(parent, "other"));
    const foreign = readFileSync(join(other.path, "keys/issuing.skkey"));
    writeFileSync(join(folder.path, "keys/issuing.skkey"), foreign);
    expect(codeOf(() => unlockIssuing(folder, passphrase, at(noon)))).toBe("VENDOR_KEY_MISMATCH");
  });

  it("are missed by name when they are gone", () => {
    const folder = newVendor(join(temporaryFolder(), "vendor"));
    rmSync(join(folder.path, "keys/issuing.skkey"));
    expect(codeOf(() => unlockIssuing(folder, passphrase, at(noon)))).toBe("VENDOR_KEY_MISSING");
  });
});

describe("a changed passphrase", () => {
  it("opens every key, and the old one opens none", () => {
    const folder = newVendor(join(temporaryFolder(), "vendor"));
    expect(changePassphrase(folder, { old: passphrase, next, cost: cheap })).toBe(3);
    expect(() => unlockIssuing(folder, next, at(noon))).not.toThrow();
    expect(unlockSealing(folder, next).size).toBe(1);
    expect(codeOf(() => unlockSealing(folder, passphrase))).toBe("KEY_FILE_PASSPHRASE");
  });

  it("changes nothing when the old one is wrong", () => {
    const folder = newVendor(join(temporaryFolder(), "vendor"));
    const change = { old: "wrong", next, cost: cheap };
    expect(codeOf(() => changePassphrase(folder, change))).toBe("KEY_FILE_PASSPHRASE");
    expect(unlockSealing(folder, passphrase).size).toBe(1);
  });

  it("that was interrupted half-way is finished by the same command", () => {
    const parent = temporaryFolder();
    const folder = newVendor(join(parent, "vendor"));
    const root = join(folder.path, "keys/root.skkey");
    const before = readFileSync(root);
    changePassphrase(folder, { old: passphrase, next, cost: cheap });
    writeFileSync(root, before);
    expect(changePassphrase(folder, { old: passphrase, next, cost: cheap })).toBe(1);
    expect(changePassphrase(folder, { old: passphrase, next, cost: cheap })).toBe(0);
  });
});

describe("a vendor file that was changed", () => {
  it("is noticed before any key is used", () => {
    const path = join(temporaryFolder(), "vendor");
    const folder = initVendor({
      path,
      name: "acme.example",
      passphrase,
      now: at(noon),
      cost: cheap,
    });
    const text = readFileSync(folder.vendorFilePath, "utf8");
    writeFileSync(folder.vendorFilePath, text.replace(/"created_at": \d/, '"created_at": 2'));
    expect(codeOf(() => openFolder(path))).toBe("VENDOR_FILE_SIGNATURE");
  });
});
