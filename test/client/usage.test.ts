import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wireFault } from "../../src/protocol/wire-error.ts";
import { connected, daemonThat, emptyFolder, eventually } from "./given.ts";
import { denied } from "./scripted-daemon.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a usage record", () => {
  it("is counted, under a key made up for it and at the present moment", async () => {
    vi.setSystemTime(1_795_348_800_000);
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    expect(await keeper.usage.record("render.minutes", 5)).toBe("counted");
    const [record] = daemon.last("usage.record").params.records;
    expect(record).toMatchObject({ meter: "render.minutes", units: 5, usedAt: 1_795_348_800_000 });
    expect(record?.key).toMatch(/^[0-9a-f]{32}$/);
  });

  it("goes out with whatever came while the last batch was on its way, a hundred at a time", async () => {
    const daemon = await daemonThat();
    const keeper = await connected(daemon);
    const all = Array.from({ length: 250 }, () => keeper.usage.record("render.minutes", 1));
    expect(keeper.usage.pending).toBe(250);
    await Promise.all(all);
    const sizes = daemon.asked.flatMap((request) =>
      request.method === "usage.record" ? [request.params.records.length] : [],
    );
    expect(sizes).toEqual([1, 100, 100, 49]);
    expect(keeper.usage.pending).toBe(0);
  });

  it("is sent again under the same key until a daemon has answered", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) => {
      if (method !== "usage.record" || daemon.count(method) > 2) return "default";
      return "hang up";
    };
    const keeper = await connected(daemon);
    const told = keeper.usage.record("render.minutes", 5, { key: "plot-7" });
    await eventually(() => {
      vi.advanceTimersByTime(1);
      return daemon.count("usage.record") === 3;
    });
    expect(await told).toBe("counted");
    expect(daemon.last("usage.record").params.records[0]?.key).toBe("plot-7");
  });

  it("waits while the daemon's disk is full", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) =>
      method === "usage.record" && daemon.count(method) === 1
        ? denied("STORE_UNAVAILABLE", { retryAfterMs: 3_000 })
        : "default";
    const keeper = await connected(daemon);
    const told = keeper.usage.record("render.minutes", 5);
    await eventually(() => {
      vi.advanceTimersByTime(100);
      return daemon.count("usage.record") === 2;
    });
    expect(await told).toBe("counted");
  });

  it("is refused alone when the quota is used up", async () => {
    const daemon = await daemonThat();
    const denial = { reason: "QUOTA_EXHAUSTED", feature: "render.minutes", hint: "order more" };
    daemon.answer = (request) => {
      if (request.method !== "usage.record") return "default";
      const results = request.params.records.map(({ key, units }) =>
        units > 10 ? { key, state: "denied", denial } : { key, state: "repeated" },
      );
      return { results };
    };
    const keeper = await connected(daemon);
    const small = keeper.usage.record("render.minutes", 5);
    const large = keeper.usage.record("render.minutes", 500);
    expect(await small).toBe("repeated");
    await expect(large).rejects.toThrow(
      expect.objectContaining({ code: "SEAT_DENIED", reason: "QUOTA_EXHAUSTED" }),
    );
  });

  it("is not even sent when it is malformed", async () => {
    const daemon = await daemonThat();
    const { usage } = await connected(daemon);
    await expect(usage.record("Minutes!", 5)).rejects.toMatchObject({ code: "CLIENT_OPTION" });
    await expect(usage.record("render.minutes", 0)).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    await expect(usage.record("render.minutes", 1.5)).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    await expect(usage.record("render.minutes", 1, { key: "a b" })).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    expect(daemon.count("usage.record")).toBe(0);
  });

  it("is waited for when the seatkeeper closes, for three seconds", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) => (method === "usage.record" ? "silence" : "default");
    const keeper = await connected(daemon);
    const told = keeper.usage.record("render.minutes", 5);
    await eventually(() => daemon.count("usage.record") === 1);
    const closing = keeper.close();
    vi.advanceTimersByTime(3_000);
    await expect(told).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await closing;
  });

  it("is on disk when its promise says spooled, and sent by the next start under its old time", async () => {
    vi.setSystemTime(1_795_348_800_000);
    const daemon = await daemonThat();
    daemon.answer = ({ method }) => (method === "usage.record" ? "silence" : "default");
    const dataDir = emptyFolder();
    const keeper = await connected(daemon, { dataDir });
    expect(await keeper.usage.record("render.minutes", 5, { until: "spooled" })).toBe("spooled");
    const closing = keeper.close();
    vi.advanceTimersByTime(3_000);
    await closing;

    vi.setSystemTime(1_795_352_400_000);
    daemon.answer = () => "default";
    const asked = daemon.count("usage.record");
    const again = await connected(daemon, { dataDir });
    await eventually(() => daemon.count("usage.record") > asked && again.usage.pending === 0);
    expect(daemon.last("usage.record").params.records).toMatchObject([
      { meter: "render.minutes", units: 5, usedAt: 1_795_348_800_000 },
    ]);
  });

  it("is sent again while the daemon remembers too many of this client's keys", async () => {
    const daemon = await daemonThat();
    const denial = { reason: "USAGE_KEYS_FULL", feature: "render.minutes", hint: "send fewer" };
    daemon.answer = (request) =>
      request.method === "usage.record" && daemon.count("usage.record") === 1
        ? { results: request.params.records.map(({ key }) => ({ key, state: "denied", denial })) }
        : "default";
    const keeper = await connected(daemon);
    const told = keeper.usage.record("render.minutes", 5);
    await eventually(() => {
      vi.advanceTimersByTime(100);
      return daemon.count("usage.record") === 2;
    });
    expect(await told).toBe("counted");
  });

  it("that nobody waits for tells by an event when the daemon will not have it", async () => {
    const daemon = await daemonThat();
    const denial = { reason: "QUOTA_EXHAUSTED", feature: "render.minutes", hint: "order more" };
    daemon.answer = (request) => {
      if (request.method !== "usage.record") return "default";
      return {
        results: request.params.records.map(({ key }) => ({ key, state: "denied", denial })),
      };
    };
    const keeper = await connected(daemon);
    const refused = once(keeper, "refused");
    await keeper.usage.record("render.minutes", 5, { key: "plot-7", until: "spooled" });
    expect(await refused).toMatchObject([{ key: "plot-7" }, { reason: "QUOTA_EXHAUSTED" }]);
    expect(keeper.usage.pending).toBe(0);
  });

  it("is sent again after an internal error of the daemon", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) =>
      method === "usage.record" && daemon.count(method) === 1
        ? wireFault("INTERNAL_ERROR", "a bug")
        : "default";
    const keeper = await connected(daemon);
    const told = keeper.usage.record("render.minutes", 5);
    await eventually(() => {
      vi.advanceTimersByTime(100);
      return daemon.count("usage.record") === 2;
    });
    expect(await told).toBe("counted");
  });
});

describe("a refund", () => {
  it("is a record that says so, with the time of the use that it gives back", async () => {
    const daemon = await daemonThat();
    const { usage } = await connected(daemon);
    const usedAt = 1_795_348_800_000;
    expect(await usage.refund("render.minutes", 5, { key: "undo-7", usedAt })).toBe("counted");
    expect(daemon.last("usage.record").params.records).toEqual([
      { meter: "render.minutes", units: 5, key: "undo-7", usedAt, refund: true },
    ]);
  });

  it("comes after the use before it and in another message, so that it is refused alone", async () => {
    const daemon = await daemonThat();
    daemon.answer = (request) =>
      request.method === "usage.record" && request.params.records.some(({ refund }) => refund)
        ? wireFault("INVALID_PARAMS", "params.records.0 has a field that is not known")
        : "default";
    const { usage } = await connected(daemon);
    const all = [
      usage.record("render.minutes", 1),
      usage.record("render.minutes", 2),
      usage.refund("render.minutes", 2),
      usage.record("render.minutes", 4),
    ];
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: "counted" },
      { value: "counted" },
      { reason: { code: "SERVER_REFUSED" } },
      { value: "counted" },
    ]);
    const units = daemon.asked.flatMap((request) =>
      request.method === "usage.record"
        ? [request.params.records.map((record) => record.units)]
        : [],
    );
    expect(units.flat()).toEqual([1, 2, 2, 4]);
    expect(units).toContainEqual([2]);
  });

  it("is on disk when its promise says spooled, and still a refund at the next start", async () => {
    const daemon = await daemonThat();
    daemon.answer = ({ method }) => (method === "usage.record" ? "silence" : "default");
    const dataDir = emptyFolder();
    const keeper = await connected(daemon, { dataDir });
    expect(await keeper.usage.refund("render.minutes", 5, { until: "spooled" })).toBe("spooled");
    const closing = keeper.close();
    vi.advanceTimersByTime(3_000);
    await closing;
    daemon.answer = () => "default";
    const asked = daemon.count("usage.record");
    const again = await connected(daemon, { dataDir });
    await eventually(() => daemon.count("usage.record") > asked && again.usage.pending === 0);
    expect(daemon.last("usage.record").params.records).toMatchObject([{ units: 5, refund: true }]);
  });

  it("is not even sent when its units are negative", async () => {
    const { usage } = await connected(await daemonThat());
    await expect(usage.refund("render.minutes", -5)).rejects.toMatchObject({
      code: "CLIENT_OPTION",
    });
    expect(usage.pending).toBe(0);
  });
});
