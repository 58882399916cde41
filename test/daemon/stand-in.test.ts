import { existsSync } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { restoreSite } from "../../src/daemon/restore-site.ts";
import { openGenesis } from "../../src/ledger/genesis.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import { ingest, sourceOf } from "./at-the-vendor.ts";
import {
  aDaemon,
  aSite,
  configIn,
  emptyFolder,
  type GivenDaemon,
  licenseFor,
  root as rootSigner,
  sealingSecret,
  started,
  stopTime,
  usualTerms,
  vendor,
} from "./given.ts";
import {
  after,
  backupOf,
  DAY,
  forEmergency,
  inEmergency,
  MINUTE,
  restoredOn,
  STANDBY,
  standby,
  third,
} from "./restored.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

const forStandby = { ...usualTerms, standby_hosts: [STANDBY] };

/** An application that keeps to the rules. */
async function application(daemon: GivenDaemon, dataDir = emptyFolder()): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: daemon.url,
    vendor: { name: vendor, rootKey: rootSigner.publicKey },
    labels: { user: "ada", host: "ada-pc" },
    dataDir,
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

async function denialOn({ url }: GivenDaemon): Promise<unknown> {
  const ada = await Workstation.greeted(url);
  const { error } = await ada.acquire("cad.pro");
  return error?.data["reason"];
}

/** The newest head, as a client is shown it with a seat. */
async function headOf({ url }: GivenDaemon): Promise<unknown> {
  const ada = await Workstation.greeted(url);
  const { result } = await ada.acquire("cad.pro", { since: [] });
  return (result as { ledger?: { head: string } } | undefined)?.ledger?.head;
}

async function sealedBy({ admin, site }: GivenDaemon): Promise<readonly Payload[]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  const { report, payloads } = ingest(concat(...pieces), site.request);
  expect(report).toMatchObject({ verdict: "VERIFIED_WITH_INCIDENTS", problems: [] });
  return payloads;
}

const incidentsIn = (payloads: readonly Payload[]): readonly string[] =>
  payloads.flatMap((each) => (each.type === "incident" ? [`${each.code} ${each.count}`] : []));

const standInOf = async ({ admin }: GivenDaemon): Promise<unknown> =>
  (await admin.status()).vendors[0]?.standIn;

describe("a machine that the license names as a standby host", () => {
  it("serves the very ledger when the data folder is carried there", async () => {
    const daemon = await aDaemon(forStandby);
    await daemon.stop();
    const moved = await started(daemon.site, { host: standby });
    await (await application(moved)).acquire("cad.pro");
    expect(await standInOf(moved)).toBeNull();
    await moved.stop();
    const elsewhere = await started(daemon.site, { host: third });
    expect(await denialOn(elsewhere)).toBe("WRONG_HOST");
  });

  it("serves a backup at once, counts no days, and goes on when the vendor has answered", async () => {
    const daemon = await aDaemon(forStandby);
    const again = await restoredOn(standby, await backupOf(daemon));
    const seat = await (await application(again)).acquire("cad.pro");
    expect(await standInOf(again)).toEqual({
      licensed: daemon.site.request.chainId,
      emergency: null,
    });
    expect(again.log.join("")).toContain('"event":"stand-in.serving"');
    expect(incidentsIn(await sealedBy(again))).toEqual(["RESTORED_FROM_BACKUP 1"]);
    await again.admin.installLicense(licenseFor(again.site));
    expect(await standInOf(again)).toBeNull();
    // The seats of the new license alone: those that were lent are not added.
    const { vendors } = await again.admin.status();
    expect(vendors[0]?.features[0]).toMatchObject({ feature: "cad.pro", seats: 3, used: 1 });
    await seat.release();
  });

  it("is no other machine, and lends no license of another site", async () => {
    const backup = await backupOf(await aDaemon(forStandby));
    const elsewhere = await restoredOn(third, backup);
    expect(await denialOn(elsewhere)).toBe("NO_LICENSE");
    const stranger = licenseFor(await aSite(), forStandby);
    await expect(elsewhere.admin.installLicense(stranger)).rejects.toMatchObject({
      code: "LICENSE_WRONG_CHAIN",
    });
  });
});

describe("an emergency, three days of which the license gives", () => {
  it("grants seats at once on any machine, and the ledger says so", async () => {
    const daemon = await started(await aSite());
    // What the vendor has acknowledged is of the ledger that is lost, and holds nothing against the new one.
    const { leaf: root } = openGenesis(daemon.site.request.genesisBlock, sealingSecret);
    const acknowledged = { size: 1, root };
    await daemon.admin.installLicense(licenseFor(daemon.site, forEmergency, { acknowledged }));
    const again = await restoredOn(third, await backupOf(daemon), true);
    const keeper = await application(again);
    const contradictions: unknown[] = [];
    keeper.on("contradicted", (contradiction) => contradictions.push(contradiction));
    await keeper.acquire("cad.pro");
    expect(contradictions).toEqual([]);
    expect((await again.admin.status()).vendors[0]?.contradictions).toEqual([]);
    expect(await standInOf(again)).toMatchObject({
      licensed: daemon.site.request.chainId,
      emergency: { day: 1, allowed: 3 },
    });
    const incidents = incidentsIn(await sealedBy(again));
    expect(incidents).toEqual(["RESTORED_FROM_BACKUP 1", "EMERGENCY_DAY 1"]);
  });

  it("counts on over restarts and days without the daemon, and gains nothing by a clock that is set back", async () => {
    stopTime();
    const begun = await inEmergency();
    const first = await after(DAY - 2 * MINUTE, begun);
    expect(await standInOf(first)).toMatchObject({ emergency: { day: 1 } });
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(await standInOf(first)).toMatchObject({ emergency: { day: 2 } });
    const second = await after(-400 * DAY, first);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(await standInOf(second)).toMatchObject({ emergency: { day: 2 } });
    const last = await after(401 * DAY, second);
    expect(await standInOf(last)).toMatchObject({ emergency: { day: 3 } });
    expect(await denialOn(last)).toBeUndefined();
    expect(incidentsIn(await sealedBy(last))).toEqual([
      "RESTORED_FROM_BACKUP 1",
      "EMERGENCY_DAY 1",
      "EMERGENCY_DAY 2",
      "EMERGENCY_DAY 2",
      "CLOCK_ANOMALY 1",
      "EMERGENCY_DAY 3",
    ]);
  });

  it("ends by itself, and the vendor's answer ends the end", async () => {
    stopTime();
    const again = await after(3 * DAY - 2 * MINUTE, await inEmergency());
    await vi.advanceTimersByTimeAsync(50_000);
    const bob = await Workstation.greeted(again.url);
    const lease = leaseOf(await bob.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await denialOn(again)).toBe("EMERGENCY_OVER");
    const { result } = await bob.ask("seat.renew", { leases: [lease], nonce: nonce() });
    expect(result).toMatchObject({ leases: [], lost: [{ id: lease, reason: "EMERGENCY_OVER" }] });
    expect((await again.admin.status()).problems).toMatchObject([{ code: "EMERGENCY_OVER" }]);
    await again.admin.installLicense(licenseFor(again.site));
    expect(await denialOn(again)).toBeUndefined();
    const later = await after(MINUTE, again);
    const { ready, vendors } = await later.admin.status();
    expect({ ready, ...vendors[0] }).toMatchObject({ ready: true, licenses: 1, standIn: null });
  });

  it("begins with the first start, however old the backup is", async () => {
    stopTime();
    const daemon = await aDaemon(forEmergency);
    const backup = await backupOf(daemon);
    await daemon.stop();
    vi.setSystemTime(Date.now() + 90 * DAY);
    const again = await restoredOn(third, backup, true);
    expect(await standInOf(again)).toMatchObject({ emergency: { day: 1 } });
  });

  it("goes on counting when the machine that stood in is lost too", async () => {
    stopTime();
    const begun = await inEmergency();
    const { licensed } = (await standInOf(begun)) as { licensed: string };
    const first = await after(DAY, begun);
    const second = await restoredOn(standby, await backupOf(first), true);
    const emergency = { day: 2, allowed: 3 };
    expect(await standInOf(second)).toMatchObject({ licensed, emergency });
    expect(await denialOn(second)).toBeUndefined();
  });

  it("lends nobody a seat to take away, for no license proves such a ticket", async () => {
    const terms = {
      site: "Example Studio",
      emergency_days: 3,
      features: [{ name: "cad.pro", seats: 3, borrow: { days: 7, seats: 3 } }],
    };
    const again = await restoredOn(third, await backupOf(await aDaemon(terms)), true);
    const keeper = await application(again);
    await expect(keeper.borrow("cad.pro", { days: 1 })).rejects.toMatchObject({
      reason: "BORROW_NOT_ALLOWED",
    });
  });

  it("is for the machine on which it was declared", async () => {
    const again = await restoredOn(third, await backupOf(await aDaemon(forEmergency)), true);
    await again.stop();
    const copied = await started(again.site, { host: standby });
    expect(await denialOn(copied)).toBe("WRONG_HOST");
  });

  it("is none on a standby host that the license names", async () => {
    const terms = { ...forStandby, emergency_days: 3 };
    const again = await restoredOn(standby, await backupOf(await aDaemon(terms)), true);
    expect(await standInOf(again)).toMatchObject({ emergency: null });
  });
});

describe("a client that remembers the ledger from before", () => {
  it("tells of no stand-in where a backup was restored, as often as it was", async () => {
    const heads: unknown[] = [];
    let daemon = await aDaemon();
    for (const _ of ["first", "second"]) {
      // oxlint-disable-next-line no-await-in-loop -- each is the backup of the one before
      heads.push(await headOf(daemon));
      // oxlint-disable-next-line no-await-in-loop
      daemon = await restoredOn(third, await backupOf(daemon));
      // oxlint-disable-next-line no-await-in-loop
      await daemon.admin.installLicense(licenseFor(daemon.site));
    }
    const ada = await Workstation.greeted(daemon.url);
    for (const head of heads) {
      // oxlint-disable-next-line no-await-in-loop
      await ada.acquire("cad.pro", { head });
    }
    expect(heads).toEqual([expect.stringContaining("/skc/"), expect.stringContaining("/skc/")]);
    expect(incidentsIn(await sealedBy(daemon))).toEqual(["RESTORED_FROM_BACKUP 1"]);
  });
});

describe("a server that was given up for lost, and comes back", () => {
  it("serves as before, hears from an application of the one that stood in, and seals that once", async () => {
    const daemon = await aDaemon(forEmergency);
    const again = await restoredOn(third, await backupOf(daemon), true);
    const dataDir = emptyFolder();
    const there = await application(again, dataDir);
    await (await there.acquire("cad.pro")).release();
    await there.close();
    for (const _ of ["once", "and", "again"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const back = await application(daemon, dataDir);
      // oxlint-disable-next-line no-await-in-loop
      await (await back.acquire("cad.pro")).release();
      // oxlint-disable-next-line no-await-in-loop
      await back.close();
    }
    expect(incidentsIn(await sealedBy(daemon))).toEqual(["STAND_IN_SEEN 1"]);
    expect(daemon.log.join("")).toContain(again.site.request.chainId);
    // What strangers say is nothing.
    const mallory = await Workstation.greeted(daemon.url);
    const head = `acme.example/skc/${"ab".repeat(16)}\n1\n${"A".repeat(43)}=\n\n— x AAAA\n`;
    await mallory.ask("seat.acquire", { feature: "cad.pro", key: "k", nonce: nonce(), head });
    expect(incidentsIn(await sealedBy(daemon))).toEqual(["STAND_IN_SEEN 1"]);
  });
});

it("an emergency that no license gives is refused before anything is written", async () => {
  const backup = await backupOf(await aDaemon());
  const config = configIn(emptyFolder());
  const restoring = restoreSite(config, sourceOf(backup), { isEmergency: true }, { host: third });
  await expect(restoring).rejects.toMatchObject({ code: "EMERGENCY_NOT_ALLOWED" });
  expect(existsSync(config.dataDir)).toBe(false);
});
