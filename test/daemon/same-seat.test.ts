import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { millis } from "../../src/base/time.ts";
import { connect, type Seat, type Seatkeeper } from "../../src/client/index.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { randomHex } from "../../src/crypto/random.ts";
import { Network } from "../support/network.ts";
import { turns } from "../support/turns.ts";
import {
  aDaemon,
  emptyFolder,
  type GivenDaemon,
  root,
  started,
  stopTime,
  vendor,
} from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

/** One seat, so that a second one for the same wish would be denied; and a quick heartbeat. */
const terms = {
  site: "Example Studio",
  features: [{ name: "sim.solver", seats: 1, lease_time: "30s", offline_grace: "10m" }],
};

const quick = { limits: { ...DEFAULT_CONFIG.limits, ping: millis(100) } };

async function workstation(url: string, dataDir = emptyFolder()): Promise<Seatkeeper> {
  const keeper = await connect({
    servers: url,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "ada-pc" },
    dataDir,
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

/** What the seat says, in order. */
function listen(seat: Seat): readonly string[] {
  const said: string[] = [];
  seat.on("lost", ({ reason, final }) => said.push(`lost ${reason}${final ? " for good" : ""}`));
  seat.on("regained", ({ reason }) => said.push(`regained after ${reason}`));
  return said;
}

const seatsOf = async ({ admin }: GivenDaemon): Promise<readonly object[]> =>
  (await admin.seats()).seats.map(({ lease, connected }) => ({ lease, connected }));

/** The same site again, under the same address. */
function restarted(daemon: GivenDaemon): Promise<GivenDaemon> {
  const { config } = daemon.site;
  const listening = { ...config.listen, port: daemon.address.port };
  return started({ ...daemon.site, config: { ...config, listen: listening } });
}

/** Lets time pass, 100 ms at a turn of the sockets, until the claim holds. */
async function passes(claim: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (await claim()) return;
    vi.advanceTimersByTime(100);
    await turns(5);
  }
  throw new Error("it never came about");
}

describe("after a network blip", () => {
  it("the seat is the same, and nobody notices", async () => {
    const daemon = await aDaemon(terms);
    const network = await Network.to(daemon.address.port);
    const keeper = await workstation(network.url);
    const seat = await keeper.acquire("sim.solver");
    const [lease, said] = [seat.leaseId, listen(seat)];
    for (let blip = 0; blip < 5; blip += 1) {
      const back = once(keeper, "connected");
      network.cut();
      await back;
      await expect.poll(() => seatsOf(daemon)).toEqual([{ lease, connected: true }]);
    }
    expect(seat).toMatchObject({ state: "held", leaseId: lease });
    expect(said).toEqual([]);
  });
});

describe("after a change of the VPN", () => {
  it("the seat is the same from another address, though nobody was told that the old one is gone", async () => {
    const daemon = await aDaemon(terms, quick);
    const network = await Network.to(daemon.address.port);
    const keeper = await workstation(network.url);
    const seat = await keeper.acquire("sim.solver");
    const [lease, said] = [seat.leaseId, listen(seat)];
    const back = once(keeper, "connected");
    network.loseRoutes();
    network.address = "127.0.0.2";
    await back;
    await expect.poll(() => seatsOf(daemon)).toEqual([{ lease, connected: true }]);
    expect(seat).toMatchObject({ state: "held", leaseId: lease });
    expect(said).toEqual([]);
  });

  it("the connection from the old address is ended as replaced", async () => {
    const daemon = await aDaemon(terms);
    const before = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await before.acquire("sim.solver"));
    const after = await Workstation.at(daemon.url, before.identity, { localAddress: "127.0.0.2" });
    await after.hello(await after.challenge());
    expect(await after.ask("seat.resume", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: lease }], lost: [] },
    });
    expect(await before.closed()).toBe(4409);
    expect(await seatsOf(daemon)).toEqual([{ lease, connected: true }]);
  });
});

describe("after the daemon was down", () => {
  it("for less than the offline grace, the seat is the same and was never lost", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const keeper = await workstation(daemon.url);
    const seat = await keeper.acquire("sim.solver");
    const [lease, said] = [seat.leaseId, listen(seat)];
    await daemon.stop();
    const until = Date.now() + 9 * 60_000;
    await passes(() => Date.now() >= until);
    expect(seat.state).toBe("held");
    const again = await restarted(daemon);
    // Before its holder is back, nobody else gets it either.
    const rival = await Workstation.greeted(again.url, somebody("bob"));
    expect(await rival.acquire("sim.solver")).toMatchObject({
      error: { data: { reason: "NO_SEATS" } },
    });
    await passes(() => keeper.server !== undefined);
    await expect.poll(() => seatsOf(again)).toEqual([{ lease, connected: true }]);
    expect(seat).toMatchObject({ state: "held", leaseId: lease });
    expect(said).toEqual([]);
  });

  it("for longer, the seat was lost with the reason, and the same one is regained", async () => {
    stopTime();
    const daemon = await aDaemon(terms);
    const keeper = await workstation(daemon.url);
    const seat = await keeper.acquire("sim.solver");
    const [lease, said] = [seat.leaseId, listen(seat)];
    await daemon.stop();
    await passes(() => seat.state === "lost");
    const again = await restarted(daemon);
    await passes(() => seat.state === "held");
    expect(said).toEqual(["lost LEASE_EXPIRED", "regained after LEASE_EXPIRED"]);
    expect(await seatsOf(again)).toEqual([{ lease, connected: true }]);
  });
});

const built = new URL("../../dist/client/index.js", import.meta.url).href;

/** Takes a seat and says its lease; then it works until it is killed. */
const APPLICATION = `
  const [client, servers, name, rootKey, dataDir] = process.argv.slice(1);
  const { connect } = await import(client);
  const keeper = await connect({ servers, dataDir, vendor: { name, rootKey } });
  const seat = await keeper.acquire("sim.solver", { wait: true, onQueued: () => console.log("waits") });
  console.log(seat.leaseId);
  setInterval(() => undefined, 1_000);
`;

class Application {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor({ url }: GivenDaemon, dataDir: string) {
    const rootKey = toBase64Url(root.publicKey);
    const argv = ["--input-type=module", "-e", APPLICATION, built, url, vendor, rootKey, dataDir];
    this.#child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
    if (this.#child.stdout === null) throw new Error("its output is a pipe");
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next thing it says. */
  async says(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  async crash(): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

describe("after a crash of the application", () => {
  it("its next process gets the same seat, again and again", async () => {
    const daemon = await aDaemon(terms);
    const dataDir = emptyFolder();
    const leases: string[] = [];
    for (let life = 0; life < 3; life += 1) {
      const application = new Application(daemon, dataDir);
      leases.push(await application.says());
      expect(await seatsOf(daemon)).toEqual([{ lease: leases[0], connected: true }]);
      await application.crash();
    }
    expect(new Set(leases).size).toBe(1);
  });

  it("its next process gets the same seat also when the daemon was restarted meanwhile", async () => {
    const daemon = await aDaemon(terms);
    const dataDir = emptyFolder();
    const application = new Application(daemon, dataDir);
    const lease = await application.says();
    await application.crash();
    await daemon.stop();
    const again = await restarted(daemon);
    expect(await new Application(again, dataDir).says()).toBe(lease);
    expect(await seatsOf(again)).toEqual([{ lease, connected: true }]);
  });

  it("its next process gets the same place in the queue", async () => {
    const daemon = await aDaemon(terms);
    const [ada, cid] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("cid")),
    ];
    const lease = leaseOf(await ada.acquire("sim.solver"));
    const dataDir = emptyFolder();
    const application = new Application(daemon, dataDir);
    expect(await application.says()).toBe("waits");
    await cid.acquire("sim.solver", { wait: true });
    await application.crash();
    const next = new Application(daemon, dataDir);
    expect(await next.says()).toBe("waits");
    await ada.ask("seat.release", { lease });
    const own = await next.says();
    expect(await seatsOf(daemon)).toEqual([{ lease: own, connected: true }]);
  });

  it("another client that repeats its request gets the same lease too, in whatever language", async () => {
    const daemon = await aDaemon(terms);
    const first = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await first.acquire("sim.solver", { key: "drawing-7" }));
    await first.leave();
    const next = { ...first.identity, instance: randomHex(16) };
    const second = await Workstation.greeted(daemon.url, next);
    expect(leaseOf(await second.acquire("sim.solver", { key: "drawing-7" }))).toBe(lease);
    const late = await Workstation.greeted(daemon.url, first.identity);
    expect(await late.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [], lost: [{ id: lease, reason: "NOT_YOUR_LEASE" }] },
    });
  });
});

describe("two processes with one client key", () => {
  const twoSeats = {
    site: "Example Studio",
    features: [{ name: "sim.solver", seats: 2, lease_time: "30s" }],
  };

  it("have a seat each, and keep it through a blip", async () => {
    const daemon = await aDaemon(twoSeats);
    const network = await Network.to(daemon.address.port);
    const dataDir = emptyFolder();
    const [one, other] = [
      await workstation(network.url, dataDir),
      await workstation(network.url, dataDir),
    ];
    const seats = [await one.acquire("sim.solver"), await other.acquire("sim.solver")] as const;
    const leases = seats.map(({ leaseId }) => leaseId);
    expect(new Set(leases).size).toBe(2);
    const back = [once(one, "connected"), once(other, "connected")];
    network.cut();
    await Promise.all(back);
    await expect
      .poll(() => seatsOf(daemon))
      .toEqual(leases.map((lease) => ({ lease, connected: true })));
    await seats[0].release();
    expect(seats[1].state).toBe("held");
    expect(await seatsOf(daemon)).toEqual([{ lease: leases[1], connected: true }]);
  });

  it("cannot touch each other's lease, not even under the same request key", async () => {
    const daemon = await aDaemon(twoSeats);
    const one = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await one.acquire("sim.solver", { key: "drawing-7" }));
    const twin = { ...one.identity, instance: randomHex(16) };
    const other = await Workstation.greeted(daemon.url, twin);
    const denied = { error: { data: { reason: "NOT_YOUR_LEASE" } } };
    expect(await other.acquire("sim.solver", { key: "drawing-7" })).toMatchObject(denied);
    expect(await other.ask("seat.release", { lease })).toMatchObject(denied);
    for (const method of ["seat.renew", "seat.resume"]) {
      expect(await other.ask(method, { leases: [lease], nonce: nonce() })).toMatchObject({
        result: { leases: [], lost: [{ id: lease, reason: "NOT_YOUR_LEASE" }] },
      });
    }
    expect(await one.ask("seat.renew", { leases: [lease], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: lease }], lost: [] },
    });
  });
});
