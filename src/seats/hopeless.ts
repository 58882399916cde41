import { type Claim, claimOf } from "./claim.ts";
import { plainDenial } from "./denying.ts";
import type { Feature } from "./feature.ts";
import { whyNoNew } from "./permission.ts";
import { dropWaiter } from "./queue.ts";
import type { Refusal } from "./refusal.ts";
import { reservedForEver } from "./room.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Why waiting is no use; undefined when it may be. */
export function whyHopeless(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  claim: Claim,
): Refusal | undefined {
  return whyNoNew(state, turn, claim) ?? reservedForEver(feature, claim);
}

/**
 * Drops whoever waits for what no waiting can bring any more, and says why. To be called wherever
 * licenses, rules or lists have changed: a request is looked at once when it comes, and its turn is
 * a grant without another question.
 */
export function dropTheHopeless(state: SeatState, turn: Turn, feature: Feature): void {
  for (const key of feature.queue.value) {
    const waiter = state.waiter(key);
    if (waiter === undefined) continue;
    const refusal = whyHopeless(state, turn, feature, claimOf(waiter.asked));
    if (refusal === undefined) continue;
    dropWaiter(state, turn, waiter, plainDenial(refusal, feature.name));
  }
}
