import { type Moment, type MonoMillis, monoMillis, type UnixMillis } from "../base/time.ts";
import { capacityOf, isValid } from "./capacity.ts";
import { claimOfLease } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { rulesFor } from "./feature-rules.ts";
import { changeLease } from "./holding.ts";
import { dropTheHopeless } from "./hopeless.ts";
import { byAge, type Lease } from "./lease.ts";
import { idlenessOf } from "./lease-rules.ts";
import { Occupancy } from "./occupancy.ts";
import { rankAgain } from "./queue.ts";
import { sharedBy } from "./seat-mates.ts";
import type { SeatState, Validity } from "./state.ts";
import { findSurplus } from "./surplus.ts";
import type { SeatGrant, SeatTerms, TokenGrant } from "./terms.ts";
import type { Turn } from "./turn.ts";

/**
 * Puts new terms in force. No lease ends here: those that no longer fit end at their next renewal.
 * @throws RangeError when two pools have one name.
 */
export function setTerms(state: SeatState, turn: Turn, terms: SeatTerms): void {
  const { pools, meters, rules } = terms;
  const named = new Map(pools.map((pool) => [pool.name, pool]));
  if (named.size < pools.length) throw new RangeError("two pools of one name");
  state.licensed.set(pools.length > 0 || meters.length > 0);
  state.metering.setRules(meters);
  state.tokenGrants.set(terms.tokens);
  state.withheld.set(terms.withheld ?? []);
  state.showHolders.set(rules.showHolders);
  for (const { name } of pools) state.featureOrNew(name);
  for (const feature of state.features.value) {
    feature.pool.set(named.get(feature.name));
    feature.rules.set(rulesFor(rules, feature.name));
  }
  weighGrants(state, turn);
}

/** Grants start and end by the wall clock. */
export function followWallClock(state: SeatState, turn: Turn): void {
  if (!isWallClockFollowed(state, turn.now.wall)) weighGrants(state, turn);
}

/** Whether no grant has started or ended since they were last added up. */
export function isWallClockFollowed(state: SeatState, wall: UnixMillis): boolean {
  const validity = state.validity.value;
  return validity !== undefined && validity.from <= wall && wall < validity.until;
}

/** Adds up the grants that are valid now, and finds out for whom there is no seat any more. */
function weighGrants(state: SeatState, turn: Turn): void {
  const { wall } = turn.now;
  state.validity.set(validityAt(state, turn.now));
  state.tokens.set(tokensAt(state.tokenGrants.value, wall));
  for (const feature of state.features.value) {
    const valid = feature.pool.value?.grants.filter((grant) => isValid(grant, wall)) ?? [];
    feature.valid.set(valid);
    feature.capacity.set(capacityOf(valid));
  }
  reseat(state, turn);
  findSurplus(state, turn);
  for (const feature of state.features.value) {
    rankAgain(state, feature);
    dropTheHopeless(state, turn, feature);
    turn.stirred.add(feature);
  }
}

/**
 * Counts all leases again by what licenses and rules say now. Those that shared seats with another
 * lease, and may not any more, have their own from now on; there may be too few.
 */
function reseat(state: SeatState, turn: Turn): void {
  const occupancy = Occupancy.journaled(state.journal);
  const leases = [...state.leases.values()].toSorted(byAge);
  const features = new Map(leases.map(({ feature }) => [feature, state.featureOrNew(feature)]));
  state.journal.silently(() => {
    for (const lease of leases) {
      const feature = features.get(lease.feature);
      if (feature !== undefined) occupancy.put(feature, lease);
    }
  });
  state.seating.set(occupancy);
  for (const lease of leases) {
    const feature = state.featureOrNew(lease.feature);
    const isAlone =
      lease.seatSince === null && sharedBy(state, feature, claimOfLease(lease)) === undefined;
    const own = { ...lease, seatSince: turn.now.wall, seatFrom: turn.now.mono };
    if (isAlone) changeLease(state, turn, lease, own);
    watchIdleness(state, turn, feature, isAlone ? own : lease);
  }
  for (const feature of features.values()) state.hours.see(turn.now, feature);
  if (leases.length > 0) state.hours.reseated();
}

function watchIdleness(state: SeatState, { now }: Turn, feature: Feature, lease: Lease): void {
  if (lease.lingersUntil !== null || lease.borrowed !== null) return;
  const idleness = idlenessOf(feature, lease, now.mono);
  if (idleness.idleAt !== lease.idleAt) state.leases.set(lease.id, { ...lease, ...idleness });
}

function tokensAt(grants: readonly TokenGrant[], wall: UnixMillis): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const grant of grants) {
    const tokens = isValid(grant, wall) ? grant.tokens : 0;
    sums.set(grant.name, (sums.get(grant.name) ?? 0) + tokens);
  }
  return sums;
}

function validityAt(state: SeatState, { wall, mono }: Moment): Validity {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  const grants = state.features.value.flatMap(({ pool }) => pool.value?.grants ?? []);
  const begins = state.withheld.value.map((each) => each.from);
  for (const bound of [...[...grants, ...state.tokenGrants.value].flatMap(boundsOf), ...begins]) {
    if (bound <= wall) from = Math.max(from, bound);
    else until = Math.min(until, bound);
  }
  const deadline: MonoMillis | undefined =
    until === Number.POSITIVE_INFINITY ? undefined : monoMillis(mono + until - wall);
  return { from, until, deadline };
}

function boundsOf({ startsAt, endsAt }: Pick<SeatGrant, "startsAt" | "endsAt">): readonly number[] {
  return [startsAt, endsAt].filter((bound) => bound !== null);
}
