// What time and new terms bring.
import { endLease, endOf, isShareable, watchIdleness } from "./holding.ts";
import { boundsBehind, poolOf } from "./license.ts";
import { byAge, type Held, type Records, type Refused, type Waiting, wishOf } from "./records.ts";
import { matesOf, reservedForEver, roomFor, whyNever } from "./room.ts";

/** LAW: what time alone brings happens before anything that is asked. */
export function letTimePass(records: Records): void {
  if (hasGrantTurned(records)) addUp(records);
  for (const lease of records.leases.filter((one) => endOf(one) <= records.mono)) {
    const isIdle = endOf(lease) < lease.expiresAt;
    if (lease.lingersUntil !== null) endLease(records, lease, "holder");
    else {
      endLease(records, lease, isIdle ? "LEASE_IDLE" : "LEASE_EXPIRED");
      records.told.push(`${isIdle ? "idle" : "expired"} ${lease.id}`);
    }
  }
  // LAW: who has been away for the resume window has left the queue.
  records.queue = records.queue.filter(({ awayUntil }) => (awayUntil ?? Infinity) > records.mono);
}

/** Whether a grant has started or ended, by the wall clock, since seats were last added up. */
export function hasGrantTurned(records: Records): boolean {
  return boundsBehind(records).toString() !== records.behind.toString();
}

/**
 * LAW: new terms end no lease. What cannot share any more has seats of its own; what does not fit
 * is marked; who waits for what cannot come is told so.
 */
export function addUp(records: Records): void {
  records.behind = boundsBehind(records);
  for (const lease of records.leases.toSorted(byAge)) {
    const share = poolOf(records, lease.feature)?.share ?? "none";
    const payer = matesOf(records, lease, records.leases).find(isShareable);
    if (!lease.hasSeats && (share === "none" || payer === undefined)) lease.hasSeats = true;
    if (lease.lingersUntil === null && lease.borrowed === null) watchIdleness(records, lease);
  }
  markSurplus(records);
  dropTheHopeless(records);
}

/**
 * LAW: all are seated once more, the oldest first; who finds no seat then is one too many. What is
 * borrowed comes before all others and has its seats in any case.
 */
export function markSurplus(records: Records): void {
  const seated: Held[] = [];
  records.surplus = [];
  const [away, here] = [
    records.leases.filter(isAway),
    records.leases.filter((one) => !isAway(one)),
  ];
  for (const lease of [...away.toSorted(byAge), ...here.toSorted(byAge)]) {
    const room = lease.hasSeats ? roomFor(records, lease, seated) : "licensed";
    const refused =
      whyNever(records, lease, undefined) ?? (typeof room === "string" ? undefined : room);
    if (refused === undefined || isAway(lease)) seated.push(lease);
    if (refused !== undefined) records.surplus.push({ id: lease.id, refused });
  }
}

export const markOf = ({ surplus }: Records, lease: Held): Refused | undefined =>
  surplus.find(({ id }) => id === lease.id)?.refused;

/** LAW: nobody waits for what no waiting can bring. */
export function dropTheHopeless(records: Records): void {
  for (const waiting of records.queue) {
    const wish = wishOf(waiting.asked);
    const { bound } = waiting.asked.by.standing;
    const refused = whyNever(records, wish, bound) ?? reservedForEver(records, wish);
    if (refused !== undefined) drop(records, waiting, refused);
  }
}

export function drop(records: Records, waiting: Waiting, refused: Refused): void {
  records.queue = records.queue.filter((one) => one !== waiting);
  records.told.push(`queue-dropped ${waiting.asked.key} ${refused.reason}`);
}

const isAway = ({ borrowed }: Held): boolean => borrowed !== null;
