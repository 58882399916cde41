import type { SeatClass } from "./capacity.ts";
import type { Claim } from "./claim.ts";
import type { Feature } from "./feature.ts";
import { means } from "./feature-rules.ts";
import type { Occupancy } from "./occupancy.ts";

interface Mark {
  readonly feature: Feature;
  readonly claim: Claim;
}

/**
 * What is kept for those who wait and come first: as many seats and tokens as they asked for. Who
 * comes later may have only what is left, so small requests do not overtake a big one.
 */
export class Earmarks {
  readonly #marks: Mark[] = [];

  add(feature: Feature, claim: Claim): void {
    this.#marks.push({ feature, claim });
  }

  tokens(pool: string): number {
    let sum = 0;
    for (const { feature, claim } of this.#marks) {
      const tokens = feature.pool.value?.tokens;
      if (tokens?.pool === pool) sum += claim.count * tokens.cost;
    }
    return sum;
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
    const marks = this.#marks.filter((mark) => mark.feature === feature);
    if (marks.length === 0 || this.#isServedByReservation(occupancy, feature, claim)) return [];
    return marks.map((mark) => [feature.classFor(mark.claim), mark.claim.count]);
  }

  #isServedByReservation(occupancy: Occupancy, feature: Feature, claim: Claim): boolean {
    return feature.rules.value.reserve.some((rule) => {
      if (!means(rule.for, claim.groups)) return false;
      const rivals = this.#marks.filter(
        (mark) => mark.feature === feature && means(rule.for, mark.claim.groups),
      );
      const kept = rivals.reduce((sum, mark) => sum + mark.claim.count, 0);
      return claim.count + kept <= occupancy.unfilled(feature, rule);
    });
  }
}
