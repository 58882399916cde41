// Seats off the network.
import type { BorrowCommand } from "../../../src/seats/command.ts";
import { denied, takeNow } from "./acquiring.ts";
import { markOf, markSurplus } from "./adding-up.ts";
import { endedBy } from "./continuing.ts";
import { type Asked, DONE, type Expected } from "./expected.ts";
import { endLease } from "./holding.ts";
import { means, rulesFor, serving } from "./license.ts";
import {
  groupsOf,
  type Held,
  isSame,
  isSameWish,
  type Records,
  type Refused,
  sum,
  type Wish,
  wishOf,
} from "./records.ts";
import { reservedForEver, whyNever } from "./room.ts";

/** LAW: the same request again is the same loan with the same end, at the same workstation alone. */
export function borrow(records: Records, command: BorrowCommand): Expected {
  if (command.lease !== null) return borrowHeld(records, command, command.lease);
  const { by, key } = command;
  const lease = records.leases.find(
    (one) => one.client === by.client && one.key === key && one.lingersUntil === null,
  );
  const waits = records.queue.some(
    ({ asked }) => asked.by.client === by.client && asked.key === key,
  );
  if (lease === undefined && !waits) return borrowNew(records, command);
  if (lease?.borrowed?.workstation !== command.workstation) {
    return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  }
  return isSameWish(command, lease)
    ? { kind: "borrowed", lease: lease.id }
    : { kind: "denied", reason: "KEY_REUSED" };
}

/** LAW: seats are borrowed like others, within what may be off the network; nobody waits for them. */
function borrowNew(records: Records, command: BorrowCommand): Expected {
  const request = requestOf(command);
  const wish = wishOf(request);
  const refused =
    whyNever(records, wish, command.by.standing.bound) ??
    tooManyHoldings(records, wish) ??
    whyNotBorrow(records, wish, command.span, records.leases);
  if (refused !== undefined) return denied(records, request, refused);
  const taken = takeNow(records, request);
  if ("reason" in taken) {
    return denied(records, request, reservedForEver(records, wish) ?? taken);
  }
  const lease = records.leases.find(({ id }) => id === taken.id);
  return lend(records, lease ?? taken, command);
}

function borrowHeld(records: Records, command: BorrowCommand, id: string): Expected {
  const { by, workstation, feature, count, span } = command;
  const lease = records.leases.find((one) => one.id === id && one.lingersUntil === null);
  if (lease === undefined) {
    const end = endedBy(records, by.client, id);
    return {
      kind: "denied",
      reason: end === "holder" ? "LEASE_UNKNOWN" : (end ?? "LEASE_UNKNOWN"),
    };
  }
  // LAW: a seat of the network is its process's; a borrowed one, its installation's at that workstation.
  const isOurs =
    lease.borrowed === null
      ? isSame(lease, by)
      : lease.client === by.client && lease.borrowed.workstation === workstation;
  if (!isOurs) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  if (lease.feature !== feature || lease.count !== count) {
    return { kind: "denied", reason: "LEASE_UNKNOWN" };
  }
  const { version, versionDate } = lease;
  const request = { ...requestOf(command), version, versionDate };
  const wish = wishOf(request);
  const never = whyNever(records, wish, by.standing.bound);
  // LAW: what does not fit any more is not borrowed for longer.
  if (never === undefined && markOf(records, lease)) markSurplus(records);
  const others = records.leases.filter((one) => one !== lease);
  const refused = never ?? whyNotBorrow(records, wish, span, others) ?? markOf(records, lease);
  return refused === undefined ? lend(records, lease, command) : denied(records, request, refused);
}

/** LAW: what was promised stays promised: a shorter wish does not move the end back. */
function lend(records: Records, lease: Held, { by, span, workstation }: BorrowCommand): Expected {
  const until = records.wall + span;
  if (lease.borrowed === null || lease.borrowed.until < until) {
    lease.instance = by.instance;
    lease.groups = groupsOf(by.standing.groups);
    lease.borrowed = { from: records.wall, until, workstation };
    lease.expiresAt = records.mono + span;
    lease.idleAt = null;
  }
  return { kind: "borrowed", lease: lease.id };
}

/**
 * LAW: of several licenses the one that lends longest counts, but no loan outlasts it; their seats
 * that may be out add up; rules narrow that, and 0 forbids.
 */
function whyNotBorrow(
  records: Records,
  wish: Wish,
  span: number,
  others: readonly Held[],
): Refused | undefined {
  const { feature, groups, count } = wish;
  const lending = serving(records, wish).filter(({ borrow: lent }) => lent !== null);
  const rules = rulesFor(records.terms.rules.borrow, feature).filter(({ who }) =>
    means(who, groups),
  );
  if (lending.length === 0) return { reason: "BORROW_NOT_ALLOWED" };
  const forbidding = rules.find((rule) => rule.span === 0 || rule.seats === 0);
  if (forbidding) return { reason: "BORROW_NOT_ALLOWED", ruleId: forbidding.ruleId };
  const spans = lending.map((grant) =>
    Math.min(grant.borrow?.span ?? 0, (grant.endsAt ?? Infinity) - records.wall),
  );
  if (span > Math.max(...spans)) return { reason: "BORROW_TOO_LONG" };
  const shorter = rules.find((rule) => span > (rule.span ?? Infinity));
  if (shorter) return { reason: "BORROW_TOO_LONG", ruleId: shorter.ruleId };
  const out = others.filter((one) => one.feature === feature && one.borrowed !== null);
  const isOver = (some: readonly Held[], seats: number): boolean =>
    sum(some.map((one) => one.count)) + count > seats;
  if (isOver(out, sum(lending.map((grant) => grant.borrow?.seats ?? 0)))) {
    return { reason: "BORROW_TOO_MANY" };
  }
  const fewer = rules.find(({ who, seats }) =>
    isOver(
      out.filter((one) => means(who, one.groups)),
      seats ?? Infinity,
    ),
  );
  return fewer && { reason: "BORROW_TOO_MANY", ruleId: fewer.ruleId };
}

function tooManyHoldings(records: Records, { client }: Wish): Refused | undefined {
  const holdings = [
    ...records.leases.filter(({ lingersUntil }) => lingersUntil === null),
    ...records.queue.map(({ asked }) => asked.by),
  ].filter((one) => one.client === client);
  return holdings.length >= records.limits.leasesPerClient ? { reason: "OVER_MAX" } : undefined;
}

/** LAW: a loan ends early when any process of the installation returns it. */
export function returnBorrowed(records: Records, { by, lease: id }: Asked<"return">): Expected {
  const lease = records.leases.find((one) => one.id === id);
  if (lease === undefined) {
    const end = endedBy(records, by.client, id);
    return end === "holder" ? DONE : { kind: "denied", reason: end ?? "LEASE_UNKNOWN" };
  }
  if (lease.client !== by.client) return { kind: "denied", reason: "NOT_YOUR_LEASE" };
  if (lease.borrowed === null) return { kind: "denied", reason: "LEASE_UNKNOWN" };
  endLease(records, lease, "holder");
  return DONE;
}

/** LAW: else only the vendor's word ends it before its time. */
export function giveUp(records: Records, { lease: id }: Asked<"give-up">): Expected {
  const lease = records.leases.find((one) => one.id === id);
  if (!lease?.borrowed) return { kind: "denied", reason: "LEASE_UNKNOWN" };
  endLease(records, lease, "LEASE_REVOKED");
  records.told.push(`revoked ${id}`);
  return DONE;
}

function requestOf(command: BorrowCommand): Asked<"acquire"> {
  const { by, feature, version, versionDate, count, key, newLease } = command;
  return { kind: "acquire", by, feature, version, versionDate, count, wait: false, key, newLease };
}
