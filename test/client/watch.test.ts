import { describe, expect, it, onTestFinished } from "vitest";
import { connect, type LiveStatus, type Seatkeeper } from "../../src/client/index.ts";
import { aDaemon, emptyFolder, type GivenDaemon, root, started, vendor } from "../daemon/given.ts";

async function workstation(user: string, ...daemons: readonly GivenDaemon[]): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: daemons.map(({ url }) => url),
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user, host: `${user}-pc` },
    dataDir: emptyFolder(),
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

/** The same site again, under the same address. */
function restarted(daemon: GivenDaemon): Promise<GivenDaemon> {
  const { config } = daemon.site;
  const listen = { ...config.listen, port: daemon.address.port };
  return started({ ...daemon.site, config: { ...config, listen } });
}

const freeOf = (status: LiveStatus | undefined, name: string): number | undefined =>
  status?.features.find(({ feature }) => feature === name)?.free;

const patience = { timeout: 20_000 };

describe("an application that watches", () => {
  it("sees seats come and go, and its own place in the queue move", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [await workstation("ada", daemon), await workstation("bob", daemon)];
    const seen: LiveStatus[] = [];
    bob.watch((status) => seen.push(status));
    await expect.poll(() => freeOf(seen.at(-1), "sim.solver")).toBe(1);
    const seat = await ada.acquire("sim.solver");
    await expect.poll(() => freeOf(seen.at(-1), "sim.solver"), patience).toBe(0);
    const wish = bob.acquire("sim.solver", { wait: true });
    await expect
      .poll(() => seen.at(-1)?.places, patience)
      .toMatchObject([{ feature: "sim.solver", position: 1 }]);
    await seat.release();
    await wish;
    await expect.poll(() => seen.at(-1)?.places, patience).toEqual([]);
    expect(seen.every(({ server }) => server === `${daemon.url}/`)).toBe(true);
  });

  it("goes on after the daemon's restart", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [await workstation("ada", daemon), await workstation("bob", daemon)];
    const seen: LiveStatus[] = [];
    bob.watch((status) => seen.push(status));
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    await daemon.stop();
    await restarted(daemon);
    await ada.acquire("cad.pro", { count: 3 });
    await expect.poll(() => freeOf(seen.at(-1), "cad.pro"), patience).toBe(0);
  });

  it("sees the figures of the server it has gone to", async () => {
    const [home, away] = [await aDaemon(), await aDaemon()];
    const [ada, bob] = [await workstation("ada", away), await workstation("bob", home, away)];
    await ada.acquire("cad.pro", { count: 2 });
    const seen: LiveStatus[] = [];
    bob.watch((status) => seen.push(status));
    await expect.poll(() => freeOf(seen.at(-1), "cad.pro")).toBe(3);
    await home.stop();
    await expect.poll(() => seen.at(-1)?.server, patience).toBe(`${away.url}/`);
    expect(freeOf(seen.at(-1), "cad.pro")).toBe(1);
  });

  it("hears nothing any more when it has ended it, and another listener still does", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [await workstation("ada", daemon), await workstation("bob", daemon)];
    const [one, other]: [LiveStatus[], LiveStatus[]] = [[], []];
    const end = bob.watch((status) => one.push(status));
    bob.watch((status) => other.push(status));
    await expect.poll(() => [one.length > 0, other.length > 0]).toEqual([true, true]);
    end();
    const heard = one.length;
    await ada.acquire("cad.pro");
    await expect.poll(() => freeOf(other.at(-1), "cad.pro"), patience).toBe(2);
    expect(one).toHaveLength(heard);
  });

  it("gets everything again when it ends and begins anew", async () => {
    const daemon = await aDaemon();
    const bob = await workstation("bob", daemon);
    const seen: LiveStatus[] = [];
    const end = bob.watch(() => undefined);
    end();
    bob.watch((status) => seen.push(status));
    await expect.poll(() => seen.at(-1)?.features).toHaveLength(2);
  });
});
