import type { LeaseId } from "../base/ids.ts";
import { after, millis, unixMillis } from "../base/time.ts";
import { takeNow } from "./acquiring.ts";
import { whyNotBorrow } from "./borrow-limits.ts";
import { claimOf, isSameWish } from "./claim.ts";
import type { AcquireCommand, BorrowCommand } from "./command.ts";
import type { Answer } from "./decision.ts";
import { denyLease, denyRequest, plainDenial } from "./denying.ts";
import { changeLease, endLease } from "./holding.ts";
import { type Borrowing, type Caller, groupsOf, type Lease } from "./lease.ts";
import { whyNoNew } from "./permission.ts";
import type { Refusal } from "./refusal.ts";
import { reservedForEver } from "./room.ts";
import { isSame, requestKey, type SeatState } from "./state.ts";
import { findSurplus } from "./surplus.ts";
import type { Turn } from "./turn.ts";

/**
 * Lets seats off the network: new ones, or those of a lease that the caller has. They count as used
 * until they are returned, their time is over, or the vendor gives them up; nothing else ends them,
 * because the workstation that has them would not hear of it. Nobody waits in a queue for them.
 */
export function borrow(state: SeatState, turn: Turn, asked: BorrowCommand): Answer {
  if (!Number.isSafeInteger(asked.count) || asked.count < 1)
    throw new RangeError(`not a count of seats: ${asked.count}`);
  if (asked.lease !== null) return borrowHeld(state, turn, asked, asked.lease);
  const known = state.requests.get(requestKey(asked.by.client, asked.key));
  if (known === undefined) return borrowNew(state, turn, asked);
  const lease = state.leaseUnder(requestKey(asked.by.client, asked.key));
  // The answer to the same request got lost: it gets the same end again, not a later one.
  if (lease?.borrowed?.workstation !== asked.workstation) {
    return denyLease("NOT_YOUR_LEASE", asked.feature);
  }
  return isSameWish(asked, lease)
    ? { kind: "borrowed", lease }
    : denyLease("KEY_REUSED", asked.feature);
}

/** The workstation is back before its time. Done again it is done still. */
export function returnBorrowed(state: SeatState, turn: Turn, by: Caller, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease === undefined) {
    const ended = state.ended.endOf(id, by.client, turn.now.mono);
    if (ended?.by === "holder") return { kind: "done" };
    return denyLease(ended?.by ?? "LEASE_UNKNOWN", ended?.feature ?? "");
  }
  if (lease.client !== by.client) return denyLease("NOT_YOUR_LEASE", "");
  if (lease.borrowed === null) return notBorrowed(lease);
  endLease(state, turn, lease, "returned", "holder");
  return { kind: "done" };
}

/** The vendor gives up the seats of a workstation that is lost. */
export function giveUp(state: SeatState, turn: Turn, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease === undefined) return denyLease("LEASE_UNKNOWN", "");
  if (lease.borrowed === null) return notBorrowed(lease);
  endLease(state, turn, lease, "vendor-released", "LEASE_REVOKED");
  const { client, instance, feature } = lease;
  turn.notices.push({ kind: "revoked", client, instance, lease: id, feature });
  return { kind: "done" };
}

function borrowNew(state: SeatState, turn: Turn, asked: BorrowCommand): Answer {
  const request = requestOf(asked);
  const claim = claimOf(request);
  const never = whyNoNew(state, turn, claim);
  if (never !== undefined) return denyRequest(state, turn, request, never);
  const feature = state.featureOrNew(asked.feature);
  const held = state.clients.get(asked.by.client)?.length ?? 0;
  const refusal: Refusal | undefined =
    held >= state.limits.leasesPerClient
      ? { reason: "OVER_MAX" }
      : whyNotBorrow(state.occupancy, feature, { claim, span: asked.span }, turn.now.wall);
  if (refusal !== undefined) return denyRequest(state, turn, request, refusal);
  const taken = takeNow(state, turn, feature, request);
  if (taken.kind === "none") {
    const why = reservedForEver(feature, claim) ?? taken.refusal;
    return denyRequest(state, turn, request, why);
  }
  return lend(state, turn, taken.lease, asked);
}

/** A lease of the caller's goes off the network, or stays off it for longer. */
function borrowHeld(state: SeatState, turn: Turn, asked: BorrowCommand, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease?.lingersUntil !== null) {
    const reason = state.ended.endOf(id, asked.by.client, turn.now.mono)?.by ?? "LEASE_UNKNOWN";
    return denyLease(reason === "holder" ? "LEASE_UNKNOWN" : reason, asked.feature);
  }
  if (!mayBorrow(lease, asked)) return denyLease("NOT_YOUR_LEASE", asked.feature);
  if (lease.feature !== asked.feature || lease.count !== asked.count)
    return denyLease("LEASE_UNKNOWN", asked.feature);
  const request = requestOf({ ...asked, version: lease.version, versionDate: lease.versionDate });
  const refusal = whyNotLonger(state, turn, lease, asked, request);
  if (refusal !== undefined) return denyRequest(state, turn, request, refusal);
  return lend(state, turn, lease, asked);
}

/**
 * A seat of the network belongs to one process. A borrowed one belongs to the installation, on the
 * one workstation that its ticket names.
 */
function mayBorrow(lease: Lease, { by, workstation }: BorrowCommand): boolean {
  if (lease.borrowed === null) return isSame(lease, by);
  return lease.client === by.client && lease.borrowed.workstation === workstation;
}

function whyNotLonger(
  state: SeatState,
  turn: Turn,
  lease: Lease,
  { span }: BorrowCommand,
  request: AcquireCommand,
): Refusal | undefined {
  const claim = claimOf(request);
  const never = whyNoNew(state, turn, claim);
  if (never !== undefined) return never;
  if (state.surplus.value.has(lease.id)) findSurplus(state, turn);
  const feature = state.featureOrNew(lease.feature);
  state.occupancy.take(feature, lease);
  const refusal = whyNotBorrow(state.occupancy, feature, { claim, span }, turn.now.wall);
  state.occupancy.put(feature, lease);
  return refusal ?? state.surplus.value.get(lease.id);
}

/** What was promised to a workstation stays promised: a shorter wish does not move the end back. */
function lend(state: SeatState, turn: Turn, lease: Lease, asked: BorrowCommand): Answer {
  const { wall, mono } = turn.now;
  const { workstation, span, by } = asked;
  const borrowed: Borrowing = { from: wall, until: unixMillis(wall + span), workstation };
  if (lease.borrowed !== null && lease.borrowed.until >= borrowed.until) {
    return { kind: "borrowed", lease };
  }
  state.seatTime.claimed(lease);
  const lent: Lease = {
    ...lease,
    instance: by.instance,
    groups: groupsOf(by.standing),
    borrowed,
    expiresAt: after(mono, millis(span)),
    idleAt: null,
  };
  changeLease(state, turn, lease, lent);
  const { feature, user, id, count } = lent;
  const { until } = borrowed;
  turn.events.push({ type: "borrow", wall, feature, count, user, lease: id, until });
  return { kind: "borrowed", lease: lent };
}

function notBorrowed({ feature }: Lease): Answer {
  const hint = "this seat is not borrowed; release it";
  return { kind: "denied", denial: plainDenial({ reason: "LEASE_UNKNOWN", hint }, feature) };
}

function requestOf(asked: BorrowCommand): AcquireCommand {
  const { by, feature, version, versionDate, count, key, newLease } = asked;
  const product = { feature, version, versionDate };
  return { kind: "acquire", by, ...product, count, wait: false, key, newLease };
}
