import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connect, type Seatkeeper } from "../../src/client/index.ts";
import { Network } from "../support/network.ts";
import { turns } from "../support/turns.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  root,
  started,
  stopTime,
  usualTerms,
  vendor,
} from "./given.ts";

async function workstation(...daemons: readonly Pick<GivenDaemon, "url">[]): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: daemons.map(({ url }) => url),
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "ada-pc" },
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

/** Lets time pass, 100 ms at a turn of the sockets, until the claim holds. */
async function passes(claim: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 5_000; turn += 1) {
    if (await claim()) return;
    vi.advanceTimersByTime(100);
    await turns(10);
  }
  throw new Error("it never came about");
}

const leasesAt = async (daemon: GivenDaemon): Promise<readonly string[]> =>
  (await daemon.admin.seats()).seats.map(({ lease }) => lease);

const queuedAt = async (daemon: GivenDaemon): Promise<number | undefined> =>
  (await daemon.admin.status()).vendors[0]?.queue.length;

const used = async (daemon: GivenDaemon): Promise<number | undefined> =>
  (await daemon.admin.status()).vendors[0]?.meters[0]?.used;

describe("an application with two servers", () => {
  it("goes on at the second, takes its seat there when the first one's is over, and comes home", async () => {
    stopTime();
    // Home keeps a lease for longer than it takes to look whether home is back.
    const terms = {
      site: "Example Studio",
      features: [{ name: "sim.solver", seats: 1, lease_time: "60s" }],
    };
    const [home, away] = [await aDaemon(terms), await aDaemon(terms)];
    const keeper = await workstation(home, away);
    const seat = await keeper.acquire("sim.solver");
    const first = seat.leaseId;
    const lost: unknown[] = [];
    keeper.on("lost", (_, loss) => lost.push(loss));

    await home.stop();
    await passes(() => keeper.server === `${away.url}/`);
    expect(seat).toMatchObject({ state: "held", leaseId: first });
    expect(await leasesAt(away)).toEqual([]);
    await passes(() => seat.leaseId !== first && seat.state === "held");
    expect(await leasesAt(away)).toEqual([seat.leaseId]);

    const back = await restarted(home);
    await passes(() => keeper.server === `${back.url}/`);
    await passes(async () => (await leasesAt(away)).length === 0);
    expect(seat).toMatchObject({ state: "held", leaseId: first });
    expect(await leasesAt(back)).toEqual([first]);
  });

  it("stays abroad while home has no seat for it", async () => {
    stopTime();
    const [home, away] = [await aDaemon(), await aDaemon()];
    const keeper = await workstation(home, away);
    const seat = await keeper.acquire("sim.solver");
    const first = seat.leaseId;
    await home.stop();
    await passes(() => seat.leaseId !== first && seat.state === "held");
    const abroad = seat.leaseId;

    const back = await restarted(home);
    // The lease from before the restart would be ours again: the administrator takes it back.
    await back.admin.revoke(first);
    const other = await workstation(back);
    const rival = await other.acquire("sim.solver");
    let looks = 0;
    await passes(() => ++looks > 1_000);
    expect(seat).toMatchObject({ state: "held", leaseId: abroad });
    expect(keeper.server).toBe(`${away.url}/`);
    await rival.release();
    await passes(() => keeper.server === `${back.url}/`);
    await passes(async () => (await leasesAt(away)).length === 0);
    expect(await leasesAt(back)).toEqual([seat.leaseId]);
  });

  it("waits out a restart of the first, and keeps its lease there", async () => {
    stopTime();
    const [home, away] = [await aDaemon(), await aDaemon()];
    const keeper = await workstation(home, away);
    const seat = await keeper.acquire("sim.solver");
    const servers: string[] = [];
    keeper.on("connected", (server) => servers.push(server));
    await home.stop();
    const back = await restarted(home);
    await passes(() => servers.length > 0);
    expect(servers).toEqual([`${back.url}/`]);
    expect(await leasesAt(back)).toEqual([seat.leaseId]);
  });

  it("records usage with whichever server is there", async () => {
    stopTime();
    const [home, away] = [await aDaemon(), await aDaemon(usualTerms)];
    const keeper = await workstation(home, away);
    expect(await keeper.usage.record("render.minutes", 5)).toBe("counted");
    await home.stop();
    await passes(() => keeper.server === `${away.url}/`);
    expect(await keeper.usage.record("render.minutes", 7)).toBe("counted");
    expect(await used(away)).toBe(7);
    expect(await used(await restarted(home))).toBe(5);
  });

  it("leaves its place in a queue, and takes a new one at the server that is asked next", async () => {
    stopTime();
    const [home, away] = [await aDaemon(), await aDaemon()];
    const [atHome, abroad] = [await workstation(home), await workstation(away)];
    const taken = await abroad.acquire("sim.solver");
    await atHome.acquire("sim.solver");
    const keeper = await workstation(home, away);
    const told: unknown[] = [];
    const wish = keeper.acquire("sim.solver", {
      wait: true,
      onQueued: (place) => told.push([keeper.server, place]),
    });
    await passes(() => told.length === 1);
    await home.stop();
    await passes(() => told.length === 2);
    expect(await queuedAt(away)).toBe(1);

    const back = await restarted(home);
    await passes(() => told.length === 3);
    expect(told).toEqual([
      [`${home.url}/`, 1],
      [`${away.url}/`, 1],
      [`${back.url}/`, expect.any(Number)],
    ]);
    await passes(async () => (await queuedAt(away)) === 0);
    await taken.release();
    expect(await leasesAt(away)).toEqual([]);
    await Promise.all(atHome.seats.map((seat) => seat.release()));
    await passes(async () => (await queuedAt(back)) === 0);
    expect((await wish).state).toBe("held");
    expect(await leasesAt(back)).toEqual([(await wish).leaseId]);
  });

  it("sends a record that may have reached the first to no other, and it counts once", async () => {
    stopTime();
    const [home, away] = [await aDaemon(), await aDaemon()];
    const network = await Network.to(home.address.port);
    const keeper = await workstation({ ...home, url: network.url }, away);
    network.loseRoutes();
    const uncertain = keeper.usage.record("render.minutes", 5);
    await passes(() => keeper.usage.pending === 1);
    // A daemon that stops waits a second for a client that does not say goodbye.
    const stopped = home.stop();
    await passes(() => keeper.server === `${away.url}/`);
    expect(await keeper.usage.record("render.minutes", 7)).toBe("counted");
    expect(keeper.usage.pending).toBe(1);
    expect(await used(away)).toBe(7);
    await stopped;
    const back = await restarted(home);
    await passes(() => keeper.usage.pending === 0);
    expect(await uncertain).toBe("counted");
    expect([await used(back), await used(away)]).toEqual([5, 7]);
  });
});
