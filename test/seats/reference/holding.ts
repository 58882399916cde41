// What befalls leases, whoever asked for it.
import type { DenialReason } from "../../../src/base/denial.ts";
import type { AcquireCommand } from "../../../src/seats/command.ts";
import { firstRule, poolOf, stayEnd } from "./license.ts";
import {
  byAge,
  groupsOf,
  type Held,
  type Records,
  type Refused,
  type Wish,
  wishOf,
} from "./records.ts";
import { matesOf, roomFor } from "./room.ts";

export const endOf = ({ expiresAt, idleAt }: Held): number =>
  Math.min(expiresAt, idleAt ?? Infinity);

/**
 * LAW: an idle rule that is new to a lease counts from now; none ends a lease in the past, and nobody is
 * idle for less than the lease time.
 */
export function watchIdleness(records: Records, lease: Held): void {
  const rule = firstRule(records.terms.rules.idleTimeout, lease.feature, lease.groups);
  if (rule === undefined) {
    lease.idleAt = null;
    return;
  }
  if (lease.idleAt === null) lease.activeAt = records.mono;
  lease.idleAt = Math.max(records.mono, lease.activeAt + Math.max(rule.span, lease.leaseTime));
}

export const isShareable = ({ hasSeats, lingersUntil }: Held): boolean =>
  hasSeats && lingersUntil === null;

/**
 * LAW: the seats of a lease that ends go to the oldest of those that share them, if there is nobody
 * else to share with; otherwise they are free.
 */
export function endLease(records: Records, lease: Held, by: DenialReason | "holder"): void {
  const heir = heirOf(records, lease);
  records.leases = records.leases.filter((one) => one !== lease);
  records.ended = records.ended.filter(({ id }) => id !== lease.id);
  const forgetAt = records.mono + records.limits.endMemory;
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
export function giveBack(records: Records, lease: Held): void {
  const until = stayEnd(records, lease);
  const isShared = !lease.hasSeats || heirOf(records, lease) !== undefined;
  if (isShared || until <= records.mono) return endLease(records, lease, "holder");
  lease.lingersUntil = records.wall + until - records.mono;
  lease.expiresAt = until;
  lease.idleAt = null;
  records.ended = records.ended.filter(({ id }) => id !== lease.id);
  const forgetAt = records.mono + records.limits.endMemory;
  records.ended.push({ id: lease.id, client: lease.client, by: "holder", forgetAt });
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
    endLease(records, left, "holder");
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
    id: newLease,
    client,
    instance,
    user,
    host,
    display,
    groups: groupsOf(asked.by.standing.groups),
    feature,
    version,
    versionDate,
    count,
    key,
    asked: place,
    leaseTime,
    began: mono,
    grantedAt: wall,
    activeAt: mono,
    expiresAt: mono + leaseTime,
    idleAt: null,
    borrowed: null,
    lingersUntil: null,
    hasSeats: seating !== "shared",
    overdraft: seating === "overdraft",
  };
  watchIdleness(records, lease);
  records.leases.push(lease);
  return lease;
}
