import type { DenialReason } from "../base/denial.ts";
import { after } from "../base/time.ts";
import type { EndReason } from "../base/usage-event.ts";
import type { AcquireCommand } from "./command.ts";
import type { EndedBy } from "./ended-leases.ts";
import type { Feature } from "./feature.ts";
import { type Lease, leaseAt } from "./lease.ts";
import { requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Gives the seats asked for. The caller has made sure that they are there. */
export function grantSeats(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): Lease {
  const lease = newLease(state, turn, feature, asked);
  feature.use(lease.version, lease.count);
  state.leases.set(lease.id, lease);
  state.setRequest(lease.client, requestKey(lease.client, lease.key), {
    kind: "leased",
    lease: lease.id,
  });
  turn.changes.push({ kind: "lease-granted", lease });
  const { count, user, id, overdraft } = lease;
  turn.events.push({
    type: "grant",
    wall: turn.now.wall,
    feature: feature.name,
    count,
    user,
    lease: id,
    overdraft,
  });
  return lease;
}

/** Ends a lease and gives its seats back; `by` is what its holder will be told. */
export function endLease(
  state: SeatState,
  turn: Turn,
  lease: Lease,
  reason: EndReason,
  by: EndedBy,
): void {
  const { id, feature, count, user } = lease;
  const seatMillis = state.seatTime.spent(lease, turn.now.mono);
  const { wall } = turn.now;
  turn.changes.push({ kind: "lease-ended", lease: id });
  turn.events.push({ type: "end", wall, feature, count, user, lease: id, reason, seatMillis });
  state.leases.delete(id);
  state.removeRequest(lease.client, requestKey(lease.client, lease.key));
  state.seatTime.ended(id);
  state.ended.remember(lease, by, turn.now.mono);
  const seats = state.featureOrNew(feature);
  seats.use(lease.version, -count);
  turn.stirred.add(seats);
}

/** Lets a lease go on for another lease time, or ends it where the licenses have no seat for it. */
export function renewLease(
  state: SeatState,
  turn: Turn,
  lease: Lease,
  changed: Pick<Lease, "instance"> = lease,
): Lease | DenialReason {
  const feature = state.featureOrNew(lease.feature);
  const reason = whyNoMore(state, turn, feature, lease);
  const pool = feature.pool.value;
  if (reason !== undefined || pool === undefined) {
    endLease(state, turn, lease, "revoked", reason ?? "NOT_LICENSED_FEATURE");
    return reason ?? "NOT_LICENSED_FEATURE";
  }
  const { leaseTime } = pool;
  const renewed = leaseAt(lease, {
    instance: changed.instance,
    leaseTime,
    startedAt: lease.startedAt,
    expiresAt: after(turn.now.mono, leaseTime),
    restored: false,
  });
  state.seatTime.claimed(lease.id);
  state.leases.set(lease.id, renewed);
  return renewed;
}

/** Why nobody can ever get these seats; undefined when waiting can help. */
export function whyNever(
  state: SeatState,
  turn: Turn,
  wanted: { readonly feature: string; readonly version: string; readonly count: number },
): DenialReason | undefined {
  if (!state.licensed.value) return "NO_LICENSE";
  const feature = state.feature(wanted.feature);
  if (feature?.pool.value === undefined) return "NOT_LICENSED_FEATURE";
  return feature.whyNever(wanted, turn.now.wall);
}

function whyNoMore(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  lease: Lease,
): DenialReason | undefined {
  const never = whyNever(state, turn, lease);
  if (never !== undefined) return never;
  const hasSeat = !feature.surplus.value.has(lease.id) || feature.isWithinLimits(lease.version);
  return hasSeat ? undefined : "NO_SEATS";
}

function newLease(state: SeatState, turn: Turn, feature: Feature, asked: AcquireCommand): Lease {
  const { by, version, count, key, newLease: id } = asked;
  const pool = feature.pool.value;
  if (pool === undefined) throw new TypeError("no pool to grant from");
  if (state.leases.has(id)) throw new RangeError("a lease of this id exists");
  const stored = {
    id,
    client: by.client,
    instance: by.instance,
    user: by.user,
    host: by.host,
    feature: feature.name,
    version,
    count,
    key,
    grantedAt: turn.now.wall,
    leaseTime: pool.leaseTime,
    overdraft: feature.room(asked) === "overdraft",
  };
  return leaseAt(stored, {
    instance: by.instance,
    leaseTime: pool.leaseTime,
    startedAt: turn.now.mono,
    expiresAt: after(turn.now.mono, pool.leaseTime),
    restored: false,
  });
}
