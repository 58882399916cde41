import { chmodSync, chownSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { days, type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { examine } from "../../src/daemon/doctor.ts";
import { CHECKS, type CheckName, type Finding } from "../../src/daemon/doctor-finding.ts";
import {
  backlogFinding,
  fileSystemFinding,
  openFilesFinding,
  spaceFinding,
  syncFinding,
} from "../../src/daemon/doctor-ground.ts";
import {
  backupFinding,
  certificateFinding,
  clockFinding,
  recordedClockFinding,
} from "../../src/daemon/doctor-records.ts";
import { keepLastBackupOffline } from "../../src/daemon/last-backup.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { aSite, type GivenSite, licenseFor, noon, started, usualTerms, vendor } from "./given.ts";
import { Workstation } from "./workstation.ts";

const later = (span: number): UnixMillis => unixMillis(noon + span);

/** The verdicts of one check. */
function of(check: CheckName, findings: readonly Finding[]): readonly Finding["verdict"][] {
  return findings.filter((each) => each.check === check).map(({ verdict }) => verdict);
}

async function verdicts(site: GivenSite, check: CheckName): Promise<readonly Finding["verdict"][]> {
  return of(check, await examine(site.config));
}

/** A site with a license, whose daemon has run and stopped. */
async function aLicensedSite(more: Partial<Config> = {}, terms = usualTerms): Promise<GivenSite> {
  const site = await aSite(more);
  const daemon = await started(site);
  await daemon.admin.installLicense(licenseFor(site, terms));
  await daemon.stop();
  return site;
}

describe("a site that is well", () => {
  it("has no problem, with its daemon stopped and running; every check has something to say", async () => {
    const site = await aLicensedSite({ tls: { mode: "self-made" } });
    const stopped = await examine(site.config);
    await started(site);
    const running = await examine(site.config);
    const depends = new Set(["file-system", "disk-space", "disk-speed", "kernel"]);
    for (const findings of [stopped, running]) {
      expect(new Set(findings.map(({ check }) => check))).toEqual(
        new Set(CHECKS.filter((check) => check !== "config")),
      );
      const wrong = findings.filter(({ verdict }) => verdict === "problem");
      expect(wrong.filter(({ check }) => !depends.has(check))).toEqual([]);
      for (const { verdict, remedy } of findings) expect(remedy === null).toBe(verdict === "ok");
    }
    expect(of("daemon", stopped)).toEqual(["warning"]);
    expect(of("daemon", running)).toEqual(["ok"]);
  });
});

describe("what is wrong with a site", () => {
  it("files: one that others can read, and one that is somebody else's", async () => {
    const site = await aLicensedSite();
    expect(await verdicts(site, "files")).toEqual(["ok"]);
    const { siteKey, database } = dataFolder(site.config.dataDir);
    chmodSync(siteKey, 0o644);
    expect(await verdicts(site, "files")).toEqual(["problem"]);
    chmodSync(siteKey, 0o620);
    expect(await verdicts(site, "files")).toEqual(["problem"]);
    chmodSync(siteKey, 0o600);
    if (process.geteuid?.() !== 0) return;
    chownSync(database, 12_345, 12_345);
    expect(await verdicts(site, "files")).toEqual(["problem"]);
  });

  it("certificate: its files are gone", async () => {
    const site = await aLicensedSite({ tls: { mode: "self-made" } });
    rmSync(dataFolder(site.config.dataDir).tlsCertificate);
    expect(await verdicts(site, "certificate")).toEqual(["problem"]);
  });

  it("daemon: it runs and cannot serve", async () => {
    const site = await aSite();
    await started(site);
    expect(await verdicts(site, "daemon")).toEqual(["problem"]);
  });

  it("port: another program has it", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => closed(server));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const site = await aSite();
    const listen = { ...site.config.listen, port: address.port };
    const findings = await examine({ ...site.config, listen });
    expect(findings.find(({ check }) => check === "port")).toMatchObject({
      verdict: "problem",
      text: `another program listens on 127.0.0.1:${address.port}`,
    });
  });

  it("port: the networks that may connect leave this machine out", async () => {
    const site = await aLicensedSite();
    const { access } = readConfig("access: { networks: [10.1.0.0/16] }", "/c");
    await started({ ...site, config: { ...site.config, access } });
    // The kernel takes the connection before the daemon cuts it off.
    expect(await verdicts(site, "port")).toEqual(["problem"]);
  });

  it("license: none, one that ends soon, and one that is damaged", async () => {
    expect(await verdicts(await aSite(), "license")).toEqual(["problem"]);
    const soon = new Date(Date.now() + days(10)).toISOString().slice(0, 10);
    const site = await aLicensedSite({}, { ...usualTerms, not_after: soon });
    expect(await verdicts(site, "license")).toEqual(["warning"]);
    const { licenses } = vendorFolder(dataFolder(site.config.dataDir), vendor);
    writeFileSync(join(licenses, "other.sklic"), "no license\n", { mode: 0o600 });
    expect(await verdicts(site, "license")).toEqual(["problem", "warning"]);
  });

  it("ledger: a block that was changed, and a key state of another moment", async () => {
    const site = await aLicensedSite();
    const { chain, state } = vendorFolder(dataFolder(site.config.dataDir), vendor);
    expect(await verdicts(site, "ledger")).toEqual(["ok"]);
    const old = `${site.config.dataDir}.state`;
    copyFileSync(state, old);
    onTestFinished(() => rmSync(old));
    const daemon = await started(site);
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    await daemon.stop();
    const good = readFileSync(state);
    copyFileSync(old, state);
    const other = await verdicts(site, "ledger");
    writeFileSync(state, good);
    const bytes = readFileSync(chain);
    bytes[bytes.length - 70] = (bytes[bytes.length - 70] ?? 0) ^ 1;
    writeFileSync(chain, bytes);
    expect((await verdicts(site, "ledger")).every((verdict) => verdict === "problem")).toBe(true);
    expect(other).toContain("problem");
  });

  it("database: pages that are not what they were", async () => {
    const site = await aLicensedSite();
    const { database } = dataFolder(site.config.dataDir);
    expect(await verdicts(site, "database")).toEqual(["ok"]);
    const bytes = readFileSync(database);
    bytes.fill(0xff, 4_096);
    writeFileSync(database, bytes);
    expect(await verdicts(site, "database")).toEqual(["problem"]);
  });

  it("backup: none was read back yet, and then an old one", async () => {
    const site = await aLicensedSite();
    expect(await verdicts(site, "backup")).toEqual(["warning"]);
    const now = unixMillis(Date.now());
    keepLastBackupOffline(dataFolder(site.config.dataDir), now);
    expect(await verdicts(site, "backup")).toEqual(["ok"]);
    const daemon = await started(site);
    expect(await verdicts(site, "backup")).toEqual(["ok"]);
    await daemon.admin.backupChecked(unixMillis(now - days(8)));
    expect(await verdicts(site, "backup")).toEqual(["warning"]);
  });

  it("everything: there is no data folder, which the checks say one by one", async () => {
    const { config } = await aSite();
    const findings = await examine({ ...config, dataDir: `${config.dataDir}-gone` });
    for (const check of ["files", "license", "ledger", "database"] as const) {
      expect(of(check, findings)).toEqual(["problem"]);
    }
  });
});

describe("what is judged", () => {
  it.each<[Finding, Finding["verdict"]]>([
    [spaceFinding(50_000_000), "problem"],
    [spaceFinding(500_000_000), "warning"],
    [spaceFinding(5_000_000_000), "ok"],
    [syncFinding(400), "problem"],
    [syncFinding(40), "warning"],
    [syncFinding(4), "ok"],
    [fileSystemFinding("nfs"), "problem"],
    [fileSystemFinding("tmpfs"), "problem"],
    [fileSystemFinding("btrfs"), "warning"],
    [fileSystemFinding(null), "warning"],
    [fileSystemFinding("ext4"), "ok"],
    [openFilesFinding(1_024, 20_000), "warning"],
    [openFilesFinding(65_536, 20_000), "ok"],
    [backlogFinding(128), "warning"],
    [backlogFinding(4_096), "ok"],
    [certificateFinding(later(-1), noon), "problem"],
    [certificateFinding(later(days(29)), noon), "warning"],
    [certificateFinding(later(days(31)), noon), "ok"],
    [certificateFinding(undefined, noon), "warning"],
    [clockFinding({ believed: noon, suspect: { since: noon, byMs: 90_000 } }), "problem"],
    [clockFinding({ believed: noon, suspect: null }), "ok"],
    [recordedClockFinding({ highWater: later(120_000), suspectSince: null }, noon), "problem"],
    [recordedClockFinding({ highWater: noon, suspectSince: noon }, noon), "problem"],
    [recordedClockFinding({ highWater: later(-1), suspectSince: null }, noon), "ok"],
    [backupFinding(later(-8 * days(1)), noon), "warning"],
  ])("%o", (finding, verdict) => {
    expect(finding.verdict).toBe(verdict);
    expect(finding.remedy === null).toBe(verdict === "ok");
  });
});

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
