import type { BorrowRule } from "../base/site-rules.ts";
import { days, hours, type Millis, type UnixMillis } from "../base/time.ts";
import { serves } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Refusal } from "./refusal.ts";
import type { BorrowTerms, SeatGrant } from "./terms.ts";

/** Seats to be taken off the network. */
export interface BorrowWish {
  readonly claim: Claim;
  readonly span: Millis;
}

/**
 * Why the licenses or the site's rules do not let these seats off the network for so long. Licenses
 * add up: their borrowable seats are summed, and the one that allows the longest time counts. A
 * ticket is proven by one license, so it must not outlast that. Rules hold side by side.
 *
 * A lease that is to be borrowed for longer must not be counted in `occupancy`.
 */
export function whyNotBorrow(
  occupancy: Occupancy,
  feature: Feature,
  wish: BorrowWish,
  wall: UnixMillis,
): Refusal | undefined {
  const { claim } = wish;
  const lending = feature.valid.value.filter(isLending).filter((grant) => serves(grant, claim));
  const rules = feature.rules.value.borrow.filter(({ who }) => means(who, claim.groups));
  return (
    notAllowed(lending, rules) ??
    tooLong(lending, rules, wish, wall) ??
    tooMany(occupancy, feature, lending, rules, claim)
  );
}

/** A grant of which seats may be borrowed. */
type Lending = SeatGrant & { readonly borrow: BorrowTerms };

const isLending = (grant: SeatGrant): grant is Lending => grant.borrow !== null;

function notAllowed(
  lending: readonly Lending[],
  rules: readonly BorrowRule[],
): Refusal | undefined {
  if (lending.length === 0) return { reason: "BORROW_NOT_ALLOWED" };
  const rule = rules.find(({ span, seats }) => span === 0 || seats === 0);
  const hint = "the site's rules do not let you borrow this; ask the license administrator";
  return rule === undefined ? undefined : { reason: "BORROW_NOT_ALLOWED", rule, hint };
}

function tooLong(
  lending: readonly Lending[],
  rules: readonly BorrowRule[],
  { span }: BorrowWish,
  wall: UnixMillis,
): Refusal | undefined {
  const longest = Math.max(...lending.map((grant) => longestOf(grant, wall)));
  if (span > longest) return { reason: "BORROW_TOO_LONG", hint: atMost(longest) };
  const rule = rules.find((each) => each.span !== null && span > each.span);
  if (rule === undefined) return undefined;
  return { reason: "BORROW_TOO_LONG", rule, hint: atMost(rule.span ?? 0) };
}

function longestOf({ borrow, endsAt }: Lending, wall: UnixMillis): number {
  return endsAt === null ? borrow.span : Math.min(borrow.span, endsAt - wall);
}

function tooMany(
  occupancy: Occupancy,
  feature: Feature,
  lending: readonly Lending[],
  rules: readonly BorrowRule[],
  { count }: Claim,
): Refusal | undefined {
  const seats = lending.reduce((sum, { borrow }) => sum + borrow.seats, 0);
  const out = occupancy.borrowed(feature);
  if (out + count > seats) return { reason: "BORROW_TOO_MANY" };
  const rule = rules.find(
    (each) =>
      each.seats !== null && occupancy.held(feature, "borrow", each.ruleId) + count > each.seats,
  );
  return rule === undefined ? undefined : { reason: "BORROW_TOO_MANY", rule };
}

/** Rounded down, so that who follows it is not refused again. */
function atMost(span: number): string {
  const whole = Math.floor(span / days(1));
  if (whole >= 1) return `borrow for at most ${whole} ${whole === 1 ? "day" : "days"}`;
  return `borrow for at most ${(Math.floor((10 * span) / hours(1)) / 10).toFixed(1)} hours`;
}
