// Whether somebody may have seats, and whether there are some.
import type { MaxRule, ReserveRule } from "../../../src/base/site-rules.ts";
import type { Standing } from "../../../src/base/standing.ts";
import {
  fit,
  kindOf,
  licensed,
  means,
  type Need,
  poolOf,
  rulesFor,
  serving,
  tokensIn,
  validGrants,
  withOverdraft,
} from "./license.ts";
import { type Held, type Records, type Refused, sum, type Wish } from "./records.ts";

/**
 * LAW: who may not have seats, whatever comes free, is told the first of these reasons. A lease
 * that is looked at while nobody is there to prove labels is not asked for proof.
 */
export function whyNever(
  records: Records,
  wish: Wish,
  bound: Standing["bound"] | undefined,
): Refused | undefined {
  const { feature, groups, count } = wish;
  const { pools, meters, rules } = records.terms;
  const pool = poolOf(records, feature);
  const hasLicense = pools.length > 0 || meters.length > 0;
  if (pool === undefined) return { reason: hasLicense ? "NOT_LICENSED_FEATURE" : "NO_LICENSE" };
  const grants = validGrants(records, feature);
  const isEarly = pool.grants.some(({ startsAt }) => (startsAt ?? 0) > records.wall);
  if (grants.length === 0) return { reason: isEarly ? "NOT_STARTED" : "EXPIRED" };
  if (pool.namedUsers && !namedFor(records, feature, pool.namedUsers.max).includes(wish.user)) {
    return { reason: "NOT_NAMED_USER" };
  }
  const excluding = rulesFor(rules.exclude, feature).find(({ who }) => means(who, groups));
  if (excluding) return { reason: "EXCLUDED", ruleId: excluding.ruleId };
  const including = rulesFor(rules.include, feature);
  if (including[0] && !including.some(({ who }) => means(who, groups))) {
    return { reason: "NOT_INCLUDED", ruleId: including[0].ruleId };
  }
  const demanding = rulesFor(rules.requireBound, feature).find(
    ({ who, labels }) => bound && means(who, groups) && !labels.every((label) => bound[label]),
  );
  if (demanding) return { reason: "NOT_BOUND", ruleId: demanding.ruleId };
  const serve = serving(records, wish);
  if (serve.length === 0) return { reason: "VERSION_TOO_NEW" };
  if (count > sum(serve.map(withOverdraft))) return { reason: "TOO_MANY" };
  const { tokens } = pool;
  if (tokens && count * tokens.cost > tokensIn(records, tokens.pool)) return { reason: "TOO_MANY" };
  return undefined;
}

/** LAW: of the list, those who came first count, as many as the license names. */
export function namedFor({ named }: Records, feature: string, max: number): readonly string[] {
  return named
    .filter((one) => one.feature === feature)
    .toSorted((one, other) => one.since - other.since || (one.user < other.user ? -1 : 1))
    .slice(0, max)
    .map(({ user }) => user);
}

/** Seats there are for a wish, beside those of `leases` and those kept for `ahead`. */
export function roomFor(
  records: Records,
  wish: Wish,
  leases: readonly Held[],
  ahead: readonly Wish[] = [],
): "licensed" | "overdraft" | Refused {
  const { feature } = wish;
  const max = maxReached(records, wish, leases);
  if (max) return { reason: "OVER_MAX", ruleId: max.ruleId };
  if (!hasTokens(records, wish, leases, ahead)) return { reason: "NO_SEATS" };
  const paying = leases.filter((one) => one.feature === feature && one.hasSeats);
  const used: Need[] = [...paying, wish].map((one) => ({ count: one.count, product: one }));
  const reserves = rulesFor(records.terms.rules.reserve, feature).filter(
    (rule) => !means(rule.for, wish.groups) && unfilled(rule, paying) > 0,
  );
  const reserved: Need = {
    product: undefined,
    count: sum(reserves.map((rule) => unfilled(rule, paying))),
  };
  if (!fit(records, feature, [...used, reserved], withOverdraft)) {
    const [rule] = reserves;
    return rule && fit(records, feature, used, withOverdraft)
      ? { reason: "RESERVED_FOR_OTHERS", ruleId: rule.ruleId }
      : { reason: "NO_SEATS" };
  }
  const kept = keptAgainst(records, wish, paying, ahead);
  if (!fit(records, feature, [...used, reserved, ...kept], withOverdraft)) {
    return { reason: "NO_SEATS" };
  }
  // LAW: overdraft begins where the license's own seats do not suffice, and is written down.
  return fit(records, feature, [...used, reserved], licensed) ? "licensed" : "overdraft";
}

/** LAW: nobody gets more than the rules let a user, a host or a group have at a time. */
export function maxReached(
  { terms }: Records,
  { feature, user, host, groups, count }: Wish,
  leases: readonly Held[],
): MaxRule | undefined {
  const taken = leases.filter((one) => one.feature === feature && one.hasSeats);
  const isOver = (seats: number, isCounted: (one: Held) => boolean): boolean =>
    sum(taken.filter(isCounted).map((one) => one.count)) + count > seats;
  return rulesFor(terms.rules.max, feature).find(({ who, per, seats }) => {
    if (!means(who, groups)) return false;
    if (per === "user") return isOver(seats, (one) => one.user === user);
    if (per === "host") return isOver(seats, (one) => one.host === host);
    return groups
      .filter((group) => who === null || who.includes(group))
      .some((group) => isOver(seats, (one) => one.groups.includes(group)));
  });
}

/** LAW: features that draw on one pool of tokens never spend more than it has. */
function hasTokens(
  records: Records,
  wish: Wish,
  leases: readonly Held[],
  ahead: readonly Wish[],
): boolean {
  const pool = poolOf(records, wish.feature)?.tokens?.pool;
  if (pool === undefined) return true;
  const cost = ({ feature, count }: Wish): number => {
    const tokens = poolOf(records, feature)?.tokens;
    return tokens?.pool === pool ? count * tokens.cost : 0;
  };
  const spent = [...leases.filter(({ hasSeats }) => hasSeats), ...ahead, wish].map(cost);
  return sum(spent) <= tokensIn(records, pool);
}

/** LAW: a reservation keeps what its groups do not use at present. */
function unfilled(rule: ReserveRule, paying: readonly Held[]): number {
  const theirs = paying.filter(({ groups }) => means(rule.for, groups));
  return Math.max(0, rule.seats - sum(theirs.map(({ count }) => count)));
}

/**
 * LAW: who waits and comes first is kept as many seats as asked for, so a big request is not
 * overtaken for ever by small ones. Only a reservation with enough for all of its own is another
 * matter: those ahead could not have its seats.
 */
function keptAgainst(
  records: Records,
  wish: Wish,
  paying: readonly Held[],
  ahead: readonly Wish[],
): readonly Need[] {
  const rivals = ahead.filter(({ feature }) => feature === wish.feature);
  const hasOwn = rulesFor(records.terms.rules.reserve, wish.feature).some((rule) => {
    if (!means(rule.for, wish.groups)) return false;
    const same = rivals.filter(({ groups }) => means(rule.for, groups));
    return wish.count + sum(same.map(({ count }) => count)) <= unfilled(rule, paying);
  });
  return hasOwn ? [] : rivals.map((one) => ({ count: one.count, product: one }));
}

/** LAW: where a reservation alone is in the way for ever, waiting is no use. */
export function reservedForEver(records: Records, wish: Wish): Refused | undefined {
  const rules = rulesFor(records.terms.rules.reserve, wish.feature).filter(
    (rule) => !means(rule.for, wish.groups),
  );
  const seats = sum(validGrants(records, wish.feature).map(withOverdraft));
  const left = seats - sum(rules.map((rule) => rule.seats));
  const [rule] = rules;
  if (rule === undefined || wish.count <= left) return undefined;
  return { reason: "RESERVED_FOR_OTHERS", ruleId: rule.ruleId, isLasting: true };
}

/**
 * LAW: leases of one holder share seats where they are for the same number, of versions that the
 * same seats serve. Without sharing, only what was left behind is the holder's own.
 */
export function matesOf(records: Records, wish: Wish, leases: readonly Held[]): readonly Held[] {
  const share = poolOf(records, wish.feature)?.share ?? "none";
  const holderOf = ({ client, user, host, display }: Wish): string => {
    if (share === "none") return `${client} ${user}`;
    if (share === "user") return user;
    if (share === "host") return host;
    return share === "user+host" ? `${user} ${host}` : (display ?? host);
  };
  return leases.filter(
    (one) =>
      one.feature === wish.feature &&
      one.count === wish.count &&
      holderOf(one) === holderOf(wish) &&
      kindOf(records, one) === kindOf(records, wish),
  );
}
