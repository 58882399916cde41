// What befalls leases and those who wait, whoever asked for it.
import type { DenialReason } from "../../../src/base/denial.ts";
import type { AcquireCommand } from "../../../src/seats/command.ts";
import type { Caller } from "../../../src/seats/lease.ts";
import type { SeatLimits } from "../../../src/seats/terms.ts";
import { boundsBehind, firstRule, poolOf, stayEnd } from "./license.ts";
import { keepsSeats, lineFor, priorityOf, rankOf } from "./line.ts";
import {
  byAge,
  groupsOf,
  type Held,
  type Records,
  type Refused,
  type Waiting,
  type Wish,
  wishOf,
} from "./records.ts";
import { matesOf, reservedForEver, roomFor, whyNever } from "./room.ts";

export const endOf = ({ expiresAt, idleAt }: Held): number =>
  Math.min(expiresAt, idleAt ?? Infinity);

/** LAW: an idle rule that is new to a lease counts from now; none ends a lease in the past. */
export function watchIdleness(records: Records, lease: Held): void {
  const rule = firstRule(records.terms.rules.idleTimeout, lease.feature, lease.groups);
  if (rule === undefined) {
    lease.idleAt = null;
    return;
  }
  if (lease.idleAt === null) lease.activeAt = records.mono;
  lease.idleAt = Math.max(records.mono, lease.activeAt + rule.span);
}

/** LAW: what time alone brings happens before anything that is asked. */
export function letTimePass(records: Records, limits: SeatLimits): void {
  if (hasGrantTurned(records)) addUp(records);
  for (const lease of records.leases.filter((one) => endOf(one) <= records.mono)) {
    const isIdle = endOf(lease) < lease.expiresAt;
    if (lease.lingersUntil !== null) endLease(records, lease, "holder", limits);
    else {
      endLease(records, lease, isIdle ? "LEASE_IDLE" : "LEASE_EXPIRED", limits);
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
    if (lease.lingersUntil === null) watchIdleness(records, lease);
  }
  markSurplus(records);
  dropTheHopeless(records);
}

export const isShareable = ({ hasSeats, lingersUntil }: Held): boolean =>
  hasSeats && lingersUntil === null;

/** LAW: all are seated once more, the oldest first; who finds no seat then is one too many. */
export function markSurplus(records: Records): void {
  const seated: Held[] = [];
  records.surplus = [];
  for (const lease of records.leases.toSorted(byAge)) {
    const room = lease.hasSeats ? roomFor(records, lease, seated) : "licensed";
    const refused =
      whyNever(records, lease, undefined) ?? (typeof room === "string" ? undefined : room);
    if (refused === undefined) seated.push(lease);
    else records.surplus.push({ id: lease.id, refused });
  }
}

/** LAW: nobody waits for what no waiting can bring. */
export function dropTheHopeless(records: Records): void {
  for (const waiting of [...records.queue]) {
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

/**
 * LAW: the seats of a lease that ends go to the oldest of those that share them, if there is nobody
 * else to share with; otherwise they are free.
 */
export function endLease(
  records: Records,
  lease: Held,
  by: DenialReason | "holder",
  { endMemory }: SeatLimits,
): void {
  const heir = heirOf(records, lease);
  records.leases = records.leases.filter((one) => one !== lease);
  records.ended = records.ended.filter(({ id }) => id !== lease.id);
  const forgetAt = records.mono + endMemory;
  records.ended.push({ id: lease.id, client: lease.client, by, forgetAt });
  if (heir === undefined) return;
  heir.hasSeats = true;
  heir.overdraft = lease.overdraft;
  const mark = records.surplus.find(({ id }) => id === lease.id);
  if (mark) records.surplus.push({ id: heir.id, refused: mark.refused });
}

function heirOf(records: Records, lease: Held): Held | undefined {
  const share = poolOf(records, lease.feature)?.share ?? "none";
  if (!lease.hasSeats || share === "none") return undefined;
  const mates = matesOf(records, lease, records.leases)
    .filter((one) => one !== lease && one.lingersUntil === null)
    .toSorted(byAge);
  return mates.some(({ hasSeats }) => hasSeats) ? undefined : mates[0];
}

/** LAW: what its holder gives back may stay with the holder for a while, unless others share it. */
export function giveBack(records: Records, lease: Held, limits: SeatLimits): void {
  const until = stayEnd(records, lease);
  const isShared = !lease.hasSeats || heirOf(records, lease) !== undefined;
  if (isShared || until <= records.mono) return endLease(records, lease, "holder", limits);
  lease.lingersUntil = records.wall + until - records.mono;
  lease.expiresAt = until;
  lease.idleAt = null;
  records.ended = records.ended.filter(({ id }) => id !== lease.id);
  const forgetAt = records.mono + limits.endMemory;
  records.ended.push({ id: lease.id, client: lease.client, by: "holder", forgetAt });
}

/** LAW: a lease goes on if rules and licenses, as they are now, have a seat for its holder. */
export function renewLease(
  records: Records,
  lease: Held,
  by: Caller,
  limits: SeatLimits,
): Held | Refused {
  const groups = groupsOf(by.standing.groups);
  const isRegrouped = groups.toString() !== lease.groups.toString();
  const never = whyNever(records, { ...lease, groups }, by.standing.bound);
  if (never === undefined) {
    lease.instance = by.instance;
    lease.groups = groups;
    lease.leaseTime = poolOf(records, lease.feature)?.leaseTime ?? lease.leaseTime;
    lease.expiresAt = records.mono + lease.leaseTime;
    watchIdleness(records, lease);
    if (isRegrouped || markOf(records, lease)) markSurplus(records);
  }
  const refused = never ?? markOf(records, lease);
  if (refused === undefined) return lease;
  endLease(records, lease, refused.reason, limits);
  return refused;
}

export const markOf = ({ surplus }: Records, lease: Held): Refused | undefined =>
  surplus.find(({ id }) => id === lease.id)?.refused;

/** LAW: in the order of the line, whoever can have seats gets them, and then it is looked at again. */
export function serveAll(records: Records, limits: SeatLimits): void {
  for (const { name } of records.terms.pools) {
    while (serveLine(records, name, limits) === "again");
  }
}

function serveLine(records: Records, feature: string, limits: SeatLimits): "again" | "done" {
  const ahead: Wish[] = [];
  for (const waiting of lineFor(records, feature, limits.overtakings)) {
    if (waiting.awayUntil !== undefined) continue;
    const lease = takeSeats(records, waiting.asked, ahead, waiting.place, limits);
    if (!("reason" in lease)) {
      records.queue = records.queue.filter((one) => one !== waiting);
      records.told.push(`granted ${lease.id}`);
      const rank = rankOf(records, waiting, limits.overtakings);
      if (!lease.isOwn) countOvertaken(records, feature, rank, limits);
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
  { overtakings }: SeatLimits,
): void {
  for (const waiting of lineFor(records, feature, overtakings)) {
    const isLower = priorityOf(records, wishOf(waiting.asked)) < rank.priority;
    const isDue = waiting.overtaken >= overtakings;
    if (waiting.ticket < rank.ticket && isLower && !isDue && waiting.awayUntil === undefined) {
      waiting.overtaken += 1;
    }
  }
}

/**
 * LAW: whoever shares a seat of the same holder, or comes back to one left behind, takes it from
 * nobody; a free one is given beside those kept for who comes first.
 */
export function takeSeats(
  records: Records,
  asked: AcquireCommand,
  ahead: readonly Wish[],
  place: number,
  limits: SeatLimits,
): (Held & { isOwn?: boolean }) | Refused {
  const wish = wishOf(asked);
  const mates = matesOf(records, wish, records.leases).toSorted(byAge);
  const share = poolOf(records, wish.feature)?.share ?? "none";
  if (share !== "none" && mates.some(isShareable)) {
    return { ...grant(records, asked, place, "shared"), isOwn: true };
  }
  const left = mates.find(({ lingersUntil }) => lingersUntil !== null);
  const others = records.leases.filter((one) => one !== left);
  const own = left && roomFor(records, wish, others);
  if (left && typeof own === "string") {
    endLease(records, left, "holder", limits);
    return { ...grant(records, asked, place, own), isOwn: true };
  }
  const room = roomFor(records, wish, records.leases, ahead);
  return typeof room === "string" ? grant(records, asked, place, room) : room;
}

function grant(
  records: Records,
  asked: AcquireCommand,
  place: number,
  seating: "licensed" | "overdraft" | "shared",
): Held {
  const { mono, wall } = records;
  const { instance, client, user, host, display } = asked.by;
  const { feature, version, versionDate, count, key, newLease } = asked;
  const leaseTime = poolOf(records, feature)?.leaseTime ?? 0;
  const lease: Held = {
    ...{ id: newLease, client, instance, user, host, display },
    groups: groupsOf(asked.by.standing.groups),
    ...{ feature, version, versionDate, count, key, asked: place, leaseTime },
    ...{ began: mono, grantedAt: wall, activeAt: mono, expiresAt: mono + leaseTime },
    ...{ idleAt: null, lingersUntil: null },
    hasSeats: seating !== "shared",
    overdraft: seating === "overdraft",
  };
  watchIdleness(records, lease);
  records.leases.push(lease);
  return lease;
}
