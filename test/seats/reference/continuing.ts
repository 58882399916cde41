// What holders, those who wait and the administrator do besides.
import type { Caller } from "../../../src/seats/lease.ts";
import { drop, dropTheHopeless, markOf, markSurplus } from "./adding-up.ts";
import { type Asked, DONE, type Expected } from "./expected.ts";
import { endLease, giveBack, watchIdleness } from "./holding.ts";
import { poolOf } from "./license.ts";
import { groupsOf, type Held, isSame, type Records, type Refused, wishOf } from "./records.ts";
import { namedFor, reservedForEver, whyNever } from "./room.ts";

/**
 * LAW: a lease goes on if rules and licenses, as they are now, have a seat for its holder. A renewal is a
 * sign of work unless it says that nobody worked.
 */
export function renewLease(
  records: Records,
  lease: Held,
  by: Caller,
  isAtWork: boolean,
): Held | Refused {
  // LAW: what is borrowed has its end; no renewal moves it, and nothing of the site's ends it sooner.
  if (lease.borrowed !== null) return lease;
  const groups = groupsOf(by.standing.groups);
  const isRegrouped = groups.toString() !== lease.groups.toString();
  const never = whyNever(records, { ...lease, groups }, by.standing.bound);
  if (never === undefined) {
    lease.instance = by.instance;
    lease.groups = groups;
    lease.leaseTime = poolOf(records, lease.feature)?.leaseTime ?? lease.leaseTime;
    lease.expiresAt = records.mono + lease.leaseTime;
    if (isAtWork) lease.activeAt = records.mono;
    watchIdleness(records, lease);
    if (isRegrouped || markOf(records, lease)) markSurplus(records);
  }
  const refused = never ?? markOf(records, lease);
  if (refused === undefined) return lease;
  endLease(records, lease, refused.reason);
  return refused;
}

export function goOn(
  records: Records,
  asked: Asked<"renew"> | Asked<"resume">,
  may: (lease: Held) => boolean,
): Expected {
  const { by, leases } = asked;
  const kept: string[] = [];
  const lost: string[] = [];
  for (const id of leases) {
    const lease = inUse(records, id);
    if (lease === undefined) lost.push(`${id} ${whyGone(records, by.client, id)}`);
    else if (!may(lease)) lost.push(`${id} NOT_YOUR_LEASE`);
    else {
      const renewed = renewLease(
        records,
        lease,
        by,
        asked.kind === "renew" && !asked.quiet.includes(id),
      );
      if ("reason" in renewed) lost.push(`${id} ${renewed.reason}`);
      else kept.push(id);
    }
  }
  return { kind: "renewed", kept, lost };
}

function inUse(records: Records, id: string): Held | undefined {
  return records.leases.find((one) => one.id === id && one.lingersUntil === null);
}

/** LAW: who comes too late learns how the lease ended; others learn nothing of it. */
function whyGone(records: Records, client: string, id: string): string {
  const by = endedBy(records, client, id);
  return by === undefined || by === "holder" ? "LEASE_UNKNOWN" : by;
}

export function endedBy(records: Records, client: string, id: string): string | undefined {
  const { ended, mono } = records;
  return ended.find((one) => one.id === id && one.client === client && mono < one.forgetAt)?.by;
}

export function release(records: Records, { by, lease: id }: Asked<"release">): Expected {
  const lease = inUse(records, id);
  if (lease === undefined) {
    const end = endedBy(records, by.client, id);
    return end === "holder" ? DONE : { kind: "denied", reason: end ?? "LEASE_UNKNOWN" };
  }
  if (!mayUse(lease, by)) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  // LAW: a process is through with a borrowed seat; the workstation still has it.
  if (lease.borrowed === null) giveBack(records, lease);
  return DONE;
}

export function beActive(records: Records, { by, leases }: Asked<"activity">): Expected {
  for (const id of leases) {
    const lease = inUse(records, id);
    if (lease === undefined || !isSame(lease, by) || lease.borrowed !== null) continue;
    lease.activeAt = records.mono;
    watchIdleness(records, lease);
  }
  return DONE;
}

/** LAW: a request that is withdrawn leaves the queue; a seat that it just got is free at once. */
export function cancel(records: Records, { by, key }: Asked<"cancel">): Expected {
  records.queue = records.queue.filter(({ asked }) => !(asked.key === key && isSame(asked.by, by)));
  const lease = records.leases.find(
    (one) => one.key === key && isSame(one, by) && one.lingersUntil === null,
  );
  if (lease?.borrowed === null) endLease(records, lease, "holder");
  return DONE;
}

/** LAW: leases outlive a connection unless the license says otherwise; places, for a while. */
export function disconnect(records: Records, { by }: Asked<"disconnect">): Expected {
  for (const waiting of records.queue) {
    if (!isSame(waiting.asked.by, by)) continue;
    waiting.awayUntil ??= records.mono + records.limits.resumeWindow;
  }
  const own = records.leases.filter(
    (one) => isSame(one, by) && one.lingersUntil === null && one.borrowed === null,
  );
  for (const lease of own.toSorted((one, other) => one.asked - other.asked)) {
    if (poolOf(records, lease.feature)?.releaseOnDisconnect === true) {
      giveBack(records, lease);
    }
  }
  return DONE;
}

export function reconnect(records: Records, { by }: Asked<"reconnect">): Expected {
  for (const waiting of records.queue.filter(({ asked }) => isSame(asked.by, by))) {
    waiting.asked = { ...waiting.asked, by };
    waiting.awayUntil = undefined;
    const wish = wishOf(waiting.asked);
    const never = whyNever(records, wish, by.standing.bound);
    const refused = never ?? reservedForEver(records, wish);
    if (refused !== undefined) drop(records, waiting, refused);
  }
  return DONE;
}

export function revoke(records: Records, { lease: id }: Asked<"revoke">): Expected {
  const lease = records.leases.find((one) => one.id === id);
  if (lease === undefined) return { kind: "denied", reason: "LEASE_UNKNOWN" };
  // LAW: a workstation that has the ticket would go on, so the administrator alone cannot end it.
  if (lease.borrowed !== null) return { kind: "denied", reason: "LEASE_BORROWED" };
  endLease(records, lease, "LEASE_REVOKED");
  if (lease.lingersUntil === null) records.told.push(`revoked ${id}`);
  return DONE;
}

/** LAW: the site edits its list as long as the license allows: so many names, so many changes a month. */
export function editNames(
  records: Records,
  { kind, feature, user }: Asked<"name-user" | "unname-user">,
): Expected {
  const terms = poolOf(records, feature)?.namedUsers;
  if (!terms) return { kind: "denied", reason: "NOT_LICENSED_FEATURE" };
  const list = namedFor(records, feature, Infinity);
  const isThere = list.includes(user);
  if (isThere === (kind === "name-user")) return DONE;
  if (kind === "name-user") {
    if (list.length >= terms.max) return { kind: "denied", reason: "NAMED_USERS_FULL" };
    records.named.push({ feature, user, since: records.wall });
    return DONE;
  }
  const month = new Date(records.wall).toISOString().slice(0, 7);
  const changes = records.unnamings.filter((one) => one.feature === feature && one.month === month);
  if (changes.length >= terms.changesPerMonth)
    return { kind: "denied", reason: "NAMED_USERS_FIXED" };
  records.unnamings.push({ feature, month });
  records.named = records.named.filter((one) => one.feature !== feature || one.user !== user);
  dropTheHopeless(records);
  return DONE;
}

/** LAW: a borrowed seat belongs to every process of the installation that has the ticket. */
export function mayUse(lease: Held, by: Caller): boolean {
  return isSame(lease, by) || (lease.borrowed !== null && lease.client === by.client);
}
