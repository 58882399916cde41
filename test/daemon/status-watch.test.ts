import { describe, expect, it, vi } from "vitest";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import { aDaemon, licenseFor, stopTime } from "./given.ts";
import { leaseOf, type Message, somebody, Workstation } from "./workstation.ts";

/** What a watcher has been told since it was last asked. */
async function told(watcher: Workstation): Promise<Message["params"]> {
  return (await watcher.notified("status.changed")).params;
}

/** Lets a second pass, in which nobody is told twice. */
async function aSecond(): Promise<void> {
  for (let tenth = 0; tenth < 10; tenth += 1) {
    vi.advanceTimersByTime(100);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
  }
}

const pro = (used: number, queued = 0): object => ({
  feature: "cad.pro",
  seats: 3,
  used,
  free: 3 - used,
  queued,
});
const solver = (used: number, queued = 0): object => ({
  feature: "sim.solver",
  seats: 1,
  used,
  free: 1 - used,
  queued,
});

describe("a client that watches", () => {
  it("is told everything at once, and then what has become different", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    expect(await ada.ask("status.watch")).toMatchObject({ result: {} });
    expect(await told(ada)).toEqual({ features: [pro(0), solver(0)], gone: [], places: [] });
    const lease = leaseOf(await bob.acquire("cad.pro", { count: 2 }));
    expect(await told(ada)).toEqual({ features: [pro(2)], gone: [] });
    await bob.ask("seat.release", { lease });
    expect(await told(ada)).toEqual({ features: [pro(0)], gone: [] });
  });

  it("sees its own places in the queue, and of others only how many wait", async () => {
    const daemon = await aDaemon();
    const [ada, bob, cid] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
      await Workstation.greeted(daemon.url, somebody("cid")),
    ];
    const lease = leaseOf(await ada.acquire("sim.solver"));
    await bob.acquire("sim.solver", { wait: true, key: "render-bob" });
    await cid.acquire("sim.solver", { wait: true, key: "render-cid" });
    await cid.ask("status.watch");
    const first = await told(cid);
    expect(first).toEqual({
      features: [pro(0), solver(1, 2)],
      gone: [],
      places: [
        {
          key: "render-cid",
          feature: "sim.solver",
          position: 2,
          expectedWaitMs: expect.any(Number) as unknown,
        },
      ],
    });
    await ada.ask("seat.release", { lease });
    expect(await told(cid)).toMatchObject({
      features: [solver(1, 1)],
      places: [{ key: "render-cid", position: 1 }],
    });
    await cid.ask("seat.cancel", { key: "render-cid" });
    expect(await told(cid)).toEqual({ features: [solver(1)], gone: [], places: [] });
  });

  it("hears at most once a second, of the last state alone", async () => {
    stopTime();
    const daemon = await aDaemon();
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    await ada.ask("status.watch");
    await told(ada);
    for (let round = 0; round < 20; round += 1) {
      const lease = leaseOf(await bob.acquire("cad.pro"));
      await bob.ask("seat.release", { lease });
    }
    await bob.acquire("cad.pro");
    await aSecond();
    await aSecond();
    const heard = await heardBy(ada);
    expect(heard.length).toBeLessThanOrEqual(2);
    expect(heard.at(-1)).toEqual({ features: [pro(1)], gone: [] });
  });

  it("hears nothing while seats are only renewed", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await ada.ask("status.watch");
    await told(ada);
    for (let second = 0; second < 5; second += 1) {
      await ada.ask("seat.renew", { leases: [lease], nonce: "A".repeat(43) });
      await aSecond();
    }
    expect(await heardBy(ada)).toEqual([]);
  });

  it("is told of features that come and go", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    await ada.ask("status.watch");
    await told(ada);
    const more = { site: "Example Studio", features: [{ name: "cad.max", seats: 2 }] };
    await daemon.admin.installLicense(licenseFor(daemon.site, more));
    expect(await told(ada)).toMatchObject({ features: [{ feature: "cad.max", seats: 2 }] });
  });

  it("hears nothing any more after status.unwatch, and everything after it watches again", async () => {
    stopTime();
    const daemon = await aDaemon();
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    await ada.ask("status.watch");
    await told(ada);
    expect(await ada.ask("status.unwatch")).toMatchObject({ result: {} });
    await bob.acquire("cad.pro");
    await aSecond();
    expect(await heardBy(ada)).toEqual([]);
    await ada.ask("status.watch");
    expect(await told(ada)).toEqual({ features: [pro(1), solver(0)], gone: [], places: [] });
  });

  it("is forgotten with its connection", async () => {
    const daemon = await aDaemon();
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    await ada.ask("status.watch");
    await ada.leave();
    await bob.ask("status.watch");
    await told(bob);
    await bob.acquire("cad.pro");
    expect(await told(bob)).toEqual({ features: [pro(1)], gone: [] });
    expect(daemon.log.join("")).not.toContain('"level":"error"');
  });

  it("is told as every other one is, however many there are", async () => {
    const many = { ...DEFAULT_CONFIG.limits, connectionsPerAddress: 1_000 };
    const daemon = await aDaemon(undefined, { limits: many });
    const watchers = await Promise.all(
      Array.from({ length: 250 }, () => Workstation.greeted(daemon.url, somebody())),
    );
    await Promise.all(watchers.map((watcher) => watcher.ask("status.watch")));
    await Promise.all(watchers.map(told));
    await watchers[0]?.acquire("cad.pro");
    const heard = await Promise.all(watchers.map(told));
    expect(
      heard.filter((change) => JSON.stringify(change?.["features"]) === JSON.stringify([pro(1)])),
    ).toHaveLength(250);
  });

  it("must have said hello", async () => {
    const daemon = await aDaemon();
    const stranger = await Workstation.at(daemon.url);
    expect(await stranger.ask("status.watch")).toMatchObject({
      error: { data: { code: "AUTH_REQUIRED" } },
    });
  });
});

const manyFeatures = {
  site: "Example Studio",
  features: Array.from({ length: 400 }, (_, number) => ({ name: `feature-${number}`, seats: 9 })),
};

const limits: Config["limits"] = {
  ...DEFAULT_CONFIG.limits,
  requestsPerSecond: 100_000,
  outboundBytes: 100_000_000,
};

describe("a watcher that does not read", () => {
  it("is told nothing in the meantime, and of the present when it has read the rest", async () => {
    stopTime();
    const daemon = await aDaemon(manyFeatures, { limits });
    const [ada, bob] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
    ];
    await ada.ask("status.watch");
    await told(ada);
    ada.stopReading();
    // 25 MB of answers: more than the kernel takes in between, so the rest waits in the daemon.
    const answers = Array.from({ length: 750 }, () => ada.ask("status.get"));
    await aSecond();
    for (let seat = 1; seat <= 9; seat += 1) {
      await bob.acquire("feature-7");
      await aSecond();
    }
    ada.readAgain();
    await Promise.all(answers);
    expect(ada.allNotified("status.changed")).toEqual([]);
    await aSecond();
    await aSecond();
    expect(await heardBy(ada)).toMatchObject([{ features: [{ feature: "feature-7", used: 9 }] }]);
  });
});

/** All that has arrived by the time of an answer. */
async function heardBy(watcher: Workstation): Promise<readonly Message["params"][]> {
  await watcher.ask("status.get");
  return watcher.allNotified("status.changed").map(({ params }) => params);
}
