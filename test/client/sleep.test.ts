import { once } from "node:events";
import type * as os from "node:os";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hours, seconds } from "../../src/base/time.ts";
import { connected, daemonThat, eventually } from "./given.ts";

const machine = vi.hoisted(() => ({ asleep: 0 }));

vi.mock("node:os", async (original) => ({
  ...(await original<typeof os>()),
  uptime: () => (performance.now() + machine.asleep) / 1_000,
}));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  machine.asleep = 1_000_000;
});
afterEach(() => {
  vi.useRealTimers();
});

/** The lid is shut for a while; timers and the monotonic clock stand still. */
function sleep(span: number): void {
  machine.asleep += span;
  vi.advanceTimersByTime(5_000);
}

describe("a seat of a computer that slept", () => {
  it("is renewed at once when its lease outlasted the sleep", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    const seat = await keeper.acquire("cad.pro");
    const lost: unknown[] = [];
    seat.on("lost", (loss) => lost.push(loss));
    const slept = once(keeper, "slept");
    sleep(seconds(20));
    expect(await slept).toEqual([seconds(20)]);
    await eventually(() => daemon.count("seat.renew") === 1);
    await eventually(() => seat.remaining === 90_000);
    expect(lost).toEqual([]);
  });

  it("is lost, with the reason, and regained when the daemon still knows it", async () => {
    const daemon = await daemonThat();
    const seat = await (await connected(daemon)).acquire("cad.pro");
    const lease = seat.leaseId;
    const [lost, regained] = [once(seat, "lost"), once(seat, "regained")];
    sleep(hours(8));
    const loss = { reason: "LEASE_EXPIRED", slept: hours(8), final: false };
    expect(await lost).toMatchObject([loss]);
    expect(await regained).toMatchObject([loss]);
    expect(seat).toMatchObject({ state: "held", leaseId: lease, remaining: 90_000 });
  });

  it("is asked for anew when the daemon gave it away", async () => {
    const daemon = await daemonThat();
    const seat = await (await connected(daemon)).acquire("cad.pro");
    const lease = seat.leaseId;
    daemon.forget(lease);
    const regained = once(seat, "regained");
    sleep(hours(8));
    await regained;
    expect(seat.state).toBe("held");
    expect(seat.leaseId).not.toBe(lease);
    expect(daemon.count("seat.acquire")).toBe(2);
  });

  it("is lost for good, with the daemon's reason, when another has it", async () => {
    const daemon = await daemonThat();
    const seat = await (await connected(daemon)).acquire("cad.pro");
    daemon.forget(seat.leaseId);
    daemon.answer = ({ method }) =>
      method === "seat.acquire"
        ? {
            kind: "denial",
            denial: { reason: "NO_SEATS", feature: "cad.pro", hint: "wait" },
          }
        : "default";
    const losses: unknown[] = [];
    seat.on("lost", (loss) => losses.push(loss));
    sleep(hours(8));
    await eventually(() => losses.length === 2);
    expect(losses).toMatchObject([
      { reason: "LEASE_EXPIRED", slept: hours(8), final: false },
      { reason: "NO_SEATS", final: true },
    ]);
  });
});
