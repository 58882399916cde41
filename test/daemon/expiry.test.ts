import { describe, expect, it, vi } from "vitest";
import { aDaemon, stopTime } from "./given.ts";
import { leaseOf, nonce, somebody, Workstation } from "./workstation.ts";

const lease30s = {
  site: "Example Studio",
  features: [{ name: "sim.solver", seats: 1, lease_time: "30s" }],
};

describe("a lease of thirty seconds", () => {
  it("ends when nobody renews it, and the seat goes to who waits", async () => {
    stopTime();
    const { url } = await aDaemon(lease30s);
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    const held = leaseOf(await ada.acquire("sim.solver"));
    await bob.acquire("sim.solver", { wait: true, key: "bob-1" });

    await vi.advanceTimersByTimeAsync(29_000);
    expect(await bob.ask("status.get")).toMatchObject({
      result: { features: [{ used: 1, queued: 1 }] },
    });

    await vi.advanceTimersByTimeAsync(1_000);
    expect((await bob.notified("queue.granted")).params).toMatchObject({ key: "bob-1" });
    expect((await ada.notified("lease.revoked")).params).toMatchObject({
      lease: held,
      reason: "LEASE_EXPIRED",
    });
    expect(await ada.ask("seat.renew", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [], lost: [{ id: held, reason: "LEASE_EXPIRED" }] },
    });
  });

  it("lives as long as it is renewed", async () => {
    stopTime();
    const { url } = await aDaemon(lease30s);
    const ada = await Workstation.greeted(url);
    const held = leaseOf(await ada.acquire("sim.solver"));
    for (const _ of ["a minute", "and", "a", "half"]) {
      await vi.advanceTimersByTimeAsync(25_000);
      expect(await ada.ask("seat.renew", { leases: [held], nonce: nonce() })).toMatchObject({
        result: { leases: [{ id: held }] },
      });
    }
  });

  it("outlives its connection, and no more than its time", async () => {
    stopTime();
    const { url } = await aDaemon(lease30s);
    const ada = await Workstation.greeted(url);
    const bob = await Workstation.greeted(url, somebody("bob"));
    await ada.acquire("sim.solver");
    await bob.acquire("sim.solver", { wait: true });
    await ada.leave();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(await bob.ask("status.get")).toMatchObject({ result: { features: [{ used: 1 }] } });
    await vi.advanceTimersByTimeAsync(1);
    await bob.notified("queue.granted");
  });

  it("does not care about a wall clock that jumps", async () => {
    stopTime();
    const { url } = await aDaemon(lease30s);
    const ada = await Workstation.greeted(url);
    const held = leaseOf(await ada.acquire("sim.solver"));
    vi.setSystemTime("2027-11-22T12:00:00Z");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await ada.ask("seat.renew", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: held }] },
    });
  });
});

describe("a peer that is silent", () => {
  it("is dropped when it does not answer a ping", async () => {
    stopTime();
    const { url } = await aDaemon(lease30s);
    const ada = await Workstation.at(url, somebody(), { autoPong: false });
    const bob = await Workstation.greeted(url, somebody("bob"));
    await ada.hello(await ada.challenge());
    await vi.advanceTimersByTimeAsync(30_000);
    await bob.ask("status.get");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await ada.closed()).toBe(1006);
    expect(await bob.ask("status.get")).toHaveProperty("result");
  });
});
