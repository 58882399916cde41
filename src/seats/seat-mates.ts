import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { byAge, type Lease } from "./lease.ts";
import type { SeatState } from "./state.ts";

/** The lease whose seats the claim may share; undefined when the license allows no sharing. */
export function sharedBy(state: SeatState, feature: Feature, claim: Claim): Lease | undefined {
  if (feature.share === "none") return undefined;
  return matesOf(state, feature, claim).find(
    ({ seatSince, lingersUntil }) => seatSince !== null && lingersUntil === null,
  );
}

/** The holder's released lease whose seats are still there for such a claim. */
export function lingeringFor(state: SeatState, feature: Feature, claim: Claim): Lease | undefined {
  return matesOf(state, feature, claim).find(({ lingersUntil }) => lingersUntil !== null);
}

/**
 * Who gets the seats of a lease that ends: the oldest of those that shared them and have no others
 * to share. Seats that linger are not shared: they may be taken up or end without a word to others.
 */
export function heirOf(state: SeatState, feature: Feature, lease: Lease): Lease | undefined {
  if (lease.seatSince === null || feature.share === "none") return undefined;
  const others = matesOf(state, feature, lease).filter(
    ({ id, lingersUntil }) => id !== lease.id && lingersUntil === null,
  );
  return others.some(({ seatSince }) => seatSince !== null) ? undefined : others[0];
}

/** Leases of one holder for the same number of the same seats, the oldest first. */
function matesOf(
  state: SeatState,
  feature: Feature,
  claim: Omit<Claim, "bound">,
): readonly Lease[] {
  return state.occupancy
    .mates(feature, claim)
    .flatMap((id) => state.leases.get(id) ?? [])
    .toSorted(byAge);
}
