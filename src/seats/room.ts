import type { MaxRule } from "../base/site-rules.ts";
import { ANY_SEAT, allSeats, canSeat, licensedSeats, type SeatClass } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Earmarks } from "./earmarks.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Refusal } from "./refusal.ts";

/** Whether there are seats now, and of which kind; or why not. */
export type Room =
  | { readonly kind: "licensed" | "overdraft" }
  | { readonly kind: "none"; readonly refusal: Refusal };

/** What room is looked for in: the seats in use, and the tokens there are of the feature's pool. */
export interface Site {
  readonly occupancy: Occupancy;
  readonly tokensIn: (pool: string) => number;
}

/** Looks for room beside all seats in use, and beside those that `earmarks` keep for others. */
export function roomFor(site: Site, feature: Feature, claim: Claim, earmarks?: Earmarks): Room {
  const max = maxReached(site.occupancy, feature, claim);
  if (max !== undefined) return none({ reason: "OVER_MAX", rule: max });
  const short = poolThatIsShort(site, feature, claim, earmarks);
  if (short !== undefined) return none({ reason: "NO_SEATS", hint: tokensInUse(short) });
  const used: Demand = [...site.occupancy.classes(feature), [feature.classFor(claim), claim.count]];
  const withReserved: Demand = [...used, [ANY_SEAT, reservedForOthers(site, feature, claim)]];
  const overdraft = canSeat(allSeats(feature.capacity.value), withReserved);
  if (!overdraft) return none(whyNoSeat(site, feature, claim, used));
  const waiting = earmarks?.seatsAgainst(site.occupancy, feature, claim) ?? [];
  if (!canSeat(allSeats(feature.capacity.value), [...withReserved, ...waiting])) {
    return none({ reason: "NO_SEATS" });
  }
  const isLicensed = canSeat(licensedSeats(feature.capacity.value), withReserved);
  return { kind: isLicensed ? "licensed" : "overdraft" };
}

/** The reservation that others would have to give up; undefined unless it alone is in the way for ever. */
export function reservedForEver(feature: Feature, claim: Claim): Refusal | undefined {
  const others = feature.rules.value.reserve.filter((rule) => !means(rule.for, claim.groups));
  const reserved = others.reduce((sum, { seats }) => sum + seats, 0);
  const [rule] = others;
  return rule !== undefined && claim.count > feature.seatsInAll - reserved
    ? { reason: "RESERVED_FOR_OTHERS", rule, isLasting: true }
    : undefined;
}

type Demand = readonly (readonly [SeatClass, number])[];

const none = (refusal: Refusal): Room => ({ kind: "none", refusal });

function reservedForOthers({ occupancy }: Site, feature: Feature, claim: Claim): number {
  return feature.rules.value.reserve
    .filter((rule) => !means(rule.for, claim.groups))
    .reduce((sum, rule) => sum + occupancy.unfilled(feature, rule), 0);
}

function whyNoSeat({ occupancy }: Site, feature: Feature, claim: Claim, used: Demand): Refusal {
  const rule = feature.rules.value.reserve.find(
    (one) => !means(one.for, claim.groups) && occupancy.unfilled(feature, one) > 0,
  );
  const isReserved = rule !== undefined && canSeat(allSeats(feature.capacity.value), used);
  return isReserved ? { reason: "RESERVED_FOR_OTHERS", rule } : { reason: "NO_SEATS" };
}

/** The pool that has too few free tokens; undefined where the feature has none, or enough. */
function poolThatIsShort(
  { occupancy, tokensIn }: Site,
  feature: Feature,
  claim: Claim,
  earmarks: Earmarks | undefined,
): string | undefined {
  const tokens = feature.pool.value?.tokens;
  if (!tokens) return undefined;
  const { pool, cost } = tokens;
  const spent = occupancy.tokens(pool) + (earmarks?.tokens(pool) ?? 0);
  return spent + claim.count * cost <= tokensIn(pool) ? undefined : pool;
}

/** Seats of the feature may be free all the same, and lists show them so. */
const tokensInUse = (pool: string): string =>
  `too few ${pool} tokens are free, whatever seats are; wait in the queue or try again later`;

/** The rule by which the claim is too much for its holder at present. */
export function maxReached(
  occupancy: Occupancy,
  feature: Feature,
  claim: Claim,
): MaxRule | undefined {
  return feature.rules.value.max.find((rule) => {
    if (!means(rule.who, claim.groups)) return false;
    return subjectsOf(rule, claim).some(
      (name) => occupancy.held(feature, rule.per, name) + claim.count > rule.seats,
    );
  });
}

/** Whose seats the rule counts together with those of the claim. */
function subjectsOf({ per, who }: MaxRule, { user, host, groups }: Claim): readonly string[] {
  if (per === "user") return [user];
  if (per === "host") return [host];
  return groups.filter((group) => who === null || who.includes(group));
}
