// Whose turn it is.
import { takeSeats } from "./holding.ts";
import { keepsSeats, lineFor, priorityOf, rankOf } from "./line.ts";
import { type Records, type Wish, wishOf } from "./records.ts";

/** LAW: in the order of the line, whoever can have seats gets them, and then it is looked at again. */
export function serveAll(records: Records): void {
  for (const { name } of records.terms.pools) {
    while (serveLine(records, name) === "again");
  }
}

function serveLine(records: Records, feature: string): "again" | "done" {
  const ahead: Wish[] = [];
  for (const waiting of lineFor(records, feature)) {
    if (waiting.awayUntil !== undefined) continue;
    const lease = takeSeats(records, waiting.asked, ahead, waiting.place);
    if (!("reason" in lease)) {
      records.queue = records.queue.filter((one) => one !== waiting);
      records.told.push(`granted ${lease.id}`);
      const rank = rankOf(records, waiting);
      if (!lease.isOwn) countOvertaken(records, feature, rank);
      return "again";
    }
    if (keepsSeats(records, waiting, records.leases)) ahead.push(wishOf(waiting.asked));
  }
  return "done";
}

/** LAW: who is connected and came before, with a lower priority, has been overtaken once more. */
export function countOvertaken(
  records: Records,
  feature: string,
  rank: { readonly ticket: number; readonly priority: number },
): void {
  for (const waiting of lineFor(records, feature)) {
    const isLower = priorityOf(records, wishOf(waiting.asked)) < rank.priority;
    const isDue = waiting.overtaken >= records.limits.overtakings;
    if (waiting.ticket < rank.ticket && isLower && !isDue && waiting.awayUntil === undefined) {
      waiting.overtaken += 1;
    }
  }
}
