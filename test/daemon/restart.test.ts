import { describe, expect, it } from "vitest";
import { ingest } from "./at-the-vendor.ts";
import { aDaemon, type GivenDaemon, started } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

describe("a daemon that stops", () => {
  it("tells who is connected, seals what waits, and closes", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.stop();
    expect((await ada.notified("server.draining")).params).toEqual({ afterMs: 0 });
    expect(await ada.closed()).toBe(1001);

    const again = await started(daemon.site);
    expect((await again.admin.status()).vendors[0]?.ledger).toMatchObject({ size: 3, pending: 0 });
  });

  it("leaves the leases to the next start, where they live on for their time", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const held = leaseOf(await ada.acquire("sim.solver"));
    await daemon.stop();
    const again = await started(daemon.site);
    const bob = await Workstation.greeted(again.url, somebody("bob"));
    expect(await bob.acquire("sim.solver")).toMatchObject({
      error: { data: { reason: "NO_SEATS" } },
    });
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(await back.ask("seat.resume", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: held }] },
    });
  });

  it("ends no lease by closing, not even one that a broken connection would end", async () => {
    const daemon = await aDaemon({
      site: "Example Studio",
      features: [{ name: "sim.solver", seats: 1, release_on_disconnect: true }],
    });
    const ada = await Workstation.greeted(daemon.url);
    const held = leaseOf(await ada.acquire("sim.solver"));
    await daemon.stop();
    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(await back.ask("seat.resume", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: held }] },
    });
  });

  it("answers a repeated request after the restart with the lease it had granted", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const held = leaseOf(await ada.acquire("sim.solver", { key: "render-1" }));
    await daemon.stop();
    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(leaseOf(await back.acquire("sim.solver", { key: "render-1" }))).toBe(held);
  });

  it("counts a usage record once, also when the client repeats it after the restart", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const records = [{ meter: "render.minutes", units: 40, key: "job-1", usedAt: Date.now() }];
    await ada.ask("usage.record", { records });
    await daemon.stop();
    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url, ada.identity);
    expect(await back.ask("usage.record", { records })).toMatchObject({
      result: { results: [{ key: "job-1", state: "repeated" }] },
    });
    expect((await again.admin.status()).vendors[0]?.meters).toMatchObject([{ used: 40 }]);
  });

  it("says in the ledger whether it was closed or cut off", async () => {
    const daemon = await aDaemon();
    await seal(daemon);
    await daemon.stop();
    const again = await started(daemon.site);
    await seal(again);
    const starts = (await payloads(again)).filter(({ type }) => type === "start");
    expect(starts).toMatchObject([
      { previousShutdownClean: true, redoneBlocks: 0 },
      { previousShutdownClean: true, redoneBlocks: 0 },
    ]);
  });
});

async function seal({ url, admin }: GivenDaemon): Promise<void> {
  const ada = await Workstation.greeted(url);
  await ada.acquire("cad.pro");
  await admin.checkpoint();
}

async function payloads({
  admin,
  site,
}: GivenDaemon): Promise<ReturnType<typeof ingest>["payloads"]> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece));
  return ingest(Buffer.concat(pieces), site.request).payloads;
}
