import type { BorrowRule } from "../base/site-rules.ts";
import type { Millis } from "../base/time.ts";
import { listed } from "./finding.ts";
import type { WrittenRule } from "./written-rule.ts";

/** What the rule does, as a sentence: lower case, without a full stop. */
export function ruleInWords({ kind, rule }: WrittenRule): string {
  const { feature } = rule;
  switch (kind) {
    case "reserve":
      return `keeps ${seatsOf(rule.seats, feature)} for ${groups(rule.for)}; nobody else can take ${rule.seats === 1 ? "it" : "them"}`;
    case "include":
      return `lets ${groups(rule.who)} use ${feature}; who is in no included group may not`;
    case "exclude":
      return `keeps ${groups(rule.who)} from ${feature}`;
    case "max":
      return `lets ${holder(rule.per, rule.who)} hold at most ${seatsOf(rule.seats, feature)} at a time`;
    case "priority":
      return `serves ${whom(rule.who)} with priority ${rule.value} when ${feature} is waited for; higher comes first, 0 is usual`;
    case "linger":
      return `leaves a released seat of ${feature} with ${whom(rule.who)} for ${span(rule.span)} before others get it`;
    case "min_lease":
      return `leaves a seat of ${feature} with ${whom(rule.who)} for at least ${span(rule.span)}, released earlier or not`;
    case "idle_timeout":
      return `takes a seat of ${feature} back from ${whom(rule.who)} after ${span(rule.span)} without activity`;
    case "borrow":
      return borrowing(rule);
    case "require_bound":
      return `refuses ${feature} to ${whom(rule.who)} unless a certificate or token proves the ${listed(rule.labels)}`;
  }
}

function borrowing({ feature, who, span: longest, seats }: BorrowRule): string {
  if (longest === 0 || seats === 0) return `keeps ${whom(who)} from borrowing ${feature}`;
  const number = seats === null ? feature : `at most ${seatsOf(seats, feature)} together`;
  const time =
    longest === null ? "" : `${seats === null ? "" : ", each"} for at most ${span(longest)}`;
  return `lets ${whom(who)} borrow ${number}${time}`;
}

function seatsOf(seats: number, feature: string): string {
  return `${seats} ${seats === 1 ? "seat" : "seats"} of ${feature}`;
}

function groups(names: readonly string[]): string {
  return `${names.length === 1 ? "the group" : "the groups"} ${listed(names)}`;
}

const whom = (who: readonly string[] | null): string => (who === null ? "everybody" : groups(who));

function holder(per: "user" | "host" | "group", who: readonly string[] | null): string {
  if (per === "group") return `${groups(who ?? [])}${who?.length === 1 ? "" : ", each by itself,"}`;
  return who === null ? `each ${per}` : `each ${per} of ${groups(who)}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1_000, "s"],
  [1, "ms"],
];

/** As the file writes durations: `90s`, `5m`. */
function span(length: Millis): string {
  const [size, unit] = UNITS.find(([each]) => length >= each && length % each === 0) ?? [1, "ms"];
  return `${length / size}${unit}`;
}
