import { describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { ingest } from "./at-the-vendor.ts";
import { aDaemon, type GivenDaemon, noon, started, stopTime, usualTerms } from "./given.ts";
import { type Message, Workstation } from "./workstation.ts";

const metered = (meter: object, more: object = {}): object => ({
  ...usualTerms,
  ...more,
  meters: [{ name: "render.minutes", unit: "minutes", quota: 100, ...meter }],
});
const REFUNDS = metered({ refunds: true });

const minutes = (units: number, key: string, more: object = {}): object => ({
  meter: "render.minutes",
  units,
  key,
  usedAt: Date.now(),
  ...more,
});

const tell = (who: Workstation, ...records: readonly object[]): Promise<Message> =>
  who.ask("usage.record", { records });

const used = async (daemon: GivenDaemon): Promise<number | undefined> =>
  (await daemon.admin.status()).vendors[0]?.meters[0]?.used;

async function exported(daemon: GivenDaemon): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await daemon.admin.exportUsage((piece) => void pieces.push(piece));
  return Buffer.concat(pieces);
}

describe("units that are given back", () => {
  it("count once through a restart, and free the quota", async () => {
    const daemon = await aDaemon(REFUNDS);
    const ada = await Workstation.greeted(daemon.url);
    await tell(ada, minutes(100, "job-1"));
    const refund = minutes(40, "undo-1", { refund: true });
    expect((await tell(ada, refund)).result).toEqual({
      results: [{ key: "undo-1", state: "counted" }],
    });
    expect(await used(daemon)).toBe(60);
    await daemon.stop();

    const again = await started(daemon.site);
    const adaAgain = await Workstation.greeted(again.url, ada.identity);
    expect((await tell(adaAgain, refund, minutes(40, "job-2"))).result).toEqual({
      results: [
        { key: "undo-1", state: "repeated" },
        { key: "job-2", state: "counted" },
      ],
    });
    expect(await used(again)).toBe(100);
  });

  it.each(["totals", "events"])("reach the vendor beside what was used, as %s", async (detail) => {
    const daemon = await aDaemon(metered({ refunds: true }, { detail }));
    const ada = await Workstation.greeted(daemon.url);
    await tell(ada, minutes(30, "job-1"), minutes(12, "undo-1", { refund: true }));
    expect((await daemon.admin.usage()).rows).toMatchObject([
      { records: 1, units: 30, refunds: 1, refundedUnits: 12, netUnits: 18 },
    ]);
    const { report, payloads } = ingest(await exported(daemon), daemon.site.request);
    expect(report).toMatchObject({ verdict: "FIRST_VERIFIED", problems: [] });
    const units = { meter: "render.minutes", records: 1, late: 0 };
    const sealed = {
      totals: { meters: [{ ...units, units: 30 }], refunds: [{ ...units, units: 12 }] },
      events: {
        events: [
          { type: "usage", units: 30 },
          { type: "refund", units: 12 },
        ],
      },
    }[detail];
    expect(payloads.filter(({ type }) => type === "checkpoint")).toMatchObject([sealed]);
  });

  it("are refused where the license does not let them be", async () => {
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    expect(
      (await tell(ada, minutes(5, "job-1"), minutes(5, "undo-1", { refund: true }))).result,
    ).toMatchObject({
      results: [
        { key: "job-1", state: "counted" },
        { key: "undo-1", state: "denied", denial: { reason: "REFUND_NOT_ALLOWED" } },
      ],
    });
    expect(await used(daemon)).toBe(5);
  });

  it("are never more than what was used in the period", async () => {
    const daemon = await aDaemon(REFUNDS);
    const ada = await Workstation.greeted(daemon.url);
    await tell(ada, minutes(5, "job-1"));
    expect((await tell(ada, minutes(6, "undo-1", { refund: true }))).result).toMatchObject({
      results: [
        {
          denial: {
            reason: "REFUND_TOO_MUCH",
            hint: "5 units were used in all; give back no more than that",
          },
        },
      ],
    });
    expect(await used(daemon)).toBe(5);
  });

  it("are no usage of less than nothing", async () => {
    const daemon = await aDaemon(REFUNDS);
    const ada = await Workstation.greeted(daemon.url);
    expect((await tell(ada, minutes(-5, "job-1"))).error).toMatchObject({
      data: { code: "INVALID_PARAMS", field: "params.records.0.units" },
    });
  });
});

describe("a record of usage", () => {
  it.each([false, true])("is too late after the late limit (refund: %s)", async (refund) => {
    stopTime();
    const daemon = await aDaemon(metered({ refunds: true, late_limit: "1d" }));
    const ada = await Workstation.greeted(daemon.url);
    const late = minutes(1, "job-1", { usedAt: noon - 86_400_001, refund });
    expect((await tell(ada, late)).result).toMatchObject({
      results: [{ denial: { reason: "USAGE_TOO_LATE", feature: "render.minutes" } }],
    });
  });

  it("is refused while too many keys of its client are remembered", async () => {
    const { limits } = DEFAULT_CONFIG;
    const daemon = await aDaemon(usualTerms, { limits: { ...limits, usageKeysPerClient: 2 } });
    const ada = await Workstation.greeted(daemon.url);
    await tell(ada, minutes(1, "job-1"), minutes(1, "job-2"));
    expect((await tell(ada, minutes(1, "job-3"))).result).toMatchObject({
      results: [{ denial: { reason: "USAGE_KEYS_FULL" } }],
    });
    const bob = await Workstation.greeted(daemon.url);
    expect((await tell(bob, minutes(1, "job-3"))).result).toMatchObject({
      results: [{ state: "counted" }],
    });
  });
});
