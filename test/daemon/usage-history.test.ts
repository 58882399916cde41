import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { days, hours } from "../../src/base/time.ts";
import { hourOf, NO_FIGURES } from "../../src/seats/feature-hour.ts";
import { openStore } from "../../src/store/database.ts";
import { aDaemon, aSite, noon, started, stopTime, usualTerms, vendor } from "./given.ts";
import { leaseOf, somebody, Workstation } from "./workstation.ts";

const LONG = { ...usualTerms, features: [{ name: "cad.pro", seats: 1, lease_time: "12h" }] };

describe("the history that the administrator sees", () => {
  it("is of this very moment: grants, denials, waits and seat time, before anything is sealed", async () => {
    stopTime();
    const daemon = await aDaemon(LONG);
    const ada = await Workstation.greeted(daemon.url);
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    const lease = leaseOf(await ada.acquire("cad.pro"));
    await bob.acquire("cad.pro");
    await bob.acquire("cad.pro", { wait: true });
    await bob.acquire("nothing.such");
    await vi.advanceTimersByTimeAsync(20_000);
    await ada.ask("seat.release", { lease });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await daemon.admin.usageHistory({ by: "hour" })).toMatchObject({
      timeZone: "UTC",
      from: "2026-10-24",
      to: "2026-11-22",
      rows: [
        { feature: "*", peak: 0, denials: { NOT_LICENSED_FEATURE: 1 } },
        {
          vendor: "acme.example",
          period: "2026-11-22T12:00+00:00",
          feature: "cad.pro",
          peak: 1,
          licensed: 1,
          queuePeak: 1,
          grants: 2,
          denials: { NO_SEATS: 1 },
          waits: 1,
          gaveUp: 0,
          waitedMs: 20_000,
          longestWaitMs: 20_000,
          seatMillis: 30_000,
        },
      ],
      features: [
        { feature: "cad.pro", peak: 1, licensed: 1, days: 1, daysInVain: 1, daysWaited: 1 },
      ],
    });
  });

  it("follows the clocks of the site, hour by hour, while nothing but time happens", async () => {
    stopTime();
    const daemon = await aDaemon(LONG, { timeZone: "Europe/Berlin" });
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    vi.advanceTimersByTime(hours(2));
    const { rows } = await daemon.admin.usageHistory({ by: "hour", feature: "cad.pro" });
    expect(rows.map(({ period, peak, seatMillis }) => [period, peak, seatMillis])).toEqual([
      ["2026-11-22T13:00+01:00", 1, hours(1)],
      ["2026-11-22T14:00+01:00", 1, hours(1)],
      ["2026-11-22T15:00+01:00", 1, 0],
    ]);
  });

  it("is the same after a restart", async () => {
    stopTime();
    const daemon = await aDaemon(LONG);
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await vi.advanceTimersByTimeAsync(5_000);
    const before = await daemon.admin.usageHistory({ by: "day" });
    await daemon.stop();
    const again = await started(daemon.site);
    expect(await again.admin.usageHistory({ by: "day" })).toEqual(before);
  });

  it("names the field of a query that is none", async () => {
    const daemon = await aDaemon();
    const ask = (more: object) => daemon.admin.usageHistory({ by: "day", ...more });
    await expect(ask({ from: "2026-02-30" })).rejects.toMatchObject({
      code: "ADMIN_REQUEST",
      message: "query.from is not as specified",
    });
    await expect(ask({ by: "year" })).rejects.toMatchObject({ code: "ADMIN_REQUEST" });
  });

  it("is refused where it would be longer than anybody reads", async () => {
    stopTime();
    const site = await aSite({ history: { keep: days(3_660) } });
    const store = openStore(join(site.config.dataDir, "seatkeeper.db"));
    const changes = Array.from({ length: 21_000 }, (_, index) => ({
      ...NO_FIGURES,
      kind: "hour-counted" as const,
      feature: "cad.pro",
      hour: hourOf(noon - index * hours(1)),
      grants: 1,
    }));
    await store.commit({ vendor, changes });
    store.close();
    const daemon = await started(site);
    const ask = (by: "hour" | "month") => daemon.admin.usageHistory({ by, from: "2020-01-01" });
    await expect(ask("hour")).rejects.toMatchObject({
      code: "ADMIN_REQUEST",
      hint: "ask for fewer days with --from and --to, for one --feature, or --by day",
    });
    const months = (await ask("month")).rows;
    expect(months.reduce((sum, { grants }) => sum + grants, 0)).toBe(21_000);
  });
});
