import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { ingest } from "./at-the-vendor.ts";
import { fillDiskUnder } from "./full-disk.ts";
import { aDaemon, aSite, emptyFolder, type GivenDaemon, licenseFor, started } from "./given.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

describe("a ledger file that fails after the database has committed", () => {
  it("ends the process without an answer, and the next start writes the same block", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    const { chain } = vendorFolder(dataFolder(daemon.site.config.dataDir), "acme.example");
    fillDiskUnder(chain);
    await expect(daemon.admin.checkpoint()).rejects.toMatchObject({ code: "LEDGER_WRITE_FAILED" });
    expect(daemon.fatal).toMatchObject([{ code: "LEDGER_WRITE_FAILED" }]);
    expect(daemon.log.join("")).toContain('"event":"daemon.fatal"');
    await daemon.stop();

    const again = await started(daemon.site);
    const pieces: Uint8Array[] = [];
    await again.admin.exportUsage((piece) => void pieces.push(piece));
    const { report, payloads } = ingest(Buffer.concat(pieces), again.site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });
    expect(payloads.filter(({ type }) => type === "start")).toMatchObject([
      { redoneBlocks: 0 },
      { redoneBlocks: 1 },
    ]);
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(await back.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: lease }] },
    });
  });
});

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0 && process.getuid?.() === 0;

describe.skipIf(!canMount)("a disk", () => {
  it("that is full refuses what must be written, lets renewals pass, and recovers", async () => {
    const folder = smallDisk("3m");
    const daemon = await started(await aSite(QUIET, folder));
    await daemon.admin.installLicense(licenseFor(daemon.site));
    const ada = await Workstation.greeted(daemon.url);
    const held = leaseOf(await ada.acquire("sim.solver"));
    fill(folder);
    expect(await untilRefused(ada)).toMatchObject({
      error: {
        code: -32_010,
        data: { reason: "STORE_UNAVAILABLE", hint: expect.any(String) as unknown },
      },
    });
    expect(await ada.ask("seat.renew", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: held }] },
    });
    const full = await daemon.admin.status();
    expect(full).toMatchObject({ ready: false, problems: [{ code: "STORE_UNAVAILABLE" }] });

    rmSync(join(folder, "filler"));
    expect(await ada.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
    expect(await daemon.admin.status()).toMatchObject({ ready: true });
    expect(daemon.fatal).toEqual([]);
    expect(await verdict(daemon)).toBe("FIRST_VERIFIED");
  });

  it("that is read-only is refused at start, with a hint", async () => {
    const folder = smallDisk("3m");
    const site = await aSite(QUIET, folder);
    execFileSync("mount", ["-o", "remount,ro", folder]);
    await expect(started(site)).rejects.toMatchObject({
      code: "DATA_FOLDER_UNUSABLE",
      hint: expect.any(String) as unknown,
    });
  });
});

/** No checkpoint while the test fills the disk. */
const QUIET = {
  checkpoint: { ...DEFAULT_CONFIG.checkpoint, schedule: "0 3 29 2 *", maxPending: 100_000 },
};

function smallDisk(size: string): string {
  const folder = join(emptyFolder(), "small");
  mkdirSync(folder, { mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return folder;
}

function fill(folder: string): void {
  spawnSync("dd", ["if=/dev/zero", `of=${join(folder, "filler")}`, "bs=4k"]);
}

async function untilRefused(ada: Workstation): Promise<unknown> {
  for (let asked = 0; asked < 2_000; asked += 1) {
    const answer = await ada.acquire("cad.pro");
    if (answer.error !== undefined) return answer;
    const released = await ada.ask("seat.release", { lease: leaseOf(answer) });
    if (released.error !== undefined) return released;
  }
  throw new Error("the disk never gave out");
}

async function verdict({ admin, site }: GivenDaemon): Promise<string> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return ingest(Buffer.concat(pieces), site.request).report.verdict;
}
