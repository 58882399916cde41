import { claimOf } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import { Earmarks } from "./earmarks.ts";
import type { Feature } from "./feature.ts";
import { groupsOf } from "./lease.ts";
import { priorityOf } from "./lease-rules.ts";
import { maxReached } from "./room.ts";
import { requestKey, type SeatState, type Waiter } from "./state.ts";

/** Where somebody stands among those who wait. */
export type Rank = Pick<Waiter, "ticket" | "priority" | "overtaken">;

/**
 * The order of service: those who were overtaken too often, as they came; then by priority, and
 * within one priority as they came. So a request is overtaken by later ones a limited number of
 * times (`SeatLimits.overtakings`), whatever their priority, and none waits for ever.
 */
function isBefore(state: SeatState, one: Rank, other: Rank): boolean {
  const [oneIsDue, otherIsDue] = [isDue(state, one), isDue(state, other)];
  if (oneIsDue !== otherIsDue) return oneIsDue;
  if (!oneIsDue && one.priority !== other.priority) return one.priority > other.priority;
  return one.ticket < other.ticket;
}

/** Features whose waiting requests compete: those that draw on one token pool stand in one line. */
export function contestOf(state: SeatState, feature: Feature): readonly Feature[] {
  const pool = feature.pool.value?.tokens?.pool;
  if (pool === undefined) return [feature];
  return state.features.value.filter((other) => other.pool.value?.tokens?.pool === pool);
}

/** All who wait in a contest, in the order of service. */
export function waitersIn(state: SeatState, contest: readonly Feature[]): readonly Waiter[] {
  const lines = contest.map(({ queue }) => queue.value.flatMap((key) => state.waiter(key) ?? []));
  const [only] = lines;
  return lines.length === 1 && only !== undefined ? only : inOrder(state, lines.flat());
}

/** The rank of a request that arrives now. */
export function rankOf(state: SeatState, feature: Feature, asked: AcquireCommand): Rank {
  const priority = priorityOf(feature, groupsOf(asked.by.standing));
  return { ticket: state.tickets.value, priority, overtaken: 0 };
}

/** What is kept for those connected who come before `rank`. */
export function earmarksBefore(state: SeatState, feature: Feature, rank: Rank): Earmarks {
  const earmarks = new Earmarks();
  for (const waiter of waitersIn(state, contestOf(state, feature))) {
    if (!isBefore(state, waiter, rank)) break;
    const claim = claimOf(waiter.asked);
    const own = state.featureOrNew(claim.feature);
    const counts = waiter.awayUntil === undefined && !maxReached(state.occupancy, own, claim);
    if (counts) earmarks.add(own, claim);
    if (isExhausted(state, own, earmarks)) break;
  }
  return earmarks;
}

/** Puts the queue of a feature in order: ranks or rules have changed. */
export function reorder(state: SeatState, feature: Feature): void {
  const waiters = feature.queue.value.flatMap((key) => state.waiter(key) ?? []);
  const keys = inOrder(state, waiters).map(({ asked }) => requestKey(asked.by.client, asked.key));
  if (keys.some((key, index) => key !== feature.queue.value[index])) feature.queue.set(keys);
}

/** The keys of those who come before `rank` in the feature's own queue. */
export function keysBefore(state: SeatState, feature: Feature, rank: Rank): readonly string[] {
  const end = feature.queue.value.findIndex((key) => {
    const waiter = state.waiter(key);
    return waiter !== undefined && isBefore(state, rank, waiter);
  });
  return end === -1 ? feature.queue.value : feature.queue.value.slice(0, end);
}

/** Whether nobody who comes later can be served: all seats are used or kept, and none is anybody's own. */
export function isExhausted(state: SeatState, feature: Feature, earmarks: Earmarks): boolean {
  return (
    !feature.pool.value?.tokens &&
    feature.share === "none" &&
    feature.rules.value.reserve.length === 0 &&
    state.occupancy.lingering(feature) === 0 &&
    state.occupancy.seats(feature) + earmarks.seats(feature) >= feature.seatsInAll
  );
}

export function isDue(state: SeatState, { overtaken }: Rank): boolean {
  return overtaken >= state.limits.overtakings;
}

function inOrder(state: SeatState, waiters: readonly Waiter[]): readonly Waiter[] {
  return waiters.toSorted((one, other) => (isBefore(state, one, other) ? -1 : 1));
}
