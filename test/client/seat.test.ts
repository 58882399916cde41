import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Loss, Seat, Seatkeeper } from "../../src/client/index.ts";
import { mallory } from "../license/given.ts";
import { connected, daemonThat, eventually } from "./given.ts";
import { denied, type Script, type ScriptedDaemon } from "./scripted-daemon.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Scene {
  readonly daemon: ScriptedDaemon;
  readonly keeper: Seatkeeper;
  readonly seat: Seat;
  /** What the seat said, in order. */
  readonly said: readonly string[];
}

/** A daemon, a client, and one seat of 90 s with a minute of offline grace. */
async function seated(script: Script = {}): Promise<Scene> {
  const daemon = await daemonThat({ offlineGraceMs: 60_000, ...script });
  const keeper = await connected(daemon);
  const seat = await keeper.acquire("cad.pro", { version: "4.2" });
  const said: string[] = [];
  seat.on("lost", (loss) => said.push(`lost ${loss.reason}${loss.final ? " for good" : ""}`));
  seat.on("regained", () => said.push("regained"));
  seat.on("expiring", (remaining) => said.push(`expiring in ${Math.round(remaining / 1_000)} s`));
  return { daemon, keeper, seat, said };
}

/** Lets time pass while the connection stays up. */
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) {
    vi.advanceTimersByTime(5_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a seat while the server is there", () => {
  it("is renewed at a third of its lease time, over a fresh nonce each time", async () => {
    const { daemon, seat } = await seated();
    vi.advanceTimersByTime(29_999);
    expect(daemon.count("seat.renew")).toBe(0);
    vi.advanceTimersByTime(1);
    await eventually(() => daemon.count("seat.renew") === 1);
    const { leases, nonce } = daemon.last("seat.renew").params;
    expect(leases).toEqual([seat.leaseId]);
    await pass(30);
    await eventually(() => daemon.count("seat.renew") === 2);
    expect(daemon.last("seat.renew").params.nonce).not.toBe(nonce);
  });

  it("stays held for an hour without a word", async () => {
    const { seat, said } = await seated();
    await pass(3_600);
    expect(seat.state).toBe("held");
    expect(said).toEqual([]);
  });

  it("does not care when the wall clock jumps a year", async () => {
    const { daemon, seat } = await seated();
    vi.setSystemTime(Date.now() + 365 * 86_400_000);
    await pass(30);
    await eventually(() => daemon.count("seat.renew") === 1);
    expect(seat.state).toBe("held");
  });

  it("is given back later when the daemon's disk is full", async () => {
    const { daemon, seat } = await seated();
    daemon.answer = ({ method }) =>
      method === "seat.release" && daemon.count(method) === 1
        ? denied("STORE_UNAVAILABLE")
        : "default";
    await seat.release();
    expect(seat.state).toBe("released");
    await eventually(() => {
      vi.advanceTimersByTime(100);
      return daemon.count("seat.release") === 2;
    });
    expect(daemon.last("seat.release").params.lease).toBe(seat.leaseId);
  });

  it("is given back by release, once", async () => {
    const { daemon, keeper, seat } = await seated();
    await seat.release();
    await seat.release();
    expect(daemon.count("seat.release")).toBe(1);
    expect(daemon.last("seat.release").params.lease).toBe(seat.leaseId);
    expect(seat.state).toBe("released");
    expect(keeper.seats).toEqual([]);
    await pass(300);
    expect(daemon.count("seat.renew")).toBe(0);
  });

  it("is given back at the end of its block", async () => {
    const { daemon, keeper } = await seated();
    {
      await using seat = await keeper.acquire("sim.solver");
      expect(seat.state).toBe("held");
    }
    expect(daemon.count("seat.release")).toBe(1);
  });

  it("is lost for good when the administrator takes it", async () => {
    const { daemon, seat, said } = await seated();
    const hint = "ask the license administrator";
    daemon.tell("lease.revoked", { lease: seat.leaseId, reason: "LEASE_REVOKED", hint });
    await eventually(() => seat.state === "lost");
    expect(said).toEqual(["lost LEASE_REVOKED for good"]);
    expect(seat.loss).toEqual({ reason: "LEASE_REVOKED", hint, final: true });
    await pass(300);
    expect(daemon.count("seat.renew")).toBe(0);
  });

  it("is asked for anew when the daemon has let it expire", async () => {
    const { daemon, seat, said } = await seated();
    const first = seat.leaseId;
    daemon.forget(first);
    await pass(30);
    await eventually(() => said.length === 2);
    expect(said).toEqual(["lost LEASE_EXPIRED", "regained"]);
    expect(seat.leaseId).not.toBe(first);
    expect(daemon.last("seat.acquire").params).toMatchObject({
      feature: "cad.pro",
      version: "4.2",
    });
  });

  it("is lost for good when somebody else has it by then", async () => {
    const { daemon, seat, said } = await seated();
    daemon.forget(seat.leaseId);
    daemon.answer = ({ method }) => (method === "seat.acquire" ? denied("NO_SEATS") : "default");
    await pass(30);
    await eventually(() => said.length === 2);
    expect(said).toEqual(["lost LEASE_EXPIRED", "lost NO_SEATS for good"]);
  });

  it("outlives a daemon whose disk is full for a while", async () => {
    const { daemon, seat, said } = await seated();
    daemon.answer = ({ method }) =>
      method === "seat.renew" ? denied("STORE_UNAVAILABLE", { retryAfterMs: 5_000 }) : "default";
    await pass(45);
    expect(daemon.count("seat.renew")).toBeGreaterThan(2);
    daemon.answer = () => "default";
    await pass(300);
    expect(seat.state).toBe("held");
    expect(said).toEqual([]);
  });
});

describe("a seat while the server is out of reach", () => {
  it("warns at two thirds, holds through lease time and offline grace, and is lost then", async () => {
    const { daemon, seat, said } = await seated();
    await daemon.stop();
    await eventually(() => daemon.asked.length > 0);
    await pass(60);
    expect(said).toEqual(["expiring in 90 s"]);
    await pass(85);
    expect(seat.state).toBe("held");
    expect(seat.remaining).toBe(5_000);
    await pass(5);
    expect(seat.state).toBe("lost");
    expect(seat.remaining).toBe(0);
    expect(said).toEqual(["expiring in 90 s", "lost LEASE_EXPIRED"]);
  });

  it("is resumed as soon as there is a connection again", async () => {
    const { daemon, seat, said } = await seated();
    daemon.cut();
    await pass(30);
    await eventually(() => daemon.count("seat.resume") === 1);
    expect(daemon.last("seat.resume").params.leases).toEqual([seat.leaseId]);
    await pass(300);
    expect(seat.state).toBe("held");
    expect(said).toEqual([]);
  });

  it("comes back under its old lease when the daemon still knows it", async () => {
    const { daemon, seat, said } = await seated();
    const lease = seat.leaseId;
    daemon.answer = ({ method }) => (method === "hello" ? "hang up" : "default");
    daemon.cut();
    await pass(200);
    expect(said).toEqual(["expiring in 90 s", "lost LEASE_EXPIRED"]);
    daemon.answer = () => "default";
    await pass(60);
    await eventually(() => seat.state === "held");
    expect(seat.leaseId).toBe(lease);
    expect(said).toEqual(["expiring in 90 s", "lost LEASE_EXPIRED", "regained"]);
  });

  it("tells the daemon of a release on the next connection", async () => {
    const { daemon, seat } = await seated();
    daemon.cut();
    await eventually(() => seat.state === "held");
    await seat.release();
    await pass(60);
    await eventually(() => daemon.count("seat.release") === 1);
    expect(daemon.count("seat.resume")).toBe(0);
  });
});

describe("a lease note that is signed together with others", () => {
  it("proves the seat, and its renewals", async () => {
    const daemon = await daemonThat({ signedAlong: 4 });
    const keeper = await connected(daemon);
    const seat = await keeper.acquire("cad.pro");
    // The second renewal is asked only when the first was believed.
    await eventually(() => {
      vi.advanceTimersByTime(1_000);
      return daemon.count("seat.renew") === 2;
    });
    expect(seat.state).toBe("held");
  });
});

describe("a lease note that proves something else", () => {
  it.each([
    ["is signed by another key", { leaseSigner: mallory }],
    ["is signed by another key for a group", { leaseSigner: mallory, signedAlong: 2 }],
    ["is another one of its group", { lease: { nonce: "A".repeat(43) }, signedAlong: 2 }],
    ["answers another nonce", { lease: { nonce: "A".repeat(43) } }],
    ["is for another process", { lease: { instanceId: "00".repeat(16) } }],
    ["is for another client", { lease: { clientKey: "A".repeat(43) } }],
    ["is for another feature", { lease: { feature: "sim.solver" } }],
    ["is for fewer seats", { lease: { count: 2 } }],
    ["is of another ledger", { lease: { chainId: "00".repeat(16) } }],
    ["is of another lease", { lease: { leaseId: "ff".repeat(16) } }],
  ])("is no seat when it %s", async (_, script) => {
    const daemon = await daemonThat(script as Script);
    const keeper = await connected(daemon);
    await expect(keeper.acquire("cad.pro")).rejects.toThrow(
      expect.objectContaining({ code: "LEASE_NOTE" }),
    );
    await eventually(() => daemon.count("seat.release") === 1);
  });

  it("ends the connection when it comes with a renewal", async () => {
    const { daemon, keeper } = await seated();
    const why: string[] = [];
    keeper.on("disconnected", (error) => why.push(error.code));
    daemon.script = { ...daemon.script, leaseSigner: mallory };
    vi.advanceTimersByTime(30_000);
    await eventually(() => why.length > 0);
    expect(why).toEqual(["LEASE_NOTE"]);
  });
});

describe("the seatkeeper", () => {
  it("repeats what each of its seats says", async () => {
    const { daemon, keeper, seat } = await seated();
    const heard: [string, Seat, Loss?][] = [];
    keeper.on("granted", (one) => heard.push(["granted", one]));
    keeper.on("lost", (one, loss) => heard.push(["lost", one, loss]));
    const second = await keeper.acquire("sim.solver");
    daemon.tell("lease.revoked", { lease: seat.leaseId, reason: "LEASE_REVOKED", hint: "ask" });
    await eventually(() => heard.length === 2);
    expect(heard).toEqual([
      ["granted", second],
      ["lost", seat, { reason: "LEASE_REVOKED", hint: "ask", final: true }],
    ]);
  });

  it("gives every seat back when it closes", async () => {
    const { daemon, keeper } = await seated();
    await keeper.acquire("sim.solver");
    await keeper.close();
    expect(daemon.count("seat.release")).toBe(2);
    await expect(keeper.acquire("cad.pro")).rejects.toThrow(
      expect.objectContaining({ code: "CLIENT_CLOSED" }),
    );
  });

  it("takes a daemon for dead that is silent for three heartbeats", async () => {
    const daemon = await daemonThat({ heartbeatMs: 10_000 });
    const keeper = await connected(daemon);
    const why: string[] = [];
    keeper.on("disconnected", (error) => why.push(error.code));
    vi.advanceTimersByTime(30_000);
    expect(why).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(why).toEqual(["SERVER_CONNECTION_LOST"]);
  });

  it.each([
    ["answers what nobody asked", '{"jsonrpc":"2.0","id":77,"result":{}}'],
    [
      "answers nobody",
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"","data":{"code":"INTERNAL_ERROR"}}}',
    ],
    ["sends a second challenge", '{"jsonrpc":"2.0","method":"challenge","params":{"note":"n"}}'],
    ["speaks no JSON", "hello"],
    ["sends bytes", Buffer.from("{}")],
  ])("ends a connection on which the daemon %s", async (_, frame) => {
    const { daemon, keeper } = await seated();
    const why: string[] = [];
    keeper.on("disconnected", (error) => why.push(error.code));
    daemon.say(frame);
    await eventually(() => why.length === 1);
    expect(why).toEqual(["SERVER_PROTOCOL"]);
  });
});

/** Of each renewal, whether it said that nobody had worked. */
function renewals({ asked }: ScriptedDaemon): readonly boolean[] {
  return asked.flatMap((request) =>
    request.method === "seat.renew" ? [request.params.quiet !== undefined] : [],
  );
}

describe("a seat whose application watches over activity", () => {
  it("says at each renewal whether nobody has worked, from the first sign of work on", async () => {
    const { daemon, seat } = await seated();
    await pass(60);
    expect(renewals(daemon)).toEqual([false, false]);
    seat.active();
    await pass(60);
    expect(renewals(daemon).slice(2)).toEqual([false, true]);
    expect(daemon.last("seat.renew").params.quiet).toEqual([seat.leaseId]);
    expect(daemon.count("seat.activity")).toBe(0);
  });

  it("says at once, and once, that somebody is back after a quiet time", async () => {
    const { daemon, seat } = await seated();
    seat.active();
    await pass(60);
    seat.active();
    seat.active();
    await eventually(() => daemon.count("seat.activity") === 1);
    expect(daemon.last("seat.activity").params.leases).toEqual([seat.leaseId]);
    await pass(30);
    expect(renewals(daemon)).toEqual([false, true, false]);
    expect(daemon.count("seat.activity")).toBe(1);
  });

  it("says it again when the renewal that said so was lost", async () => {
    const { daemon, seat } = await seated();
    daemon.answer = ({ method }) =>
      method === "seat.renew" && daemon.count(method) === 1
        ? denied("STORE_UNAVAILABLE", { retryAfterMs: 5_000 })
        : "default";
    seat.active();
    await pass(45);
    expect(renewals(daemon)).toEqual([false, false]);
  });

  it("is lost for good when it was idle for too long", async () => {
    const { daemon, seat, said } = await seated();
    daemon.tell("lease.revoked", { lease: seat.leaseId, reason: "LEASE_IDLE", hint: "idle" });
    await eventually(() => said.length === 1);
    expect(said).toEqual(["lost LEASE_IDLE for good"]);
    seat.active();
    expect(daemon.count("seat.activity")).toBe(0);
  });
});
