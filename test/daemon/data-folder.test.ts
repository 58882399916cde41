import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { readHost } from "../../src/daemon/host.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { aDaemon, aSite, configIn, emptyFolder, host, started, vendorFile } from "./given.ts";
import { Workstation } from "./workstation.ts";

describe("a data folder", () => {
  it("that was never initialised is refused with the next step", async () => {
    const config = configIn(emptyFolder());
    mkdirSync(config.dataDir, { mode: 0o700 });
    await expect(requestLicense(config)).rejects.toMatchObject({
      code: "SITE_MISSING",
      hint: "run seatkeeper init --vendor FILE first, or check data_dir in the configuration",
    });
  });

  it("takes one ledger per vendor for life", async () => {
    const { config } = await aSite();
    await expect(initSite(config, vendorFile, { host })).rejects.toMatchObject({
      code: "VENDOR_LEDGER_EXISTS",
    });
  });

  it("with half a ledger, left by a crash of init, is initialised anew", async () => {
    const { config } = await aSite();
    rmSync(vendorFolder(dataFolder(config.dataDir), "acme.example").vendorFile);
    await expect(requestLicense(config)).rejects.toMatchObject({ code: "VENDOR_NOT_HERE" });
    await initSite(config, vendorFile, { host });
    expect(await requestLicense(config, "acme.example", { host })).toContain(
      "seatkeeper request v1",
    );
  });

  it("whose vendor file is gone gets it back, and keeps ledger, keys and licenses", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const { config } = daemon.site;
    const folder = vendorFolder(dataFolder(config.dataDir), "acme.example");
    rmSync(folder.vendorFile);
    const before = [readFileSync(folder.chain), readFileSync(folder.state)];
    expect(await initSite(config, vendorFile, { host })).toMatchObject({
      chainId: daemon.site.request.chainId,
      restored: true,
    });
    expect([readFileSync(folder.chain), readFileSync(folder.state)]).toEqual(before);
    expect(await (await started(daemon.site)).admin.status()).toMatchObject({ ready: true });
  });

  it.each([
    ["a license of another vendor's keys", "licenses/x.sklic"],
    ["a file that init never made", "ledger.skc.tail"],
  ])("that has no vendor file, but %s, is not made anew", async (_, name) => {
    const { config } = await aSite();
    const folder = vendorFolder(dataFolder(config.dataDir), "acme.example");
    rmSync(folder.vendorFile);
    writeFileSync(join(folder.path, name), "something\n");
    await expect(initSite(config, vendorFile, { host })).rejects.toMatchObject({
      code: "VENDOR_FOLDER_IN_USE",
    });
    expect(existsSync(join(folder.path, name))).toBe(true);
  });

  it("that has no vendor file, but more than one block, is not made anew without a license", async () => {
    const daemon = await aDaemon();
    await daemon.admin.checkpoint();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    await daemon.stop();
    const { config } = daemon.site;
    const folder = vendorFolder(dataFolder(config.dataDir), "acme.example");
    rmSync(folder.vendorFile);
    rmSync(folder.licenses, { recursive: true });
    const refused = { code: "VENDOR_FOLDER_IN_USE" };
    await expect(initSite(config, vendorFile, { host })).rejects.toMatchObject(refused);
    rmSync(folder.chain);
    await expect(initSite(config, vendorFile, { host })).rejects.toMatchObject(refused);
  });

  it("with a vendor's folder that has no vendor file says so, and is not ready", async () => {
    const site = await aSite();
    rmSync(vendorFolder(dataFolder(site.config.dataDir), "acme.example").vendorFile);
    expect(await (await started(site)).admin.status()).toMatchObject({
      ready: false,
      problems: [{ code: "VENDOR_FOLDER_ORPHANED" }],
    });
  });

  it("with a damaged site key is refused", async () => {
    const site = await aSite();
    writeFileSync(dataFolder(site.config.dataDir).siteKey, "seatkeeper site key v1\n");
    await expect(started(site)).rejects.toMatchObject({ code: "SITE_KEY_DAMAGED" });
  });

  it("without its site key is not made into another site", async () => {
    const { config } = await aSite();
    rmSync(dataFolder(config.dataDir).siteKey);
    await expect(initSite(config, vendorFile, { host })).rejects.toMatchObject({
      code: "SITE_KEY_MISSING",
    });
    expect(existsSync(dataFolder(config.dataDir).siteKey)).toBe(false);
  });

  it("is given back when the daemon's schedule cannot be read", async () => {
    const checkpoint = { ...DEFAULT_CONFIG.checkpoint, schedule: "61 * * * *" };
    const site = await aSite({ checkpoint });
    await expect(started(site)).rejects.toMatchObject({ code: "CLOCK_SCHEDULE" });
    const { checkpoint: usual } = DEFAULT_CONFIG;
    await started({ ...site, config: { ...site.config, checkpoint: usual } });
  });

  it.skipIf(process.getuid?.() !== 0)("that belongs to somebody else is refused", async () => {
    const site = await aSite();
    chownSync(site.config.dataDir, 12_345, 12_345);
    await expect(started(site)).rejects.toMatchObject({ code: "DATA_FOLDER_OWNER" });
  });

  it("asks which vendor is meant where there is another", async () => {
    const { config } = await aSite();
    await expect(requestLicense(config, "other.example", { host })).rejects.toMatchObject({
      code: "VENDOR_NOT_HERE",
    });
  });
});

describe("the host", () => {
  it("is known by a keyed hash of its machine id", () => {
    const path = join(emptyFolder(), "machine-id");
    writeFileSync(path, "00112233445566778899aabbccddeeff\n");
    expect(readHost(path)).toEqual({
      // HMAC-SHA256(machine id, "seatkeeper host fingerprint v1").
      hash: "911d92e7d35ac3aa6e582b897b1140d1bad6378e089cca08ba45767cb2944a38",
      parts: ["machine-id"],
    });
  });

  it("with a machine id that is none yet is not known", () => {
    const path = join(emptyFolder(), "machine-id");
    writeFileSync(path, "uninitialized\n");
    expect(() => readHost(path)).toThrow(
      expect.objectContaining({ code: "HOST_IDENTITY_MISSING" }),
    );
  });

  it("without a machine id, as in a container, is known by its name, and says so", () => {
    const path = join(emptyFolder(), "machine-id");
    // HMAC-SHA256("host name lic-1", "seatkeeper host fingerprint v1").
    const byName = {
      hash: "e2f75bb18d50f8e6d57450b31c55a6082eea3d7467c35b1f34336b3d62645f76",
      parts: ["host-name"],
    };
    expect(readHost(path, "LIC-1")).toEqual(byName);
    writeFileSync(path, "");
    expect(readHost(path, "lic-1")).toEqual(byName);
  });
});
