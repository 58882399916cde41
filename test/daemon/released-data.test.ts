import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { ingest } from "./at-the-vendor.ts";
import {
  aSite,
  configIn,
  emptyFolder,
  type GivenSite,
  host,
  licenseFor,
  started,
  usualTerms,
} from "./given.ts";
import { Workstation } from "./workstation.ts";

/** A data folder of each release, as it stopped, with the activation request that its license answers. */
const RELEASES = fileURLToPath(new URL("../fixtures/data", import.meta.url));
const archives = readdirSync(RELEASES).filter((name) => name.endsWith(".tar.gz"));

/** The site of an archive, in a folder of its own. */
function unpacked(archive: string): GivenSite {
  const folder = emptyFolder();
  execFileSync("tar", ["-xzf", join(RELEASES, archive), "--no-same-owner", "-C", folder]);
  const request = readActivationRequest(readFileSync(join(folder, "site.skreq"), "utf8"));
  return { config: configIn(folder), request };
}

describe.each(archives)("the data folder of a released version, %s", (archive) => {
  it("is opened by this build with its seats and meters, and goes on", async () => {
    const daemon = await started(unpacked(archive));
    expect(await daemon.admin.status()).toMatchObject({
      ready: true,
      vendors: [
        { ledger: { pending: 0 }, features: [{ used: 1 }, { used: 0 }], meters: [{ used: 12 }] },
      ],
    });
    const bob = await Workstation.greeted(daemon.url);
    expect(await bob.acquire("cad.pro")).toMatchObject({ result: { state: "granted" } });
    expect(daemon.fatal).toEqual([]);
  });

  it("gives a bundle that the vendor verifies from the first block to the newest", async () => {
    const { admin, site } = await started(unpacked(archive));
    const pieces: Uint8Array[] = [];
    await admin.exportUsage((piece) => void pieces.push(piece));
    const { report, payloads } = ingest(Buffer.concat(pieces), site.request);
    expect(report.problems).toEqual([]);
    expect(payloads).toContainEqual(
      expect.objectContaining({ meters: [expect.objectContaining({ units: 12 })] }),
    );
  });
});

describe("the kept data folders", () => {
  it("are there", () => {
    expect(archives.length).toBeGreaterThan(0);
  });

  // When a version is released: KEEP_DATA=0.2.0 npx vitest run test/daemon/released-data.test.ts
  if (process.env["KEEP_DATA"] === undefined) return;
  it("get one more", async () => {
    const folder = emptyFolder();
    mkdirSync(RELEASES, { recursive: true });
    const site = await aSite({}, folder);
    writeFileSync(
      join(folder, "site.skreq"),
      await requestLicense(site.config, undefined, { host }),
    );
    const request = readActivationRequest(readFileSync(join(folder, "site.skreq"), "utf8"));
    const daemon = await started({ ...site, request });
    await daemon.admin.installLicense(licenseFor({ ...site, request }, usualTerms));
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    const record = { key: "first", meter: "render.minutes", units: 12, usedAt: Date.now() };
    await ada.ask("usage.record", { records: [record] });
    await daemon.stop();
    const archive = join(RELEASES, `${process.env["KEEP_DATA"]}.tar.gz`);
    execFileSync("tar", [
      "-czf",
      archive,
      "--owner=0",
      "--group=0",
      "-C",
      folder,
      "data",
      "site.skreq",
    ]);
    expect(readdirSync(RELEASES)).toContain(`${process.env["KEEP_DATA"]}.tar.gz`);
  });
});
