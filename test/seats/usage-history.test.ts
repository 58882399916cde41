import { describe, expect, it } from "vitest";
import { millis, unixMillis } from "../../src/base/time.ts";
import { type FeatureHour, type HourFigures, NO_FIGURES } from "../../src/seats/feature-hour.ts";
import { hoursIn } from "../../src/seats/site-calendar.ts";
import { type HistorySpan, UsageHistory } from "../../src/seats/usage-history.ts";

const at = (iso: string, figures: Partial<HourFigures> = {}): FeatureHour => ({
  ...NO_FIGURES,
  feature: "cad.pro",
  hour: unixMillis(Date.parse(iso)),
  grants: 1,
  ...figures,
});

function periods(by: HistorySpan, timeZone: string, hours: readonly FeatureHour[], range = {}) {
  const history = new UsageHistory(by, range, hoursIn(timeZone));
  history.add(hours);
  return history.lines().map(({ period, grants }) => [period, grants]);
}

describe("the periods of a history", () => {
  it("are those of the site: the day changes at its midnight", () => {
    const hours = [at("2026-11-30T22:00Z"), at("2026-11-30T23:00Z")];
    expect(periods("day", "Europe/Berlin", hours)).toEqual([
      ["2026-11-30", 1],
      ["2026-12-01", 1],
    ]);
    expect(periods("month", "Europe/Berlin", hours)).toEqual([
      ["2026-11", 1],
      ["2026-12", 1],
    ]);
    expect(periods("month", "UTC", hours)).toEqual([["2026-11", 2]]);
  });

  it("tell the two hours apart that daylight saving time gives one name, and miss the one it leaves out", () => {
    const autumn = [at("2026-10-25T00:00Z"), at("2026-10-25T01:00Z")];
    expect(periods("hour", "Europe/Berlin", autumn)).toEqual([
      ["2026-10-25T02:00+01:00", 1],
      ["2026-10-25T02:00+02:00", 1],
    ]);
    const spring = [at("2026-03-29T00:00Z"), at("2026-03-29T01:00Z")];
    expect(periods("hour", "Europe/Berlin", spring)).toEqual([
      ["2026-03-29T01:00+01:00", 1],
      ["2026-03-29T03:00+02:00", 1],
    ]);
  });

  it("begin at half past where the clocks are off by half an hour", () => {
    expect(periods("hour", "Asia/Kolkata", [at("2026-11-22T12:00Z")])).toEqual([
      ["2026-11-22T17:30+05:30", 1],
    ]);
  });

  it("of the week put the same hour of all weeks together, Monday first", () => {
    const hours = [at("2026-11-16T08:00Z"), at("2026-11-23T08:00Z"), at("2026-11-22T23:00Z")];
    expect(periods("weekday-hour", "UTC", hours)).toEqual([
      ["0 08", 2],
      ["6 23", 1],
    ]);
  });

  it("are as wide as they were asked for, both days included", () => {
    const hours = ["20", "21", "22", "23"].map((day) => at(`2026-11-${day}T12:00Z`));
    const range = { from: "2026-11-21", to: "2026-11-22" };
    expect(periods("day", "UTC", hours, range).map(([day]) => day)).toEqual([
      "2026-11-21",
      "2026-11-22",
    ]);
  });
});

describe("whether there are enough seats", () => {
  it("is told by peaks, and by the days on which somebody lacked one or waited", () => {
    const history = new UsageHistory("month", {}, hoursIn("UTC"));
    history.add([
      at("2026-11-20T09:00Z", { peak: 2, licensed: 3, denials: { NO_SEATS: 4 } }),
      at("2026-11-20T10:00Z", { peak: 3, licensed: 3, denials: { NO_SEATS: 1 } }),
      at("2026-11-21T09:00Z", { peak: 1, licensed: 5, waits: 2, gaveUp: 1 }),
      at("2026-11-22T09:00Z", { peak: 1, licensed: 5, denials: { NOT_INCLUDED: 9 } }),
      at("2026-11-23T09:00Z", { peak: 0, licensed: 5, waits: 1, longestWait: millis(7) }),
    ]);
    expect(history.summaries()).toEqual([
      { feature: "cad.pro", peak: 3, licensed: 3, daysUsed: 3, daysInVain: 2, daysWaited: 2 },
    ]);
  });

  it("is not told of names that no license knows", () => {
    const history = new UsageHistory("day", {}, hoursIn("UTC"));
    history.add([
      { ...at("2026-11-20T09:00Z", { denials: { NOT_LICENSED_FEATURE: 4 } }), feature: "*" },
    ]);
    expect(history.summaries()).toEqual([]);
  });
});
