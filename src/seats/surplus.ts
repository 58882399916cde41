import type { LeaseId } from "../base/ids.ts";
import { ANY_SEAT, allSeats, canSeat } from "./capacity.ts";
import { claimOfLease } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { byAge, type Lease } from "./lease.ts";
import { Occupancy } from "./occupancy.ts";
import { whyNever } from "./permission.ts";
import type { Refusal } from "./refusal.ts";
import { roomFor, type Site } from "./room.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/**
 * Finds the leases that do not fit what licenses and rules say now: all are seated once more, those
 * first that began first, by the groups that their holders were last seen in. Borrowed ones come
 * before all others and have their seats in any case: those that do not fit cannot be borrowed for
 * longer.
 */
export function findSurplus(state: SeatState, turn: Turn): void {
  const isOpen = new Set(state.features.value.filter((feature) => !fitsAsAWhole(state, feature)));
  const trial: Site = { occupancy: Occupancy.trial(), tokensIn: state.tokensIn };
  const surplus = new Map<LeaseId, Refusal>();
  if (isOpen.size > 0) {
    for (const lease of [...state.leases.values()].toSorted(borrowedFirst)) {
      const feature = state.featureOrNew(lease.feature);
      if (!isOpen.has(feature)) continue;
      const refusal =
        whyNever(state, turn, claimOfLease(lease)) ?? whyNoSeat(trial, feature, lease);
      if (refusal !== undefined) surplus.set(lease.id, refusal);
      if (refusal === undefined || lease.borrowed !== null) trial.occupancy.put(feature, lease);
    }
  }
  state.surplus.set(surplus);
}

function whyNoSeat(trial: Site, feature: Feature, lease: Lease): Refusal | undefined {
  if (lease.seatSince === null) return undefined;
  const room = roomFor(trial, feature, claimOfLease(lease));
  return room.kind === "none" ? room.refusal : undefined;
}

function borrowedFirst(one: Lease, other: Lease): number {
  return Number(one.borrowed === null) - Number(other.borrowed === null) || byAge(one, other);
}

/** Whether it is plain without looking at each lease that none of them is too much. */
function fitsAsAWhole(state: SeatState, feature: Feature): boolean {
  const { reserve, include, exclude, max } = feature.rules.value;
  const classes = state.occupancy.classes(feature);
  if (classes.size === 0) return feature.share === "none";
  const terms = feature.pool.value;
  return (
    reserve.length + include.length + exclude.length + max.length === 0 &&
    terms !== undefined &&
    terms.tokens === null &&
    terms.namedUsers === null &&
    feature.valid.value.length > 0 &&
    !classes.has(ANY_SEAT) &&
    canSeat(allSeats(feature.capacity.value), [...classes])
  );
}
