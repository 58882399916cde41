import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import { ChainSource } from "../../src/daemon/chain-source.ts";
import { initSite } from "../../src/daemon/init-site.ts";
import { readBlocks } from "../../src/ledger/reader.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { aDaemon, aSite, type GivenSite, host, licenseFor, started, vendorFile } from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";

describe("a daemon without a license", () => {
  it("runs, denies, and says why it is not ready", async () => {
    const daemon = await started(await aSite());
    const ada = await Workstation.greeted(daemon.url);
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "NO_LICENSE" } },
    });
    expect(await daemon.admin.status()).toMatchObject({
      ready: false,
      problems: [{ code: "NO_LICENSE" }],
    });
    expect(await readiness(daemon.address.port)).toEqual({
      status: 503,
      body: "NO_LICENSE: no license of acme.example is in force\n",
    });
  });

  it("grants as soon as one is installed, and tells who is connected", async () => {
    const daemon = await started(await aSite());
    const ada = await Workstation.greeted(daemon.url);
    const license = await daemon.admin.installLicense(licenseFor(daemon.site));
    expect(license).toMatchObject({
      vendor: "acme.example",
      site: "Example Studio",
      problem: "",
      features: [
        { feature: "cad.pro", seats: 3 },
        { feature: "sim.solver", seats: 1 },
      ],
    });
    await ada.notified("license.changed");
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
    expect(await readiness(daemon.address.port)).toEqual({ status: 200, body: "ready\n" });
  });
});

describe("licenses of one vendor", () => {
  it("add up, also after a restart", async () => {
    const daemon = await aDaemon();
    await daemon.admin.installLicense(licenseFor(daemon.site));
    await daemon.stop();
    const again = await started(daemon.site);
    expect((await again.admin.licenses()).licenses).toHaveLength(2);
    const ada = await Workstation.greeted(again.url);
    expect(await ada.acquire("cad.pro", { count: 6 })).toMatchObject({
      result: { state: "granted" },
    });
  });

  it("count once when one is installed twice", async () => {
    const daemon = await started(await aSite());
    const license = licenseFor(daemon.site);
    await daemon.admin.installLicense(license);
    await daemon.admin.installLicense(license);
    expect((await daemon.admin.licenses()).licenses).toHaveLength(1);
  });

  it("count once when a file is copied, and the copy is a problem in status", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const { licenses } = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    const [file = ""] = readdirSync(licenses);
    cpSync(join(licenses, file), join(licenses, "0-copy.sklic"));
    cpSync(join(licenses, file), join(licenses, "copy.sklic"));
    const again = await started(daemon.site);
    const ada = await Workstation.greeted(again.url);
    expect(await ada.acquire("cad.pro", { count: 3 })).toMatchObject({
      result: { state: "granted" },
    });
    expect(await ada.acquire("cad.pro")).toMatchObject({ error: {} });
    expect((await again.admin.status()).problems.map(({ code }) => code)).toEqual([
      "LICENSE_FILE_NAME",
      "LICENSE_FILE_NAME",
    ]);
  });

  it("may lose their folder: none is in force, and the next installation makes it again", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const { licenses } = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    rmSync(licenses, { recursive: true });
    const again = await started(daemon.site);
    expect(await again.admin.status()).toMatchObject({ problems: [{ code: "NO_LICENSE" }] });
    await again.admin.installLicense(licenseFor(daemon.site));
    expect(await again.admin.status()).toMatchObject({ ready: true });
    await again.stop();
    expect(readdirSync(licenses)).toHaveLength(1);
  });

  it("cannot lie in a file instead of a folder", async () => {
    const site = await aSite();
    const { licenses } = vendorFolder(dataFolder(site.config.dataDir), "acme.example");
    rmSync(licenses, { recursive: true });
    writeFileSync(licenses, "");
    await expect(started(site)).rejects.toMatchObject({ code: "SITE_FILE_UNREADABLE" });
  });

  it("are not replaced by another text under the same id", async () => {
    const daemon = await started(await aSite());
    const licenseId = "00112233445566778899aabbccddeeff";
    await daemon.admin.installLicense(licenseFor(daemon.site, undefined, { licenseId }));
    const changed = licenseFor(
      daemon.site,
      { site: "Another", features: [{ name: "cad.pro", seats: 300 }] },
      { licenseId },
    );
    await expect(daemon.admin.installLicense(changed)).rejects.toMatchObject({
      code: "LICENSE_INSTALLED",
    });
  });
});

describe("a license that is wrong", () => {
  const day = 86_400_000;
  const today = { site: "Example Studio", features: [{ name: "cad.pro", seats: 3 }] };

  it.each([
    [
      "for another host",
      "LICENSE_WRONG_HOST",
      (site: GivenSite) =>
        licenseFor(site, today, {
          hostFingerprint: { hash: "cd".repeat(32), parts: ["machine-id"] },
        }),
    ],
    [
      "for another daemon",
      "LICENSE_WRONG_DAEMON",
      (site: GivenSite) => licenseFor(site, today, { daemonKey: somebody().signer.publicKey }),
    ],
    [
      "for another genesis",
      "LICENSE_WRONG_CHAIN",
      (site: GivenSite) => licenseFor(site, today, { genesisLeaf: new Uint8Array(32) }),
    ],
    [
      "that has ended",
      "LICENSE_EXPIRED",
      (site: GivenSite) => licenseFor(site, { ...today, not_after: site.request.createdAt - day }),
    ],
    [
      "by an issuer out of its time",
      "LICENSE_ISSUER_EXPIRED",
      (site: GivenSite) => licenseFor(site, today, { issuedAt: unixMillis(1) }),
    ],
    [
      "that a mail program has changed",
      "NOTE_CRLF",
      (site: GivenSite) => utf8(text(site).replaceAll("\n", "\r\n")),
    ],
    ["that ends early", "NOTE_TRUNCATED", (site: GivenSite) => utf8(text(site).slice(0, 400))],
    [
      "with more seats than were signed",
      "LICENSE_SIGNATURE",
      (site: GivenSite) => utf8(text(site).replace('"seats": 3', '"seats": 9')),
    ],
    ["that is another kind of note", "NOTE_KIND", () => vendorFile],
  ])("%s is refused with %s, and changes nothing", async (_, code, file) => {
    const daemon = await started(await aSite());
    await expect(daemon.admin.installLicense(file(daemon.site))).rejects.toMatchObject({
      code,
      hint: expect.any(String) as unknown,
    });
    expect((await daemon.admin.licenses()).licenses).toEqual([]);
  });
});

describe("a data folder that moved to another host", () => {
  it("is served, denies with the reason, and says so", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const moved = await started(daemon.site, { host: elsewhere });
    const ada = await Workstation.greeted(moved.url);
    expect(await ada.acquire("cad.pro")).toMatchObject({
      error: { data: { reason: "WRONG_HOST", feature: "cad.pro" } },
    });
    expect((await moved.admin.status()).problems.map(({ code }) => code)).toEqual([
      "NO_LICENSE",
      "LICENSE_WRONG_HOST",
    ]);
    expect((await moved.admin.licenses()).licenses).toMatchObject([
      { problem: "LICENSE_WRONG_HOST", features: [] },
    ]);
  });
});

describe("a ledger in which a byte has changed", () => {
  it("is a problem in status and readyz from the next start on, and can still be exported", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    for (const feature of ["cad.pro", "sim.solver"]) {
      // oxlint-disable-next-line no-await-in-loop -- one block after the other
      await ada.acquire(feature);
      // oxlint-disable-next-line no-await-in-loop
      await daemon.admin.checkpoint();
    }
    await daemon.stop();
    const { chain } = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    const [, second] = [...readBlocks(new ChainSource(chain))];
    const bytes = readFileSync(chain);
    const at = (second?.offset ?? 0) + (second?.block.bytes.length ?? 0) - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(chain, bytes);
    const again = await started(daemon.site);
    expect(await again.admin.status()).toMatchObject({
      ready: false,
      problems: [{ code: "HASH_CHAIN_BROKEN" }],
    });
    expect(await readiness(again.address.port)).toMatchObject({ status: 503 });
    expect(again.log.filter((line) => line.includes("ledger.damaged"))).toHaveLength(1);
    const pieces: Uint8Array[] = [];
    await again.admin.exportUsage((piece) => void pieces.push(piece));
    expect(pieces.length).toBeGreaterThan(0);
  });
});

describe("a ledger that is not the licensed one", () => {
  it("made anew under the old license is refused at start", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const { config } = daemon.site;
    const folder = vendorFolder(dataFolder(config.dataDir), "acme.example");
    const kept = join(config.dataDir, "kept");
    cpSync(folder.licenses, kept, { recursive: true });
    rmSync(folder.path, { recursive: true });
    await initSite(config, vendorFile, { host });
    cpSync(kept, folder.licenses, { recursive: true });
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "GENESIS_MISMATCH" });
  });

  it("deleted is refused at start, and not made anew", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const folder = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    rmSync(folder.chain);
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "CHAIN_MISSING" });
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "CHAIN_MISSING" });
  });

  it("whose keys are gone is refused at start", async () => {
    const daemon = await aDaemon();
    await daemon.stop();
    const folder = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    writeFileSync(folder.state, new Uint8Array(8_192));
    await expect(started(daemon.site)).rejects.toMatchObject({ code: "CHAIN_KEY_LOST" });
  });
});

const text = (site: GivenSite): string => fromUtf8(licenseFor(site));

const elsewhere: typeof host = () => ({ hash: "cd".repeat(32), parts: ["machine-id"] });

async function readiness(port: number): Promise<object> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, body: await response.text() };
}
