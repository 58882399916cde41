import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AcquireOptions, Seat } from "../../src/client/index.ts";
import { connected, daemonThat, eventually } from "./given.ts";
import { denied, type ScriptedDaemon } from "./scripted-daemon.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A daemon with a full house, and a request that waits in its queue. */
async function waiting(options: AcquireOptions = {}): Promise<{
  readonly daemon: ScriptedDaemon;
  readonly wish: Promise<Seat>;
}> {
  const daemon = await daemonThat();
  daemon.answer = ({ method }) =>
    method === "seat.acquire" ? { state: "queued", position: 2 } : "default";
  const keeper = await connected(daemon);
  const wish = keeper.acquire("cad.pro", { wait: true, ...options });
  wish.catch(() => undefined);
  await eventually(() => daemon.count("seat.acquire") === 1);
  return { daemon, wish };
}

function grantNow(daemon: ScriptedDaemon): void {
  const { key, feature, count, nonce } = daemon.last("seat.acquire").params;
  daemon.tell("queue.granted", { key, lease: daemon.grant(feature, count, nonce) });
}

describe("a request that waits in the queue", () => {
  it("is told its place", async () => {
    const places: number[] = [];
    await waiting({ onQueued: (position) => places.push(position) });
    await eventually(() => places.length === 1);
    expect(places).toEqual([2]);
  });

  it("becomes a seat when its turn comes", async () => {
    const { daemon, wish } = await waiting();
    grantNow(daemon);
    expect((await wish).state).toBe("held");
  });

  it("becomes a seat also when the grant follows on the heels of the answer", async () => {
    const daemon = await daemonThat();
    daemon.answer = (request) => {
      if (request.method !== "seat.acquire") return "default";
      setImmediate(() => grantNow(daemon));
      return { state: "queued", position: 1 };
    };
    const keeper = await connected(daemon);
    expect((await keeper.acquire("cad.pro", { wait: true })).state).toBe("held");
  });

  it("keeps its place under the same key when the connection breaks", async () => {
    const { daemon, wish } = await waiting();
    const { key } = daemon.last("seat.acquire").params;
    daemon.cut();
    vi.advanceTimersByTime(1_000);
    await eventually(() => {
      vi.advanceTimersByTime(1);
      return daemon.count("seat.acquire") === 2;
    });
    expect(daemon.last("seat.acquire").params.key).toBe(key);
    grantNow(daemon);
    expect((await wish).state).toBe("held");
  });

  it("is denied when the daemon drops it", async () => {
    const { daemon, wish } = await waiting();
    const { key } = daemon.last("seat.acquire").params;
    const denial = { reason: "EXPIRED", feature: "cad.pro", hint: "renew" } as const;
    daemon.tell("queue.dropped", { key, denial });
    await expect(wish).rejects.toThrow(
      expect.objectContaining({ code: "SEAT_DENIED", reason: "EXPIRED", hint: "renew" }),
    );
  });

  it("leaves the queue when it is aborted", async () => {
    const patience = new AbortController();
    const { daemon, wish } = await waiting({ signal: patience.signal });
    patience.abort(new Error("enough"));
    await expect(wish).rejects.toThrow("enough");
    await eventually(() => daemon.count("seat.cancel") === 1);
    expect(daemon.last("seat.cancel").params.key).toBe(daemon.last("seat.acquire").params.key);
  });

  it("gives back the seat that crossed its abort on the way", async () => {
    const patience = new AbortController();
    const { daemon, wish } = await waiting({ signal: patience.signal });
    grantNow(daemon);
    patience.abort();
    await expect(wish).rejects.toThrow("abort");
    await eventually(() => daemon.count("seat.release") === 1);
  });
});

describe("a request for a seat", () => {
  it("says why it is denied, and when to ask again", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) =>
      method === "seat.acquire" ? denied("NO_SEATS", { retryAfterMs: 4_000 }) : "default";
    const keeper = await connected(daemon);
    await expect(keeper.acquire("cad.pro")).rejects.toThrow(
      expect.objectContaining({
        code: "SEAT_DENIED",
        reason: "NO_SEATS",
        feature: "cad.pro",
        hint: "wait",
        retryAfter: 4_000,
        queuePosition: undefined,
        ruleId: undefined,
        holders: [],
      }),
    );
  });

  it("names the rule of the site that denied it, its reason and the holders", async () => {
    const daemon = await daemonThat();
    const rule = { ruleId: "night", ruleReason: "kept for the night shift", holders: ["u_x"] };
    daemon.answer = ({ method }) =>
      method === "seat.acquire" ? denied("RESERVED_FOR_OTHERS", rule) : "default";
    const keeper = await connected(daemon);
    await expect(keeper.acquire("cad.pro")).rejects.toThrow(
      expect.objectContaining({
        message: "cad.pro denied: RESERVED_FOR_OTHERS by rule night: kept for the night shift",
        ...rule,
      }),
    );
  });

  it("is repeated under its key when the connection ends before the answer", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) =>
      method === "seat.acquire" && daemon.count(method) === 1 ? "hang up" : "default";
    const keeper = await connected(daemon);
    const wish = keeper.acquire("cad.pro", { count: 2 });
    await eventually(() => {
      vi.advanceTimersByTime(1);
      return daemon.count("seat.acquire") === 2;
    });
    const [first, second] = daemon.asked.filter(({ method }) => method === "seat.acquire");
    expect(second?.params).toEqual(first?.params);
    expect((await wish).count).toBe(2);
  });

  it("condemns a connection that leaves it without an answer for 15 s", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) =>
      method === "seat.acquire" && daemon.count(method) === 1 ? "silence" : "default";
    const keeper = await connected(daemon);
    const wish = keeper.acquire("cad.pro");
    await eventually(() => daemon.count("seat.acquire") === 1);
    vi.advanceTimersByTime(15_000);
    await eventually(() => {
      vi.advanceTimersByTime(1);
      return daemon.count("seat.acquire") === 2;
    });
    expect((await wish).state).toBe("held");
  });

  it("that is aborted in flight gives the seat back", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    const patience = new AbortController();
    daemon.answer = ({ method }) => {
      if (method === "seat.acquire") patience.abort();
      return "default";
    };
    const wish = keeper.acquire("cad.pro", { signal: patience.signal });
    await expect(wish).rejects.toThrow("abort");
    await eventually(() => daemon.count("seat.release") === 1);
  });

  it("that is aborted before it was sent is never sent", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    const patience = new AbortController();
    const wish = keeper.acquire("cad.pro", { signal: patience.signal });
    patience.abort();
    await expect(wish).rejects.toThrow("abort");
    expect(daemon.count("seat.acquire")).toBe(0);
  });

  it("is not even sent when it is malformed", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    await expect(keeper.acquire("CAD Pro")).rejects.toMatchObject({ code: "CLIENT_OPTION" });
    await expect(keeper.acquire("cad.pro", { count: 0 })).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    await expect(keeper.acquire("cad.pro", { version: "4 2" })).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    expect(daemon.count("seat.acquire")).toBe(0);
  });
});
