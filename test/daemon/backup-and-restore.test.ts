import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import type { Config } from "../../src/config/config.ts";
import { type PackedFile, packed, unpacked } from "../../src/daemon/backup-form.ts";
import { checkBackup } from "../../src/daemon/checked-backup.ts";
import { requestLicense } from "../../src/daemon/request-license.ts";
import { restoreSite } from "../../src/daemon/restore-site.ts";
import { readActivationRequest } from "../../src/license/activation-request.ts";
import { MIGRATIONS } from "../../src/store/schema.ts";
import { ingest, sourceOf } from "./at-the-vendor.ts";
import {
  aDaemon,
  configIn,
  emptyFolder,
  type GivenSite,
  host,
  licenseFor,
  otherVendorFile,
  started,
  vendorFile,
} from "./given.ts";
import { backupOf } from "./restored.ts";
import { leaseOf, Workstation } from "./workstation.ts";

const whole = (file: PackedFile): Uint8Array => file.read(0, file.length);

function codeOf(backup: Uint8Array): string {
  try {
    checkBackup(sourceOf(backup));
    return "accepted";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** The same backup with other files. */
function repacked(
  backup: Uint8Array,
  change: (files: Map<string, Uint8Array>) => void,
): Uint8Array {
  const files = new Map([...unpacked(sourceOf(backup))].map(([name, file]) => [name, whole(file)]));
  change(files);
  const entries = [...files].map(([name, bytes]) => ({
    name,
    size: bytes.length,
    pieces: [bytes],
  }));
  return concat(...packed(entries));
}

function restoredTo(config: Config, backup: Uint8Array, file?: Uint8Array) {
  return restoreSite(config, sourceOf(backup), { vendorFile: file }, { host });
}

async function restored(backup: Uint8Array): Promise<GivenSite & { readonly usage: string }> {
  const config = configIn(emptyFolder());
  const { ledgers } = await restoredTo(config, backup);
  const request = readActivationRequest(await requestLicense(config, undefined, { host }));
  return { config, request, usage: ledgers[0]?.usage ?? "" };
}

async function record(workstation: Workstation, key: string, units = 1): Promise<void> {
  const usedAt = Date.now();
  const records = [{ key, meter: "render.minutes", units, usedAt }];
  const answer = await workstation.ask("usage.record", { records });
  expect(answer.error).toBeUndefined();
}

/** Units that the vendor finds in a bundle; the bundle must verify. */
function unitsIn(usage: string, { request }: GivenSite): number {
  const { report, payloads } = ingest(readFileSync(usage), request);
  expect(report.problems).toEqual([]);
  const checkpoints = payloads.filter((payload) => payload.type === "checkpoint");
  const meters = checkpoints.flatMap((each) => (each.meta.detail === "totals" ? totals(each) : []));
  return meters.reduce((sum, units) => sum + units, 0);
}

const totals = (payload: object): readonly number[] =>
  (payload as { meters: readonly { units: number }[] }).meters.map(({ units }) => units);

describe("a backup made while clients record usage", () => {
  it("holds everything that was answered before, once, and nothing twice", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const records = { asked: 0, answered: 0 };
    const using = (async () => {
      while (records.asked < 60) {
        records.asked += 1;
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await record(ada, `record-${records.asked}`);
        records.answered += 1;
      }
    })();
    const backups: { backup: Uint8Array; least: number; most: number }[] = [];
    while (records.answered < 50) {
      const least = records.answered;
      // oxlint-disable-next-line no-await-in-loop -- while the records go on
      const backup = await backupOf(daemon);
      backups.push({ backup, least, most: records.asked });
    }
    await using;
    expect(backups.length).toBeGreaterThan(1);
    for (const { backup, least, most } of [backups[0], backups.at(-1)].flatMap((b) => b ?? [])) {
      // oxlint-disable-next-line no-await-in-loop
      const { usage } = await restored(backup);
      const units = unitsIn(usage, daemon.site);
      expect(units).toBeGreaterThanOrEqual(least);
      expect(units).toBeLessThanOrEqual(most);
    }
  });
});

describe("a restored site", () => {
  it("keeps leases and meters, and begins a ledger whose first words are where it comes from", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await record(ada, "before", 12);
    const backup = await backupOf(daemon);
    await record(ada, "after", 7);
    const site = await restored(backup);
    expect(unitsIn(site.usage, daemon.site)).toBe(12);

    const again = await started(site);
    await again.admin.installLicense(licenseFor(site));
    expect((await again.admin.seats()).seats).toMatchObject([{ lease }]);
    const bob = await Workstation.greeted(again.url);
    await record(bob, "again", 5);
    const pieces: Uint8Array[] = [];
    const exported = await again.admin.exportUsage((piece) => void pieces.push(piece));
    expect(exported.exportNo).toBe(1);
    const { report, payloads } = ingest(concat(...pieces), site.request);
    expect(report).toMatchObject({ verdict: "VERIFIED_WITH_INCIDENTS", problems: [] });
    const former = checkBackup(sourceOf(backup)).ledgers[0]?.stood;
    expect(payloads.slice(0, 3)).toMatchObject([
      { type: "genesis", predecessor: former },
      { type: "incident", code: "RESTORED_FROM_BACKUP" },
      { type: "start", previousShutdownClean: false },
    ]);
    expect(payloads).toContainEqual(
      expect.objectContaining({ meters: [expect.objectContaining({ units: 5 })] }),
    );
  });

  it("can be backed up and restored again, with the ledgers that have ended", async () => {
    const first = await restored(await backupOf(await aDaemon()));
    const second = await restored(await backupOf(await started(first)));
    const former = join(second.config.dataDir, "vendors/acme.example/former");
    expect(readdirSync(former)).toHaveLength(2);
  });

  it("grants nothing under the license of the ledger before", async () => {
    const daemon = await aDaemon();
    const site = await restored(await backupOf(daemon));
    const again = await started(site);
    await expect(again.admin.installLicense(licenseFor(daemon.site))).rejects.toMatchObject({
      code: "LICENSE_WRONG_CHAIN",
    });
  });
});

describe("a restore is refused", () => {
  it("into a folder that holds anything, which stays as it is", async () => {
    const daemon = await aDaemon();
    const backup = await backupOf(daemon);
    await daemon.stop();
    const { dataDir } = daemon.site.config;
    const before = readdirSync(dataDir);
    await expect(restoredTo(daemon.site.config, backup)).rejects.toMatchObject({
      code: "RESTORE_NOT_EMPTY",
    });
    expect(readdirSync(dataDir)).toEqual(before);
  });

  it("for another vendor, and for one of the same name with another key", async () => {
    const backup = await backupOf(await aDaemon());
    const config = configIn(emptyFolder());
    const refusal = { code: "RESTORE_OTHER_VENDOR" };
    await expect(restoredTo(config, backup, otherVendorFile)).rejects.toMatchObject(refusal);
    const posing = repacked(backup, (files) => {
      files.set("vendors/acme.example/vendor.skvendor", otherVendorFile);
    });
    await expect(restoredTo(config, posing)).rejects.toMatchObject(refusal);
    expect(existsSync(config.dataDir)).toBe(false);
  });

  it("of a backup by a newer release", async () => {
    const newer = repacked(await backupOf(await aDaemon()), (files) => {
      const text = Buffer.from(files.get("manifest.json") ?? []).toString();
      const schema = `"schema": ${MIGRATIONS.length}`;
      files.set("manifest.json", utf8(text.replace(schema, `"schema": ${MIGRATIONS.length + 1}`)));
    });
    await expect(restoredTo(configIn(emptyFolder()), newer)).rejects.toMatchObject({
      code: "STORE_NEWER",
    });
  });

  it("of anything but the very bytes that were written", async () => {
    const backup = await backupOf(await aDaemon());
    expect(codeOf(backup)).toBe("accepted");
    for (const at of [5, 40, 400, backup.length >> 1, backup.length - 1]) {
      const flipped = Uint8Array.from(backup);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(codeOf(flipped)).toMatch(/^BACKUP_(?:DAMAGED|FORMAT)$/);
      expect(codeOf(backup.subarray(0, at))).toMatch(/^BACKUP_(?:DAMAGED|FORMAT)$/);
    }
    expect(codeOf(vendorFile)).toBe("BACKUP_FORMAT");
  });

  it.each([
    "../evil",
    "vendors/acme.example/ledger.state",
    "vendors/other.example/vendor.skvendor",
    ".ssh/authorized_keys",
  ])("of a backup with the file %s", async (name) => {
    const backup = await backupOf(await aDaemon());
    const odd = repacked(backup, (files) => void files.set(name, utf8("x")));
    await expect(restoredTo(configIn(emptyFolder()), odd)).rejects.toMatchObject({
      code: "BACKUP_DAMAGED",
    });
  });

  it.each(["manifest.json", "seatkeeper.db", "site.key", "vendors/acme.example/ledger.skc"])(
    "of a backup without %s",
    async (name) => {
      const backup = await backupOf(await aDaemon());
      const lacking = repacked(backup, (files) => void files.delete(name));
      await expect(restoredTo(configIn(emptyFolder()), lacking)).rejects.toMatchObject({
        code: "BACKUP_DAMAGED",
      });
    },
  );
});

describe("a restore that was cut off", () => {
  it("leaves no site, and the next one begins anew", async () => {
    const backup = await backupOf(await aDaemon());
    const config = configIn(emptyFolder());
    mkdirSync(join(config.dataDir, "vendors", "acme.example"), { recursive: true, mode: 0o700 });
    writeFileSync(join(config.dataDir, "restore.unfinished"), "");
    writeFileSync(join(config.dataDir, "vendors", "acme.example", "ledger.skc"), "half");
    await restoredTo(config, backup);
    expect(readdirSync(config.dataDir).toSorted()).toEqual([
      "seatkeeper.db",
      "site.key",
      "tls.crt",
      "tls.key",
      "vendors",
    ]);
  });
});
