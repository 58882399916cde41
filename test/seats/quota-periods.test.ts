import { describe, expect, it } from "vitest";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { periodsIn, warningAt } from "../../src/seats/meter-rules.ts";
import { ada, bob, givenBook, meter, noon, record } from "./given.ts";

const at = (iso: string): UnixMillis => unixMillis(Date.parse(iso));

const ten = (number: number, { wall }: { readonly wall: UnixMillis }) =>
  record(ada, number, { units: 10, usedAt: wall });

describe("a day of a quota", () => {
  it.each([
    ["UTC", "2026-11-21T23:59:59.999Z", "2026-11-21"],
    ["UTC", "2026-11-22T00:00:00Z", "2026-11-22"],
    ["Europe/Berlin", "2026-11-21T23:00:00Z", "2026-11-22"],
    ["America/New_York", "2026-11-22T04:59:59Z", "2026-11-21"],
    ["Pacific/Kiritimati", "2026-11-22T10:00:00Z", "2026-11-23"],
    // Clocks go forward on 2026-03-29 and back on 2026-10-25.
    ["Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29"],
    ["Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29"],
    ["Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"],
    ["Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25"],
    ["Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25"],
    ["Europe/Berlin", "2026-10-25T23:00:00Z", "2026-10-26"],
  ])("in %s at %s is %s", (zone, iso, day) => {
    expect(periodsIn(zone)("day", at(iso))).toBe(day);
  });

  it("begins anew at the site's midnight", () => {
    const rule = meter({ period: "day", quota: 10 });
    const book = givenBook({ meters: [rule], limits: { timeZone: "Europe/Berlin" } });
    const before = { wall: at("2026-11-22T22:59:00Z"), mono: noon.mono };
    const after = { wall: at("2026-11-22T23:00:00Z"), mono: noon.mono };
    expect(book.decide(ten(1, before), before).changes).toContainEqual({
      kind: "meter-counted",
      meter: "render.minutes",
      period: "2026-11-22",
      total: 10,
    });
    expect(book.decide(ten(2, before), before).answer).toMatchObject({
      results: [{ kind: "denied", denial: { reason: "QUOTA_EXHAUSTED" } }],
    });
    expect(book.decide(ten(3, after), after).answer).toMatchObject({
      results: [{ kind: "counted" }],
    });
  });
});

describe("a month of a quota", () => {
  it("begins at the site's midnight, in the site's year", () => {
    expect(periodsIn("Asia/Tokyo")("month", at("2026-12-31T15:00:00Z"))).toBe("2027-01");
    expect(periodsIn("UTC")("month", at("2026-12-31T15:00:00Z"))).toBe("2026-12");
    expect(periodsIn("Asia/Tokyo")("total", at("2026-12-31T15:00:00Z"))).toBe("total");
  });
});

describe("a quota", () => {
  it.each([
    [79, 100, undefined],
    [80, 100, 80],
    [90, 100, 90],
    [99, 100, 90],
    [100, 100, 100],
    [250, 100, 100],
    [2, 3, undefined],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 100],
    [0, 0, 100],
    [5, null, undefined],
  ] as const)("of which %d of %s are used warns at %s", (used, quota, percent) => {
    expect(warningAt(used, quota)).toBe(percent);
  });

  it("warns whoever reaches a mark, once, and names the highest", () => {
    const book = givenBook({ meters: [meter({ quota: 100, overdraft: "allow" })] });
    const marks = (by: typeof ada, number: number, units: number) =>
      book
        .decide(record(by, number, { units }), noon)
        .notices.map((notice) => (notice.kind === "quota" ? [notice.client, notice.percent] : []));
    expect(marks(ada, 1, 79)).toEqual([]);
    expect(marks(bob, 2, 1)).toEqual([[bob.client, 80]]);
    expect(marks(ada, 3, 9)).toEqual([]);
    expect(marks(ada, 4, 30)).toEqual([[ada.client, 100]]);
    expect(marks(ada, 5, 30)).toEqual([]);
    expect(book.view(noon).meters).toMatchObject([{ used: 149, warning: 100 }]);
  });
});
