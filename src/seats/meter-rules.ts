import { isoTime, type Millis, millis, type UnixMillis } from "../base/time.ts";
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

/** `total`, `2026-11-22` or `2026-11`, in UTC. */
export function periodAt(period: MeterPeriod, wall: UnixMillis): string {
  if (period === "total") return "total";
  return isoTime(wall).slice(0, period === "day" ? 10 : 7);
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
  };
}
