import { isoTime, unixMillis } from "../base/time.ts";
import { allSeats, classOf, supplyOf } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import type { Refusal } from "./refusal.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Why seats that are held cannot be kept; undefined when they can. */
export function whyNever(state: SeatState, turn: Turn, claim: Claim): Refusal | undefined {
  return first(lasting(state, turn, claim)) ?? first(withheld(state, turn, "all"));
}

/** Why no waiting can help who asks for seats; undefined when it can. */
export function whyNoNew(state: SeatState, turn: Turn, claim: Claim): Refusal | undefined {
  return first(refusals(state, turn, claim));
}

/**
 * Every reason why no waiting can help who asks for seats.
 * @yields the one that is told first, then the others
 */
export function* refusals(state: SeatState, turn: Turn, claim: Claim): Iterable<Refusal> {
  yield* lasting(state, turn, claim);
  yield* withheld(state, turn, "new");
}

function first(found: Iterable<Refusal>): Refusal | undefined {
  for (const refusal of found) return refusal;
  return undefined;
}

function* withheld(state: SeatState, { now }: Turn, seats: "new" | "all"): Iterable<Refusal> {
  for (const { reason, from, seats: which } of state.withheld.value) {
    if (now.wall >= from && (seats === "new" || which === "all")) yield { reason };
  }
}

function* lasting(state: SeatState, turn: Turn, claim: Claim): Iterable<Refusal> {
  const feature = state.feature(claim.feature);
  if (feature?.pool.value === undefined) {
    yield { reason: state.licensed.value ? "NOT_LICENSED_FEATURE" : "NO_LICENSE" };
    return;
  }
  if (feature.valid.value.length === 0) yield startsLater(feature, turn);
  yield* notNamed(state, feature, claim);
  yield* ruledOut(feature, claim);
  if (feature.valid.value.length > 0) yield* notEnough(state, feature, claim);
}

// The rules of the site that keep the claim's holder away from the feature.
function* ruledOut({ rules }: Feature, { groups, bound }: Claim): Iterable<Refusal> {
  const { exclude, include, requireBound } = rules.value;
  for (const one of exclude) {
    if (means(one.who, groups)) yield { reason: "EXCLUDED", rule: one };
  }
  const [rule] = include;
  if (rule !== undefined && !include.some(({ who }) => means(who, groups))) {
    yield { reason: "NOT_INCLUDED", rule };
  }
  if (bound === undefined) return;
  for (const one of requireBound) {
    const isProven = one.labels.every((label) => bound[label]);
    if (means(one.who, groups) && !isProven) yield { reason: "NOT_BOUND", rule: one };
  }
}

function* notNamed(state: SeatState, { pool }: Feature, claim: Claim): Iterable<Refusal> {
  const terms = pool.value?.namedUsers;
  if (terms && !state.naming.isNamed(claim.feature, claim.user, terms)) {
    yield { reason: "NOT_NAMED_USER" };
  }
}

function* notEnough(state: SeatState, feature: Feature, claim: Claim): Iterable<Refusal> {
  const capacity = feature.capacity.value;
  const seatClass = classOf(capacity, claim);
  if (seatClass === undefined) yield { reason: "VERSION_TOO_NEW", ...maintained(feature, claim) };
  else if (claim.count > supplyOf(allSeats(capacity), seatClass)) yield { reason: "TOO_MANY" };
  const tokens = feature.pool.value?.tokens;
  if (tokens && claim.count * tokens.cost > state.tokensIn(tokens.pool)) {
    yield { reason: "TOO_MANY", hint: `all ${tokens.pool} tokens together are too few for this` };
  }
}

/** Says so where the version is too new by its date alone, or has none. */
function maintained(feature: Feature, claim: Claim): { readonly hint?: string } {
  const oldest = classOf(feature.capacity.value, { ...claim, versionDate: unixMillis(0) });
  if (oldest === undefined) return {};
  const until = feature.capacity.value.map(({ maintenanceUntil }) => maintenanceUntil);
  const last = until.toSorted((one, other) => Number(one) - Number(other)).at(-1) ?? null;
  if (last === null) return {};
  const covered = `maintenance covers versions released before ${isoTime(last).slice(0, 10)}`;
  if (claim.versionDate !== null) return { hint: `${covered}; use an older one or renew it` };
  return { hint: `${covered}, and the program does not say when it was released` };
}

function startsLater({ pool }: Feature, { now }: Turn): Refusal {
  const grants = pool.value?.grants ?? [];
  const later = grants.some(({ startsAt }) => startsAt !== null && startsAt > now.wall);
  return { reason: later ? "NOT_STARTED" : "EXPIRED" };
}
