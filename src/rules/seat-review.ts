import { matchesWildcard } from "../base/wildcard.ts";
import { exclusionOf } from "./access-review.ts";
import { isWithin } from "./coverage.ts";
import {
  type Finding,
  type LicensedFeature,
  listed,
  optionPath,
  type Placed,
  type Review,
  rulesOf,
  shareFeature,
} from "./finding.ts";
import { type Group, groupNamed } from "./group.ts";

/** Reservations that are more than there is, or that nobody can use up. */
export function reviewSeats(review: Review): readonly Finding[] {
  const licensed = review.licensed ?? [];
  const reservations = rulesOf(review, "reserve");
  return [
    ...licensed.flatMap((feature) => aboveSeats(reservations, feature)),
    ...reservations.flatMap((reserve) => maximaBelow(review, reserve)),
    ...reservations.flatMap((reserve) => withoutAccess(review, reserve)),
  ];
}

/** The rule that asks for the seat too many is named; those before it still fit. */
function aboveSeats(
  reservations: readonly Placed<"reserve">[],
  { name, seats }: LicensedFeature,
): readonly Finding[] {
  let reserved = 0;
  for (const placed of reservations) {
    if (!matchesWildcard(placed.rule.feature, name)) continue;
    reserved += placed.rule.seats;
    if (reserved <= seats) continue;
    const text = `${counted(reserved)} of ${name} would be reserved, the licenses have ${seats}`;
    const path = optionPath(placed, "seats");
    return [{ severity: "contradiction", ruleId: placed.rule.ruleId, path, text }];
  }
  return [];
}

function maximaBelow(review: Review, reserve: Placed<"reserve">): readonly Finding[] {
  return rulesOf(review, "max").flatMap((max): readonly Finding[] => {
    const { ruleId, per, seats } = max.rule;
    if (!shareFeature(review, reserve.rule, max.rule)) return [];
    const most = usableSeats(review, reserve, max);
    if (most === undefined || most >= reserve.rule.seats) return [];
    const text = `${reserve.rule.ruleId} reserves ${counted(reserve.rule.seats)}, but with at most ${seats} per ${per} only ${most} can be used`;
    return [{ severity: "contradiction", ruleId, path: optionPath(max, "seats"), text }];
  });
}

/** How many of the reserved seats the maximum lets be used; undefined for any number. */
function usableSeats(
  review: Review,
  { rule: reserve }: Placed<"reserve">,
  { rule: max }: Placed<"max">,
): number | undefined {
  const { who } = max;
  const bound = who === null || reserve.for.every((name) => isWithin(review.groups, name, who));
  if (!bound) return undefined;
  if (max.seats === 0) return 0;
  if (max.per === "group") return max.seats * reserve.for.length;
  const holders = reserve.for.map((name) => headCount(groupNamed(review.groups, name), max.per));
  const known = holders.filter((count) => count !== undefined);
  if (known.length < holders.length) return undefined;
  return max.seats * known.reduce((sum, count) => sum + count, 0);
}

/** Users or hosts of a group that names each of them; undefined when there may be any number. */
function headCount(group: Group | undefined, per: "user" | "host" | "group"): number | undefined {
  if (group === undefined || group.networks.length > 0) return undefined;
  // One login in two cases is two pseudonyms.
  if (group.ignoreCase && per === "user") return undefined;
  const [counted, other] = per === "user" ? [group.users, group.hosts] : [group.hosts, group.users];
  const isList = other.length === 0 && !counted.some((name) => /[*?]/.test(name));
  return isList ? counted.length : undefined;
}

/** Seats kept for groups that the other rules do not let in. */
function withoutAccess(review: Review, reserve: Placed<"reserve">): readonly Finding[] {
  const { rule } = reserve;
  const about = { ruleId: rule.ruleId, path: optionPath(reserve, "for") };
  const kept = `the seats are kept for ${listed(rule.for)}`;
  const excluded = rule.for.filter((name) => exclusionOf(review, rule, name) !== undefined);
  if (excluded.length === rule.for.length) {
    return [{ severity: "contradiction", ...about, text: `${kept}, whom other rules exclude` }];
  }
  if (excluded.length > 0) {
    const text = `${kept}, but other rules exclude ${listed(excluded)}`;
    return [{ severity: "remark", ...about, text }];
  }
  const includes = rulesOf(review, "include").filter((each) =>
    shareFeature(review, rule, each.rule),
  );
  const included = [...new Set(includes.flatMap((include) => include.rule.who))];
  if (includes.length === 0 || rule.for.some((name) => isRelated(review, name, included)))
    return [];
  // Who is in both groups, by a login here and a host there, may use them all the same.
  const text = `${kept}, but only ${listed(included)} may use ${rule.feature}`;
  return [{ severity: "remark", ...about, text }];
}

/** Whether the group is part of one of the others, or one of them part of it. */
function isRelated(review: Review, name: string, others: readonly string[]): boolean {
  return others.some(
    (other) => isWithin(review.groups, name, [other]) || isWithin(review.groups, other, [name]),
  );
}

const counted = (seats: number): string => `${seats} ${seats === 1 ? "seat" : "seats"}`;
