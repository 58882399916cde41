import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkDataFolder,
  dataFolder,
  makeFolder,
  vendorFolder,
  writeFileDurably,
} from "../../src/store/data-folder.ts";
import { temporaryFolder } from "./given.ts";

describe("the data folder", () => {
  it("has a fixed place for everything", () => {
    const folder = dataFolder("/var/lib/seatkeeper");
    expect(folder).toEqual({
      path: "/var/lib/seatkeeper",
      siteKey: "/var/lib/seatkeeper/site.key",
      nextSiteKey: "/var/lib/seatkeeper/site.key.next",
      tlsCertificate: "/var/lib/seatkeeper/tls.crt",
      tlsKey: "/var/lib/seatkeeper/tls.key",
      database: "/var/lib/seatkeeper/seatkeeper.db",
      vendors: "/var/lib/seatkeeper/vendors",
    });
    expect(vendorFolder(folder, "acme.example")).toEqual({
      path: "/var/lib/seatkeeper/vendors/acme.example",
      vendorFile: "/var/lib/seatkeeper/vendors/acme.example/vendor.skvendor",
      licenses: "/var/lib/seatkeeper/vendors/acme.example/licenses",
      revocations: "/var/lib/seatkeeper/vendors/acme.example/revocations.note",
      keyCertificate: "/var/lib/seatkeeper/vendors/acme.example/daemon-key.note",
      chain: "/var/lib/seatkeeper/vendors/acme.example/ledger.skc",
      leaves: "/var/lib/seatkeeper/vendors/acme.example/ledger.skc.leaves",
      archives: "/var/lib/seatkeeper/vendors/acme.example/archive",
      state: "/var/lib/seatkeeper/vendors/acme.example/ledger.state",
      lent: "/var/lib/seatkeeper/vendors/acme.example/lent",
    });
  });

  it.each(["", "..", "../etc", "a/b", ".hidden", "a\0b"])("has no place for vendor %j", (name) => {
    expect(() => vendorFolder(dataFolder("/data"), name)).toThrow(RangeError);
  });

  it("is made for its owner alone", () => {
    const path = join(temporaryFolder(), "a", "b");
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(() => checkDataFolder(path)).not.toThrow();
  });

  it("is refused at once where the file system makes no folders, as an automounter whose server is away", () => {
    expect(() => makeFolder("/proc/seatkeeper/here")).toThrow(
      expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE" }) as Error,
    );
  });

  it("cannot be made where a file is", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    expect(() => makeFolder(path)).toThrow(
      expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE" }),
    );
    expect(() => makeFolder(join(path, "below"))).toThrow(
      expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE" }),
    );
  });
});

describe("a folder that this process must not work in", () => {
  it("is one that is not there, or no folder", () => {
    const missing = join(temporaryFolder(), "nowhere");
    const refusal: unknown = expect.objectContaining({
      code: "DATA_FOLDER_MISSING",
      message: `there is no data folder ${missing}`,
      hint: "run seatkeeper init first, or check data_dir in the configuration",
    });
    expect(() => checkDataFolder(missing)).toThrow(refusal);
    writeFileSync(missing, "");
    expect(() => checkDataFolder(missing)).toThrow(refusal);
  });

  it("is one that others can write to", () => {
    const path = temporaryFolder();
    chmodSync(path, 0o770);
    expect(() => checkDataFolder(path)).toThrow(
      expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE", hint: `chmod 700 ${path}` }),
    );
  });

  it.skipIf(process.getuid?.() !== 0)("is the service's own, when root asks", () => {
    const path = join(temporaryFolder(), "data");
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 12_345, 12_345);
    expect(() => checkDataFolder(path)).toThrow(
      expect.objectContaining({
        code: "DATA_FOLDER_OWNER",
        message: `${path} belongs to user 12345, not to 0`,
        hint: "run the command as its owner: sudo -u '#12345' …",
      }),
    );
  });
});

describe("a file written durably", () => {
  it("has its content and mode, whatever was there before", () => {
    const path = join(temporaryFolder(), "a.sklic");
    writeFileSync(path, "a longer text that was there before", { mode: 0o644 });
    writeFileSync(`${path}.new`, "what a crash left behind, longer", { mode: 0o644 });
    writeFileDurably(path, Buffer.from("new"));
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.new`)).toBe(false);
    writeFileDurably(path, Buffer.from("public"), 0o644);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it("is refused with a reason where it cannot be", () => {
    const path = join(temporaryFolder(), "nowhere", "a.sklic");
    expect(() => writeFileDurably(path, Buffer.from("new"))).toThrow(
      expect.objectContaining({ code: "STORE_UNAVAILABLE" }),
    );
  });
});
