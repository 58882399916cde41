import type { LeaseId } from "../base/ids.ts";
import { type Moment, type MonoMillis, monoMillis, type UnixMillis } from "../base/time.ts";
import { capacityOf, hasRoom, isValid } from "./capacity.ts";
import { plainDenial } from "./denying.ts";
import type { Feature } from "./feature.ts";
import { whyNever } from "./holding.ts";
import { byAge, type Lease } from "./lease.ts";
import { dropWaiter } from "./queue.ts";
import type { SeatState, Validity } from "./state.ts";
import type { FeaturePool, SeatTerms } from "./terms.ts";
import type { Turn } from "./turn.ts";

/**
 * Puts new terms in force. No lease ends here: those that no longer fit end at their next renewal.
 * @throws RangeError when two pools have one name.
 */
export function setTerms(state: SeatState, turn: Turn, { pools, meters }: SeatTerms): void {
  const named = new Map(pools.map((pool) => [pool.name, pool]));
  if (named.size < pools.length) throw new RangeError("two pools of one name");
  state.licensed.set(pools.length > 0 || meters.length > 0);
  state.metering.setRules(meters);
  for (const { name } of pools) state.featureOrNew(name);
  for (const feature of state.features.value) feature.pool.set(named.get(feature.name));
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
  const { now } = turn;
  state.validity.set(validityAt(state.features.value, now));
  const leases = leasesByFeature(state.leases.values());
  for (const feature of state.features.value) {
    const valid = feature.pool.value?.grants.filter((grant) => isValid(grant, now.wall)) ?? [];
    feature.valid.set(valid);
    feature.capacity.set(capacityOf(valid));
    reseat(feature, leases.get(feature.name) ?? [], now.wall);
    dropTheHopeless(state, turn, feature);
    turn.stirred.add(feature);
  }
}

/** Counts the leases again by the new tiers. Those that began first keep their seats. */
function reseat(feature: Feature, leases: readonly Lease[], wall: UnixMillis): void {
  const { limits, withOverdraft } = feature.capacity.value;
  const used = limits.map(() => 0);
  const seated = limits.map(() => 0);
  const surplus = new Set<LeaseId>();
  for (const lease of leases.toSorted(byAge)) {
    const { id, version, count } = lease;
    const tier = feature.tierFor(version);
    used[tier] = (used[tier] ?? 0) + count;
    const fits = hasRoom(withOverdraft, seated, tier, count);
    if (fits && feature.whyNever(lease, wall) === undefined) {
      seated[tier] = (seated[tier] ?? 0) + count;
    } else {
      surplus.add(id);
    }
  }
  feature.used.set(used);
  feature.surplus.set(surplus);
}

function dropTheHopeless(state: SeatState, turn: Turn, feature: Feature): void {
  for (const key of feature.queue.value) {
    const waiter = state.waiter(key);
    const reason = waiter === undefined ? undefined : whyNever(state, turn, waiter.asked);
    if (waiter === undefined || reason === undefined) continue;
    dropWaiter(state, turn, waiter, plainDenial(reason, feature.name));
  }
}

function validityAt(features: readonly Feature[], { wall, mono }: Moment): Validity {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const bound of features.flatMap(({ pool }) => boundsOf(pool.value))) {
    if (bound <= wall) from = Math.max(from, bound);
    else until = Math.min(until, bound);
  }
  const deadline: MonoMillis | undefined =
    until === Number.POSITIVE_INFINITY ? undefined : monoMillis(mono + until - wall);
  return { from, until, deadline };
}

function boundsOf(pool: FeaturePool | undefined): readonly number[] {
  const bounds = pool?.grants.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]) ?? [];
  return bounds.filter((bound) => bound !== null);
}

function leasesByFeature(leases: Iterable<Lease>): ReadonlyMap<string, readonly Lease[]> {
  const groups = new Map<string, Lease[]>();
  for (const lease of leases) {
    const group = groups.get(lease.feature);
    if (group === undefined) groups.set(lease.feature, [lease]);
    else group.push(lease);
  }
  return groups;
}
