// Who is served before whom.
import { firstRule, poolOf } from "./license.ts";
import { type Held, type Records, type Waiting, type Wish, wishOf } from "./records.ts";
import { maxReached } from "./room.ts";

/** Where somebody stands among those who wait. */
export interface Rank {
  readonly ticket: number;
  readonly priority: number;
  readonly isDue: boolean;
}

/** LAW: the first priority rule that fits counts; without one it is 0. */
export function priorityOf({ terms }: Records, { feature, groups }: Wish): number {
  return firstRule(terms.rules.priority, feature, groups)?.value ?? 0;
}

export function rankOf(records: Records, waiting: Waiting): Rank {
  const priority = priorityOf(records, wishOf(waiting.asked));
  return {
    ticket: waiting.ticket,
    priority,
    isDue: waiting.overtaken >= records.limits.overtakings,
  };
}

/**
 * LAW (no starvation): those overtaken as often as the limit says come before all others, in the
 * order of arrival; then the higher priority; within one, in the order of arrival.
 */
function isBefore(one: Rank, other: Rank): boolean {
  if (one.isDue !== other.isDue) return one.isDue;
  if (!one.isDue && one.priority !== other.priority) return one.priority > other.priority;
  return one.ticket < other.ticket;
}

/** LAW: features that draw on one pool of tokens have one line, any other has its own. */
export function lineFor(records: Records, feature: string): readonly Waiting[] {
  const pool = poolOf(records, feature)?.tokens?.pool;
  return records.queue
    .filter(({ asked }) =>
      pool === undefined
        ? asked.feature === feature
        : poolOf(records, asked.feature)?.tokens?.pool === pool,
    )
    .toSorted((one, other) => (isBefore(rankOf(records, one), rankOf(records, other)) ? -1 : 1));
}

/** Those in the feature's own line who come before. */
export function aheadOf(records: Records, feature: string, rank: Rank): readonly Waiting[] {
  return lineFor(records, feature).filter(
    (one) => one.ticket !== rank.ticket && isBefore(rankOf(records, one), rank),
  );
}

/**
 * LAW: seats are kept for those who are connected and have less than the rules let them have; who
 * is away keeps the place and nothing else.
 */
export function keepsSeats(
  records: Records,
  { asked, awayUntil }: Waiting,
  leases: readonly Held[],
): boolean {
  return awayUntil === undefined && maxReached(records, wishOf(asked), leases) === undefined;
}
