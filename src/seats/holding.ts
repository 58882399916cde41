import { after, between, type Millis, monoMillis, unixMillis } from "../base/time.ts";
import type { EndReason } from "../base/usage-event.ts";
import { claimOf } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import type { EndedBy } from "./ended-leases.ts";
import type { Feature } from "./feature.ts";
import { type Caller, endOf, groupsOf, type Lease, leaseAt } from "./lease.ts";
import { idlenessOf, lingerEnd } from "./lease-rules.ts";
import { observe } from "./observed-lengths.ts";
import { heirOf } from "./seat-mates.ts";
import { spent } from "./seat-time.ts";
import { requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** How a grant gets its seats: of the license, above it, or with another lease of the holder. */
export type Seating = "licensed" | "overdraft" | "shared";

/** Gives the seats asked for. The caller has made sure that they are there. */
export function grantSeats(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
  seating: Seating,
): Lease {
  if (state.leases.has(asked.newLease)) throw new RangeError("a lease of this id exists");
  const lease = newLease(turn, feature, asked, seating);
  state.occupancy.put(feature, lease);
  state.leases.set(lease.id, lease);
  state.setRequest(lease.client, requestKey(lease.client, lease.key), {
    kind: "leased",
    lease: lease.id,
  });
  turn.changes.push({ kind: "lease-granted", lease });
  if (feature.grantsMakeRoom && seating !== "shared") turn.stirred.add(feature);
  const { user, id, overdraft } = lease;
  const count = seating === "shared" ? 0 : lease.count;
  const { wall } = turn.now;
  turn.events.push({
    type: "grant",
    wall,
    feature: feature.name,
    count,
    user,
    lease: id,
    overdraft,
  });
  state.hours.granted(turn.now, feature, overdraft);
  return lease;
}

/** Keeps a new version of a lease whose seats count otherwise than before, also in the store. */
export function changeLease(state: SeatState, turn: Turn, before: Lease, lease: Lease): void {
  const feature = state.featureOrNew(lease.feature);
  state.occupancy.take(feature, before);
  state.occupancy.put(feature, lease);
  state.leases.set(lease.id, lease);
  turn.changes.push({ kind: "lease-changed", lease });
  state.hours.see(turn.now, feature);
}

/**
 * Ends a lease and gives its seats back, unless another lease of the holder shares them: that one
 * has them then. `by` is what its holder will be told.
 */
export function endLease(
  state: SeatState,
  turn: Turn,
  lease: Lease,
  reason: EndReason,
  by: EndedBy,
): void {
  const { id, user } = lease;
  const feature = state.featureOrNew(lease.feature);
  const heir = heirOf(state, feature, lease);
  const count = lease.seatSince === null || heir !== undefined ? 0 : lease.count;
  const span = state.seatTime.span(lease, turn.now.mono);
  const { wall } = turn.now;
  turn.changes.push({ kind: "lease-ended", lease: id });
  turn.events.push({
    type: "end",
    wall,
    feature: feature.name,
    count,
    user,
    lease: id,
    reason,
    seatMillis: spent(span),
  });
  state.hours.used(turn.now, feature, [span]);
  forgetLease(state, turn, lease, by);
  state.occupancy.take(feature, lease);
  if (heir !== undefined) inherit(state, turn, lease, heir);
  else observeLength(feature, turn, lease);
  turn.stirred.add(feature);
}

/** Ends a lease that its holder gives back; its seats may stay with the holder for a while. */
export function giveBack(state: SeatState, turn: Turn, lease: Lease): void {
  const feature = state.featureOrNew(lease.feature);
  const until = lingerEnd(feature, lease, turn.now.mono);
  const isShared = lease.seatSince === null || heirOf(state, feature, lease) !== undefined;
  if (isShared || until <= turn.now.mono) {
    endLease(state, turn, lease, "released", "holder");
    return;
  }
  removeRequestOf(state, lease);
  state.seatTime.claimed(lease);
  state.ended.remember(lease, "holder", turn.now.mono);
  const stays = Math.ceil(until - turn.now.mono);
  const lingering = {
    ...lease,
    lingersUntil: unixMillis(turn.now.wall + stays),
    expiresAt: until,
    idleAt: null,
  };
  changeLease(state, turn, lease, lingering);
  // The holder may wait for another seat: this one is the holder's own at once.
  turn.stirred.add(feature);
}

/** The lease as it goes on for another lease time, held by `by`. */
export function prolonged(
  turn: Turn,
  feature: Feature,
  lease: Lease,
  by: Caller,
  leaseTime: Millis,
): Lease {
  const groups = groupsOf(by.standing);
  const expiresAt = after(turn.now.mono, leaseTime);
  const { activeAt, idleAt } = lease;
  const idleness = idlenessOf(feature, { groups, leaseTime, activeAt, idleAt }, turn.now.mono);
  const { instance } = by;
  const { overdraft, seatSince, borrowed, lingersUntil, startedAt, seatFrom } = lease;
  return leaseAt(lease, {
    instance,
    groups,
    leaseTime,
    overdraft,
    seatSince,
    borrowed,
    lingersUntil,
    startedAt,
    seatFrom,
    expiresAt,
    activeAt: idleness.activeAt,
    idleAt: idleness.idleAt,
    restored: false,
  });
}

function forgetLease(state: SeatState, turn: Turn, lease: Lease, by: EndedBy): void {
  state.leases.delete(lease.id);
  removeRequestOf(state, lease);
  state.seatTime.ended(lease.id);
  state.ended.remember(lease, by, turn.now.mono);
}

/** The key of a lease that lingers may stand for another request by now. */
function removeRequestOf(state: SeatState, { id, client, key }: Lease): void {
  const name = requestKey(client, key);
  const request = state.requests.get(name);
  if (request?.kind === "leased" && request.lease === id) state.removeRequest(client, name);
}

/** Seat time goes on with the heir; what is wrong with the lease that ended is wrong with it too. */
function inherit(state: SeatState, turn: Turn, lease: Lease, heir: Lease): void {
  const seatSince = turn.now.wall;
  const { overdraft } = lease;
  changeLease(state, turn, heir, { ...heir, seatSince, seatFrom: turn.now.mono, overdraft });
  const refusal = state.surplus.value.get(lease.id);
  if (refusal === undefined) return;
  state.surplus.set(new Map([...state.surplus.value, [heir.id, refusal]]));
}

function observeLength(feature: Feature, turn: Turn, lease: Lease): void {
  // Days off the network say nothing about how soon a seat of the network comes back.
  if (lease.seatSince === null || lease.borrowed !== null) return;
  const end = monoMillis(Math.min(turn.now.mono, endOf(lease)));
  feature.lengths.set(observe(feature.lengths.value, between(lease.startedAt, end)));
}

function newLease(turn: Turn, feature: Feature, asked: AcquireCommand, seating: Seating): Lease {
  const { by, key, newLease: id } = asked;
  const pool = feature.pool.value;
  if (pool === undefined) throw new TypeError("no pool to grant from");
  const { wall, mono } = turn.now;
  const isShared = seating === "shared";
  const { client, user, host, display, groups } = claimOf(asked);
  const { feature: name, version, versionDate, count } = asked;
  const lasting = {
    id,
    client,
    user,
    host,
    display,
    feature: name,
    version,
    versionDate,
    count,
    key,
    grantedAt: wall,
  };
  return leaseAt(lasting, {
    groups,
    instance: by.instance,
    leaseTime: pool.leaseTime,
    overdraft: seating === "overdraft",
    seatSince: isShared ? null : wall,
    borrowed: null,
    lingersUntil: null,
    startedAt: mono,
    seatFrom: isShared ? null : mono,
    expiresAt: after(mono, pool.leaseTime),
    ...idlenessOf(
      feature,
      { groups, leaseTime: pool.leaseTime, activeAt: mono, idleAt: null },
      mono,
    ),
    restored: false,
  });
}
