import type { SeatClass } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import type { Occupancy } from "./occupancy.ts";

/** Seats kept of one feature. */
interface Kept {
  readonly claims: Claim[];
  readonly classes: Map<SeatClass, number>;
  seats: number;
}

/**
 * What is kept for those who wait and come first: as many seats and tokens as they asked for. Who
 * comes later may have only what is left, so small requests do not overtake a big one.
 */
export class Earmarks {
  readonly #kept = new Map<Feature, Kept>();
  readonly #tokens = new Map<string, number>();

  add(feature: Feature, claim: Claim): void {
    const kept: Kept = this.#kept.get(feature) ?? { claims: [], classes: new Map(), seats: 0 };
    this.#kept.set(feature, kept);
    kept.claims.push(claim);
    kept.seats += claim.count;
    const seatClass = feature.classFor(claim);
    kept.classes.set(seatClass, (kept.classes.get(seatClass) ?? 0) + claim.count);
    const tokens = feature.pool.value?.tokens;
    if (!tokens) return;
    this.#tokens.set(tokens.pool, this.tokens(tokens.pool) + claim.count * tokens.cost);
  }

  seats(feature: Feature): number {
    return this.#kept.get(feature)?.seats ?? 0;
  }

  tokens(pool: string): number {
    return this.#tokens.get(pool) ?? 0;
  }

  /**
   * Seats kept from `claim`. None where a reservation has enough for it: those who wait for the
   * other seats could not have these.
   */
  seatsAgainst(
    occupancy: Occupancy,
    feature: Feature,
    claim: Claim,
  ): readonly (readonly [SeatClass, number])[] {
    const kept = this.#kept.get(feature);
    if (kept === undefined || isServedByReservation(occupancy, feature, claim, kept)) return [];
    return [...kept.classes];
  }
}

function isServedByReservation(
  occupancy: Occupancy,
  feature: Feature,
  claim: Claim,
  { claims }: Kept,
): boolean {
  return feature.rules.value.reserve.some((rule) => {
    if (!means(rule.for, claim.groups)) return false;
    const rivals = claims.filter(({ groups }) => means(rule.for, groups));
    const kept = rivals.reduce((sum, { count }) => sum + count, 0);
    return claim.count + kept <= occupancy.unfilled(feature, rule);
  });
}
