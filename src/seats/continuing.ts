import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import { claimOf } from "./claim.ts";
import type { Answer, LostLease } from "./decision.ts";
import { denyLease, lostLease, plainDenial } from "./denying.ts";
import { endLease, giveBack } from "./holding.ts";
import { whyHopeless } from "./hopeless.ts";
import type { Caller, Lease } from "./lease.ts";
import { idlenessOf } from "./lease-rules.ts";
import { dropWaiter, leaveQueue, stepAside, stepBack } from "./queue.ts";
import type { Refusal } from "./refusal.ts";
import { renewLease } from "./renewing.ts";
import { isSame, isTheirs, requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Heartbeat: each lease goes on, or is lost with the reason. */
export function renew(
  state: SeatState,
  turn: Turn,
  by: Caller,
  leases: readonly LeaseId[],
  quiet: readonly LeaseId[],
): Answer {
  return eachLease(leases, (id) => {
    const lease = liveLease(state, id);
    if (lease === undefined) return whyGone(state, turn, by.client, id);
    return isTheirs(lease, by)
      ? renewLease(state, turn, lease, by, !quiet.includes(id))
      : { reason: "NOT_YOUR_LEASE" };
  });
}

/**
 * Picks up leases of an earlier connection. The same instance always may; another instance of the
 * same client only when the one that holds the lease has no connection (docs/spec/protocol.md).
 */
export function resume(
  state: SeatState,
  turn: Turn,
  by: Caller,
  leases: readonly LeaseId[],
  liveInstances: ReadonlySet<InstanceId>,
): Answer {
  return eachLease(leases, (id) => {
    const lease = liveLease(state, id);
    if (lease === undefined) return whyGone(state, turn, by.client, id);
    const isFree = lease.client === by.client && !liveInstances.has(lease.instance);
    const may = isTheirs(lease, by) || isFree;
    // A connection that comes back is no sign that somebody works.
    return may ? renewLease(state, turn, lease, by, false) : { reason: "NOT_YOUR_LEASE" };
  });
}

/** Gives seats back. Done again it is done still. */
export function release(state: SeatState, turn: Turn, by: Caller, id: LeaseId): Answer {
  const lease = liveLease(state, id);
  if (lease !== undefined) {
    if (!isTheirs(lease, by)) return denyLease("NOT_YOUR_LEASE", "");
    // A process that used a borrowed seat is through with it; the workstation still has it.
    if (lease.borrowed !== null) return { kind: "done" };
    giveBack(state, turn, lease);
    return { kind: "done" };
  }
  const ended = state.ended.endOf(id, by.client, turn.now.mono);
  if (ended?.by === "holder") return { kind: "done" };
  return denyLease(ended?.by ?? "LEASE_UNKNOWN", ended?.feature ?? "");
}

/** Withdraws a request; if its turn has just come, the seat that nobody wants is given back. */
export function cancel(state: SeatState, turn: Turn, by: Caller, key: IdempotencyKey): Answer {
  const request = state.requests.get(requestKey(by.client, key));
  if (request?.kind === "waiting" && isSame(request.waiter.asked.by, by)) {
    leaveQueue(state, turn, request.waiter);
  }
  const lease = state.leaseUnder(requestKey(by.client, key));
  if (lease !== undefined && isSame(lease, by) && lease.borrowed === null) {
    endLease(state, turn, lease, "released", "holder");
  }
  return { kind: "done" };
}

/** The instance is cut off: its leases live on, except where the license says otherwise. */
export function disconnect(state: SeatState, turn: Turn, by: Caller): Answer {
  for (const key of state.clients.get(by.client) ?? []) {
    const waiter = state.waiter(key);
    if (waiter !== undefined && waiter.awayUntil === undefined && isSame(waiter.asked.by, by)) {
      stepAside(state, turn, waiter);
    }
    const lease = state.leaseUnder(key);
    if (lease !== undefined && isSame(lease, by) && endsWithConnection(state, lease)) {
      giveBack(state, turn, lease);
    }
  }
  return { kind: "done" };
}

/** Somebody works with the application, so its leases are not idle. */
export function markActive(
  state: SeatState,
  turn: Turn,
  by: Caller,
  leases: readonly LeaseId[],
): Answer {
  for (const id of leases) {
    const lease = liveLease(state, id);
    if (lease === undefined || !isSame(lease, by) || lease.borrowed !== null) continue;
    const feature = state.featureOrNew(lease.feature);
    const { mono } = turn.now;
    const idleness = idlenessOf(feature, { ...lease, activeAt: mono }, mono);
    state.leases.set(lease.id, { ...lease, ...idleness });
  }
  return { kind: "done" };
}

/** The instance is back, or in other groups: its waiting requests are looked at again. */
export function reconnect(state: SeatState, turn: Turn, by: Caller): Answer {
  for (const key of state.clients.get(by.client) ?? []) {
    const waiter = state.waiter(key);
    if (waiter === undefined || !isSame(waiter.asked.by, by)) continue;
    const again = { ...waiter.asked, by };
    const feature = state.featureOrNew(again.feature);
    const hopeless = whyHopeless(state, turn, feature, claimOf(again));
    if (hopeless === undefined) stepBack(state, turn, waiter, by);
    else dropWaiter(state, turn, waiter, plainDenial(hopeless, feature.name));
  }
  return { kind: "done" };
}

/** The administrator takes a lease back; its holder is told. */
export function revoke(state: SeatState, turn: Turn, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease === undefined) return denyLease("LEASE_UNKNOWN", "");
  // Its workstation would go on with it, and the seat would be used twice.
  if (lease.borrowed !== null) return denyLease("LEASE_BORROWED", lease.feature);
  endLease(state, turn, lease, "revoked", "LEASE_REVOKED");
  const { client, instance, feature, lingersUntil } = lease;
  if (lingersUntil !== null) return { kind: "done" };
  turn.notices.push({ kind: "revoked", client, instance, lease: id, feature });
  return { kind: "done" };
}

function whyGone(state: SeatState, turn: Turn, client: ClientKey, id: LeaseId): Refusal {
  const by = state.ended.endOf(id, client, turn.now.mono)?.by;
  return { reason: by === undefined || by === "holder" ? "LEASE_UNKNOWN" : by };
}

/** A lease whose holder uses it; one that lingers was given back. */
function liveLease(state: SeatState, id: LeaseId): Lease | undefined {
  const lease = state.leases.get(id);
  return lease?.lingersUntil === null ? lease : undefined;
}

function endsWithConnection(state: SeatState, lease: Lease): boolean {
  if (lease.borrowed !== null) return false;
  return state.feature(lease.feature)?.pool.value?.releaseOnDisconnect === true;
}

function eachLease(ids: readonly LeaseId[], answer: (id: LeaseId) => Lease | Refusal): Answer {
  const leases: Lease[] = [];
  const lost: LostLease[] = [];
  for (const id of ids) {
    const outcome = answer(id);
    if ("reason" in outcome) lost.push(lostLease(id, outcome));
    else leases.push(outcome);
  }
  return { kind: "renewed", leases, lost };
}
