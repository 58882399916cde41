import { type Millis, millis, type UnixMillis } from "../base/time.ts";
import type { MeterPeriod, MeterRule } from "./terms.ts";

/** The rules of each meter, one per period, several licenses added up. */
export type MeterRules = ReadonlyMap<string, readonly MeterRule[]>;

export function addUpMeters(rules: readonly MeterRule[]): MeterRules {
  const sums = new Map<string, readonly MeterRule[]>();
  for (const rule of rules) {
    const known = sums.get(rule.name) ?? [];
    const same = known.find(({ period }) => period === rule.period);
    const others = known.filter((other) => other !== same);
    sums.set(rule.name, [...others, same === undefined ? rule : sumOf(same, rule)]);
  }
  return sums;
}

/** `total`, `2026-11-22` or `2026-11`: a day or month of the calendar, however long it is. */
export type PeriodAt = (period: MeterPeriod, wall: UnixMillis) => string;

/**
 * Days and months as a place on earth has them, also where daylight saving time makes one 23 or 25 hours
 * long.
 * @throws RangeError for a time zone that this system does not know.
 */
export function periodsIn(timeZone: string): PeriodAt {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (period, wall) => {
    if (period === "total") return "total";
    const parts = new Map(format.formatToParts(wall).map(({ type, value }) => [type, value]));
    const names = ["year", "month", "day"] as const;
    const wanted = period === "day" ? names : names.slice(0, 2);
    return wanted.map((name) => parts.get(name)).join("-");
  };
}

/** Shares of a quota, in percent, that are worth a warning when they are reached; the highest first. */
const WARNINGS = [100, 90, 80] as const;

/** One of 80, 90 and 100. */
export type QuotaWarning = (typeof WARNINGS)[number];

/** The highest share of the quota that is used; undefined below 80 %, and without a quota. */
export function warningAt(used: number, quota: number | null): QuotaWarning | undefined {
  if (quota === null) return undefined;
  // Divided first: a hundred times the units may be no safe integer.
  return WARNINGS.find((percent) => used >= quota * (percent / 100));
}

/** The longest late limit of all rules; zero without any. */
export function longestLateLimit(rules: Iterable<MeterRule>): Millis {
  let longest = 0;
  for (const { lateLimit } of rules) longest = Math.max(longest, lateLimit);
  return millis(longest);
}

function sumOf(one: MeterRule, other: MeterRule): MeterRule {
  return {
    ...one,
    quota: one.quota === null || other.quota === null ? null : one.quota + other.quota,
    overdraft: one.overdraft === "allow" ? "allow" : other.overdraft,
    lateLimit: longestLateLimit([one, other]),
    refunds: one.refunds || other.refunds,
  };
}
