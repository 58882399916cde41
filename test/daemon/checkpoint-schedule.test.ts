import { readFileSync, statfsSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { hours } from "../../src/base/time.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import type { Payload } from "../../src/ledger/payload.ts";
import { ingest } from "./at-the-vendor.ts";
import { aDaemon, type GivenDaemon, licenseFor, stopTime, usualTerms } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

describe("a checkpoint schedule of every minute", () => {
  it("seals what waits at the next full minute, and nothing when nothing waits", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await vi.advanceTimersByTimeAsync(90_000);
    await quiet(daemon);
    expect(await ledger(daemon)).toEqual({ size: 1, acknowledged: 0, pending: 0 });

    await ada.acquire("cad.pro");
    expect(await ledger(daemon)).toEqual({ size: 1, acknowledged: 0, pending: 1 });
    await vi.advanceTimersByTimeAsync(30_000);
    await quiet(daemon);
    // The start of this run, and the checkpoint.
    expect(await ledger(daemon)).toEqual({ size: 3, acknowledged: 0, pending: 0 });
  });

  it("seals before its time when a thousand events wait", async () => {
    stopTime();
    const daemon = await aDaemon(usualTerms, {
      checkpoint: { ...DEFAULT_CONFIG.checkpoint, maxPending: 10 },
    });
    const ada = await Workstation.greeted(daemon.url);
    for (const _ of "abcde") {
      const lease = leaseOf(await ada.acquire("cad.pro"));
      await ada.ask("seat.release", { lease });
    }
    await quiet(daemon);
    expect(await ledger(daemon)).toEqual({ size: 3, acknowledged: 0, pending: 0 });
  });

  it("does not wait longer than the license allows, whatever the cron line says", async () => {
    stopTime();
    const daemon = await aDaemon(
      { ...usualTerms, sealing: { mode: "scheduled", max_interval: "20s" } },
      { checkpoint: { ...DEFAULT_CONFIG.checkpoint, schedule: "0 3 * * *" } },
    );
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await vi.advanceTimersByTimeAsync(20_000);
    await quiet(daemon);
    expect(await ledger(daemon)).toMatchObject({ pending: 0 });
  });

  it("says that nothing was used, once in the configured time", async () => {
    stopTime();
    const daemon = await aDaemon(usualTerms, {
      checkpoint: { ...DEFAULT_CONFIG.checkpoint, heartbeat: hours(1) },
    });
    for (const _ of ["one hour", "two hours", "three hours"]) {
      await vi.advanceTimersByTimeAsync(hours(1));
      await quiet(daemon);
    }
    const types = (await sealed(daemon)).map(({ type }) => type);
    expect(types.filter((type) => type === "heartbeat")).toHaveLength(3);
    expect(types).not.toContain("checkpoint");
  });
});

describe("a word about the witnesses", () => {
  it("goes to the vendor with each heartbeat: how many clients have shown a head within a week", async () => {
    stopTime();
    const daemon = await aDaemon(usualTerms, {
      checkpoint: { ...DEFAULT_CONFIG.checkpoint, heartbeat: hours(1) },
    });
    for (const user of ["ada", "bob"]) {
      const client = await Workstation.greeted(daemon.url, somebody(user));
      const asked = { leases: ["ab".repeat(16)], nonce: nonce() };
      const { result } = await client.ask("seat.renew", { ...asked, since: [] });
      const { head } = Object(result?.["ledger"]) as { readonly head: string };
      for (const _ of "twice") await client.ask("seat.renew", { ...asked, head });
    }
    await vi.advanceTimersByTimeAsync(hours(1));
    await quiet(daemon);
    const beats = (await sealed(daemon)).filter(({ type }) => type === "heartbeat");
    expect(beats).toMatchObject([{ distinctWitnesses7d: 2 }]);
  });
});

describe("the start of a run", () => {
  it("tells the vendor what the ledger stands on: file system, swap and machine", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    const start = (await sealed(daemon)).find(({ type }) => type === "start");
    const { type } = statfsSync(daemon.site.config.dataDir);
    const known = { 0xef53: "ext4", 0x1021994: "tmpfs", 0x794c7630: "overlay" }[type];
    expect(start).toMatchObject({
      fsType: known ?? `0x${type.toString(16)}`,
      swapOn: readFileSync("/proc/swaps", "utf8").trim().includes("\n"),
    });
  });
});

describe("immediate sealing", () => {
  it("has the block on the medium before the answer leaves", async () => {
    stopTime();
    const daemon = await aDaemon({
      ...usualTerms,
      detail: "events",
      sealing: { mode: "immediate", max_interval: "10m" },
    });
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    expect(await ledger(daemon)).toEqual({ size: 3, acknowledged: 0, pending: 0 });
    const [grant] = (await sealed(daemon)).flatMap((payload) =>
      payload.type === "checkpoint" && "events" in payload ? payload.events : [],
    );
    expect(grant).toMatchObject({ id: 1, type: "grant", feature: "cad.pro", lease });
  });
});

describe("an export", () => {
  it("seals what waits, with the seat time of open leases up to that moment", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    await ada.acquire("cad.pro", { count: 2 });
    await bob.acquire("sim.solver");
    await vi.advanceTimersByTimeAsync(10_000);
    const totals = (await sealed(daemon)).findLast((payload) => payload.type === "checkpoint");
    expect(totals).toMatchObject({
      meta: { detail: "totals", count: 2 },
      features: [
        { feature: "cad.pro", grants: 1, seatMillis: 20_000 },
        { feature: "sim.solver", grants: 1, seatMillis: 10_000 },
      ],
    });
  });

  it("counts seat time once, however often it is exported", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("sim.solver"));
    await vi.advanceTimersByTimeAsync(10_000);
    await sealed(daemon);
    await vi.advanceTimersByTimeAsync(5_000);
    await sealed(daemon);
    await vi.advanceTimersByTimeAsync(1_000);
    await ada.ask("seat.release", { lease });
    const checkpoints = (await sealed(daemon)).flatMap((payload) =>
      payload.type === "checkpoint" && "features" in payload ? payload.features : [],
    );
    expect(checkpoints.map(({ seatMillis }) => seatMillis)).toEqual([10_000, 5_000, 1_000]);
  });
});

describe("a license that ends", () => {
  it("stops granting at its last moment, and a second one adds its seats", async () => {
    stopTime();
    const until = { ...usualTerms, not_after: "2026-11-22" };
    const daemon = await aDaemon(until);
    await daemon.admin.installLicense(licenseFor(daemon.site, usualTerms));
    const ada = await Workstation.greeted(daemon.url);
    const seats = async (): Promise<unknown> => (await ada.ask("status.get")).result?.["features"];
    expect(await seats()).toMatchObject([{ feature: "cad.pro", seats: 6 }, { seats: 2 }]);
    await vi.advanceTimersByTimeAsync(12 * 3_600_000 + 60_000);
    await quiet(daemon);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    expect((await bob.ask("status.get")).result?.["features"]).toMatchObject([
      { feature: "cad.pro", seats: 3 },
      { seats: 1 },
    ]);
  });
});

async function ledger({ admin }: GivenDaemon): Promise<unknown> {
  return (await admin.status()).vendors[0]?.ledger;
}

/** Waits until what the timers have set off is done: it is served before the next request. */
async function quiet({ admin }: GivenDaemon): Promise<void> {
  for (const _ of "abc") await admin.status();
}

/** Everything in the ledger up to now, as the vendor reads it. */
async function sealed({ admin, site }: GivenDaemon): Promise<readonly Payload[]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  const { report, payloads } = ingest(Buffer.concat(pieces), site.request);
  // Boot time goes on while the test holds the clocks, which the vendor would notice.
  expect(report).toMatchObject({ standing: "FIRST_VERIFIED", problems: [] });
  return payloads;
}
