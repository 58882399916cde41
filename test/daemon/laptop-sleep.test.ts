import type * as os from "node:os";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  hours,
  type Millis,
  type Moment,
  monoMillis,
  seconds,
  unixMillis,
} from "../../src/base/time.ts";
import { connect, type Loss, type Seat, type Seatkeeper } from "../../src/client/index.ts";
import type { ScheduleClock, Timer } from "../../src/clock/clock.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import { turns } from "../support/turns.ts";
import { aDaemon, emptyFolder, type GivenDaemon, root, stopTime, vendor } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

const laptop = vi.hoisted(() => ({ slept: 0 }));

vi.mock("node:os", async (original) => ({
  ...(await original<typeof os>()),
  uptime: () => (performance.now() + laptop.slept + 1_000_000) / 1_000,
}));

/** The server's clock, which goes on while the laptop's stands still. */
class ServerClock implements ScheduleClock {
  readonly #clock: ScheduleClock = systemClock();

  now(): Moment {
    const { wall, mono } = this.#clock.now();
    return {
      wall: unixMillis(wall + laptop.slept),
      mono: monoMillis(mono + laptop.slept),
    };
  }

  soon(run: () => void): Timer {
    return this.#clock.soon(run);
  }

  after(span: Millis, run: () => void): Timer {
    return this.#clock.after(span, run);
  }

  every(span: Millis, run: () => void): Timer {
    return this.#clock.every(span, run);
  }

  schedule(line: string, longest: Millis, run: () => void | Promise<void>): Timer {
    return this.#clock.schedule(line, longest, run);
  }
}

interface Scene {
  readonly daemon: GivenDaemon;
  readonly seat: Seat;
  readonly lost: readonly Loss[];
  readonly regained: readonly Loss[];
}

/** A laptop with the only seat, whose lease lasts 30 s, at a daemon on a server that never sleeps. */
async function laptopWithSeat(): Promise<Scene> {
  laptop.slept = 0;
  stopTime();
  const daemon = await aDaemon(undefined, {}, { clock: new ServerClock() });
  const keeper: Seatkeeper = await connect({
    servers: daemon.url,
    vendor: { name: vendor, rootKey: root.publicKey },
    labels: { user: "ada", host: "ada-laptop" },
    dataDir: emptyFolder(),
  });
  onTestFinished(() => keeper.close());
  const seat = await keeper.acquire("sim.solver");
  const [lost, regained]: [Loss[], Loss[]] = [[], []];
  seat.on("lost", (loss) => lost.push(loss));
  seat.on("regained", (loss) => regained.push(loss));
  return { daemon, seat, lost, regained };
}

/** The lid is shut for a while, then the laptop is awake for five seconds. */
async function sleep(span: Millis): Promise<void> {
  laptop.slept += span;
  await passes(5);
}

async function passes(time: number): Promise<void> {
  for (let tenth = 0; tenth < 10 * time; tenth += 1) {
    vi.advanceTimersByTime(100);
    await turns(20);
  }
}

const leasesAt = async ({ admin }: GivenDaemon): Promise<readonly string[]> =>
  (await admin.seats()).seats.map(({ lease }) => lease);

describe("a laptop that slept", () => {
  it("for less than its lease has the same seat, and hears nothing", async () => {
    const { daemon, seat, lost } = await laptopWithSeat();
    const lease = seat.leaseId;
    await sleep(seconds(20));
    await sleep(seconds(20));
    expect(seat).toMatchObject({ state: "held", leaseId: lease });
    expect(lost).toEqual([]);
    expect(await leasesAt(daemon)).toEqual([lease]);
  });

  it("for a night has lost its seat by sleep, and regains one that nobody else has", async () => {
    const { daemon, seat, lost, regained } = await laptopWithSeat();
    const lease = seat.leaseId;
    await sleep(hours(8));
    await expect.poll(() => regained.length).toBe(1);
    const loss = { reason: "LEASE_EXPIRED", slept: hours(8), final: false };
    expect(lost).toMatchObject([loss]);
    expect(regained).toMatchObject([{ reason: "LEASE_EXPIRED" }]);
    expect(seat.state).toBe("held");
    expect(seat.leaseId).not.toBe(lease);
    expect(await leasesAt(daemon)).toEqual([seat.leaseId]);
  });

  it("while somebody else took the seat has lost it for good, with the reason", async () => {
    const { daemon, seat, lost } = await laptopWithSeat();
    laptop.slept += hours(8);
    const rival = await Workstation.greeted(daemon.url, somebody("bob"));
    const lease = leaseOf(await rival.acquire("sim.solver"));
    await passes(6);
    await expect.poll(() => lost.length).toBe(2);
    expect(lost).toMatchObject([
      { reason: "LEASE_EXPIRED", slept: hours(8), final: false },
      { reason: "NO_SEATS", final: true },
    ]);
    expect(seat.state).toBe("lost");
    expect(await leasesAt(daemon)).toEqual([lease]);
  });
});
