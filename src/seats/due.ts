import type { MonoMillis } from "../base/time.ts";
import { claimOfLease } from "./claim.ts";
import type { Command } from "./command.ts";
import type { Feature } from "./feature.ts";
import { endLease } from "./holding.ts";
import { type Caller, endOf, groupsOf, type Lease } from "./lease.ts";
import { followWallClock, isWallClockFollowed } from "./licensing.ts";
import { whyNever } from "./permission.ts";
import { leaveQueue, serveQueue } from "./queue.ts";
import { isTheirs, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** What time alone brings: grants that start or end, expiries, waiters given up. Serves no queue yet. */
export function doWhatIsDue(state: SeatState, turn: Turn): void {
  followWallClock(state, turn);
  for (const feature of state.features.value) expireLeases(state, turn, feature);
  dropTheAbsent(state, turn);
}

/**
 * Whether a command only lets leases of its caller go on. That changes memory alone, so it must
 * not wait for anything else that is due: the disk which would have to record that may be full,
 * and then renewals are what keeps people working.
 */
export function isMereRenewal(state: SeatState, command: Command, turn: Turn): boolean {
  if (command.kind !== "renew" && command.kind !== "resume" && command.kind !== "activity")
    return false;
  if (!isWallClockFollowed(state, turn.now.wall)) return false;
  return command.leases.every((id) => {
    const lease = state.leases.get(id);
    if (lease === undefined) return true;
    if (!isTheirs(lease, command.by)) return command.kind !== "resume";
    if (turn.now.mono >= endOf(lease)) return false;
    if (lease.borrowed !== null) return true;
    return command.kind === "activity" || goesOn(state, turn, lease, command.by);
  });
}

function goesOn(state: SeatState, turn: Turn, lease: Lease, by: Caller): boolean {
  const { bound } = by.standing;
  return (
    groupsOf(by.standing).join(" ") === lease.groups.join(" ") &&
    !state.surplus.value.has(lease.id) &&
    whyNever(state, turn, claimOfLease(lease, bound)) === undefined
  );
}

/** Gives seats that came free to those whose turn it is. */
export function serveTheStirred(state: SeatState, turn: Turn): void {
  for (const feature of turn.stirred) serveQueue(state, turn, feature);
  turn.stirred.clear();
}

/** When something falls due next; undefined when nothing ever does by itself. */
export function nextDue(state: SeatState): MonoMillis | undefined {
  let next = earlier(state.validity.value?.deadline, state.absences.first());
  for (const { expiries } of state.features.value) next = earlier(next, expiries.first());
  return next;
}

function expireLeases(state: SeatState, turn: Turn, feature: Feature): void {
  const { mono } = turn.now;
  for (let id = feature.expiries.due(mono); id !== undefined; id = feature.expiries.due(mono)) {
    const lease = state.leases.get(id);
    if (lease === undefined) throw new TypeError("a deadline without its lease");
    endInTime(state, turn, lease);
  }
}

/** Ends a lease whose time is over: it lingered, nobody worked with it, or nobody renewed it. */
function endInTime(state: SeatState, turn: Turn, lease: Lease): void {
  const { id, client, instance, feature } = lease;
  if (lease.lingersUntil !== null) return endLease(state, turn, lease, "released", "holder");
  const isIdle = endOf(lease) < lease.expiresAt;
  if (isIdle) endLease(state, turn, lease, "revoked", "LEASE_IDLE");
  else endLease(state, turn, lease, "expired", "LEASE_EXPIRED");
  const kind = isIdle ? "idle" : "expired";
  turn.notices.push({ kind, client, instance, lease: id, feature });
}

function dropTheAbsent(state: SeatState, turn: Turn): void {
  const { mono } = turn.now;
  for (let key = state.absences.due(mono); key !== undefined; key = state.absences.due(mono)) {
    const waiter = state.waiter(key);
    if (waiter === undefined) throw new TypeError("an absence without its waiter");
    leaveQueue(state, turn, waiter);
  }
}

function earlier(
  one: MonoMillis | undefined,
  other: MonoMillis | undefined,
): MonoMillis | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
