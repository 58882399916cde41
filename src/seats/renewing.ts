import { claimOfLease } from "./claim.ts";
import { changeLease, endLease, prolonged } from "./holding.ts";
import type { Caller, Lease } from "./lease.ts";
import { whyNever } from "./permission.ts";
import type { Refusal } from "./refusal.ts";
import type { SeatState } from "./state.ts";
import { findSurplus } from "./surplus.ts";
import type { Turn } from "./turn.ts";

/**
 * Lets a lease go on for another lease time, or ends it where licenses or rules have no seat for it
 * any more. The rules look at `by` as it stands now.
 * @param isAtWork whether this is a sign that somebody works with it.
 */
export function renewLease(
  state: SeatState,
  turn: Turn,
  lease: Lease,
  by: Caller,
  isAtWork: boolean,
): Lease | Refusal {
  // It has its end, and nothing of the site's ends it sooner.
  if (lease.borrowed !== null) return { ...lease, instance: by.instance };
  const feature = state.featureOrNew(lease.feature);
  const renewed = prolonged(
    turn,
    feature,
    isAtWork ? { ...lease, activeAt: turn.now.mono } : lease,
    by,
    feature.pool.value?.leaseTime ?? lease.leaseTime,
  );
  const refusal =
    whyNever(state, turn, claimOfLease(renewed, by.standing.bound)) ??
    keep(state, turn, lease, renewed);
  if (refusal === undefined) return renewed;
  const current = state.leases.get(lease.id) ?? lease;
  endLease(state, turn, current, "revoked", refusal.reason);
  return refusal;
}

/** Keeps the renewed lease, unless it has no seat any more. */
function keep(state: SeatState, turn: Turn, lease: Lease, renewed: Lease): Refusal | undefined {
  const isRegrouped = renewed.groups.join(" ") !== lease.groups.join(" ");
  const isStored = !isRegrouped && renewed.instance === lease.instance;
  if (isStored) state.leases.set(renewed.id, renewed);
  else changeLease(state, turn, lease, renewed);
  if (isRegrouped || state.surplus.value.has(lease.id)) findSurplus(state, turn);
  // Seats count otherwise for reservations and limits of groups: somebody's turn may have come.
  if (isRegrouped) turn.stirred.add(state.featureOrNew(lease.feature));
  const refusal = state.surplus.value.get(lease.id);
  if (refusal === undefined) state.seatTime.claimed(lease);
  return refusal;
}
