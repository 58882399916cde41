import { type IncomingMessage, request } from "node:http";
import { describe, expect, it, vi } from "vitest";
import type { AdminStatus } from "../../src/protocol/admin/status.ts";
import { turns } from "../support/turns.ts";
import { aDaemon, aSite, type GivenDaemon, licenseFor, started, stopTime } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

/** What an administrator who watches sees. */
class Watch {
  readonly seen: AdminStatus[] = [];
  /** How it ended. */
  readonly ended: Promise<unknown>;
  readonly #stop = new AbortController();

  constructor({ admin }: GivenDaemon) {
    this.ended = this.#follow(admin).catch((error: unknown) => error);
  }

  get last(): AdminStatus["vendors"][number] | undefined {
    return this.seen.at(-1)?.vendors[0];
  }

  end(): Promise<unknown> {
    this.#stop.abort();
    return this.ended;
  }

  async #follow(admin: GivenDaemon["admin"]): Promise<void> {
    for await (const status of admin.watchStatus(this.#stop.signal)) this.seen.push(status);
  }
}

describe("an administrator who watches the status", () => {
  it("sees it at once, and each change of features, queue and connections", async () => {
    const daemon = await aDaemon();
    const watch = new Watch(daemon);
    await expect.poll(() => watch.last?.features).toMatchObject([{ used: 0 }, { used: 0 }]);
    const [ada, bob, cid] = [
      await Workstation.greeted(daemon.url),
      await Workstation.greeted(daemon.url, somebody("bob")),
      await Workstation.greeted(daemon.url, somebody("cid")),
    ];
    await expect.poll(() => watch.seen.at(-1)?.connections, { timeout: 10_000 }).toBe(3);
    const lease = leaseOf(await ada.acquire("sim.solver"));
    await bob.acquire("sim.solver", { wait: true });
    await cid.acquire("sim.solver", { wait: true });
    await expect
      .poll(() => watch.last?.queue, { timeout: 10_000 })
      .toMatchObject([
        { feature: "sim.solver", position: 1, count: 1, connected: true },
        { feature: "sim.solver", position: 2, count: 1, connected: true },
      ]);
    await bob.leave();
    await ada.ask("seat.release", { lease });
    await expect
      .poll(() => watch.last?.queue, { timeout: 10_000 })
      .toMatchObject([{ position: 1, connected: false }]);
    const texts = JSON.stringify(watch.seen);
    expect(texts).toMatch(/"user":"u_[\w-]{22}"/);
    expect(texts).not.toMatch(/\b(ada|bob|cid|workstation-7)\b/);
    expect(await watch.end()).toBeUndefined();
  });

  it("is told nothing while nothing changes but the time, and at most once a second otherwise", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const watch = new Watch(daemon);
    await expect.poll(() => watch.seen.length).toBe(1);
    await passes(60);
    expect(watch.seen).toHaveLength(1);
    for (let round = 0; round < 10; round += 1) {
      const lease = leaseOf(await ada.acquire("cad.pro"));
      await ada.ask("seat.release", { lease });
    }
    await ada.acquire("cad.pro");
    await passes(2);
    expect(watch.seen.length).toBeLessThanOrEqual(3);
    expect(watch.last?.features[0]).toMatchObject({ used: 1 });
    await watch.end();
  });

  it("sees that the daemon cannot serve, and that it can", async () => {
    const daemon = await started(await aSite());
    const watch = new Watch(daemon);
    await expect.poll(() => watch.seen.at(-1)?.problems).toMatchObject([{ code: "NO_LICENSE" }]);
    await daemon.admin.installLicense(licenseFor(daemon.site));
    await expect.poll(() => watch.seen.at(-1)?.ready, { timeout: 10_000 }).toBe(true);
    await watch.end();
  });

  it("is told when the daemon stops, which does not wait for anybody who watches", async () => {
    const daemon = await aDaemon();
    const watch = new Watch(daemon);
    await expect.poll(() => watch.seen.length).toBe(1);
    await daemon.stop();
    expect(await watch.ended).toMatchObject({
      code: "ADMIN_UNREACHABLE",
      message: "the daemon has stopped",
    });
  });
});

describe("a live view that nobody reads", () => {
  it("holds one status, and shows the present one when it is read again", async () => {
    stopTime();
    const daemon = await aDaemon(manyFeatures);
    const ada = await Workstation.greeted(daemon.url);
    const reader = await slowReader(daemon.site.config.socket);
    // 60 changes of 40 kB: far above what the kernel takes in between.
    for (let seat = 0; seat < 60; seat += 1) {
      await ada.acquire("feature-7");
      await passes(1);
    }
    const read = await reader.readAll(() => passes(2));
    expect(read.length).toBeLessThan(30);
    const used = read.map(({ vendors }) => vendors[0]?.features.find(isSeventh)?.used);
    expect(used.at(-1)).toBe(60);
  });
});

const manyFeatures = {
  site: "Example Studio",
  features: Array.from({ length: 400 }, (_, number) => ({
    name: `feature-${number}`,
    seats: 100,
    lease_time: "1d",
  })),
};

const isSeventh = ({ feature }: { readonly feature: string }): boolean => feature === "feature-7";

interface SlowReader {
  /** Everything up to a pause that `quiet` waits out. */
  readAll(quiet: () => Promise<void>): Promise<readonly AdminStatus[]>;
}

/** Asks for the live view, and reads when it is told to. */
async function slowReader(socketPath: string): Promise<SlowReader> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: "/v1/status/watch", agent: false }, resolve)
      .once("error", reject)
      .end();
  });
  let text = "";
  response.setEncoding("utf8");
  response.pause();
  return {
    async readAll(quiet) {
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.resume();
      let before = -1;
      while (before < text.length) {
        before = text.length;
        await quiet();
      }
      response.destroy();
      const lines = text.split("\n").slice(0, -1);
      return lines.map((line) => JSON.parse(line) as AdminStatus);
    },
  };
}

/** Lets so many seconds pass while the sockets work. */
async function passes(seconds: number): Promise<void> {
  for (let tenth = 0; tenth < 10 * seconds; tenth += 1) {
    vi.advanceTimersByTime(100);
    await turns(20);
  }
}
