import type { DenialReason } from "../base/denial.ts";
import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Answer, LostLease } from "./decision.ts";
import { denyLease, lostLease } from "./denying.ts";
import { endLease, renewLease } from "./holding.ts";
import type { Caller, Lease } from "./lease.ts";
import { leaveQueue, stepAside, stepBack } from "./queue.ts";
import { isSame, requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Heartbeat: each lease goes on, or is lost with the reason. */
export function renew(
  state: SeatState,
  turn: Turn,
  by: Caller,
  leases: readonly LeaseId[],
): Answer {
  return eachLease(leases, (id) => {
    const lease = state.leases.get(id);
    if (lease === undefined) return whyGone(state, turn, by.client, id);
    return isSame(lease, by) ? renewLease(state, turn, lease) : "NOT_YOUR_LEASE";
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
    const lease = state.leases.get(id);
    if (lease === undefined) return whyGone(state, turn, by.client, id);
    if (isSame(lease, by)) return renewLease(state, turn, lease);
    const isFree = lease.client === by.client && !liveInstances.has(lease.instance);
    return isFree ? takeOver(state, turn, by, lease) : "NOT_YOUR_LEASE";
  });
}

/** Gives seats back. Done again it is done still. */
export function release(state: SeatState, turn: Turn, by: Caller, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease !== undefined) {
    if (!isSame(lease, by)) return denyLease("NOT_YOUR_LEASE", "");
    endLease(state, turn, lease, "released", "holder");
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
  const lease = request?.kind === "leased" ? state.leases.get(request.lease) : undefined;
  if (lease !== undefined && isSame(lease, by)) {
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
    const lease = leaseUnder(state, key);
    if (lease !== undefined && isSame(lease, by) && endsWithConnection(state, lease)) {
      endLease(state, turn, lease, "released", "holder");
    }
  }
  return { kind: "done" };
}

/** The instance is back: its waiting requests can be met again. */
export function reconnect(state: SeatState, turn: Turn, by: Caller): Answer {
  for (const key of state.clients.get(by.client) ?? []) {
    const waiter = state.waiter(key);
    if (waiter?.awayUntil !== undefined && isSame(waiter.asked.by, by)) {
      stepBack(state, turn, waiter);
    }
  }
  return { kind: "done" };
}

/** The administrator takes a lease back; its holder is told. */
export function revoke(state: SeatState, turn: Turn, id: LeaseId): Answer {
  const lease = state.leases.get(id);
  if (lease === undefined) return denyLease("LEASE_UNKNOWN", "");
  endLease(state, turn, lease, "revoked", "LEASE_REVOKED");
  const { client, instance, feature } = lease;
  turn.notices.push({ kind: "revoked", client, instance, lease: id, feature });
  return { kind: "done" };
}

function takeOver(state: SeatState, turn: Turn, by: Caller, lease: Lease): Lease | DenialReason {
  const moved = renewLease(state, turn, lease, by);
  if (typeof moved !== "string") turn.changes.push({ kind: "lease-moved", lease: moved });
  return moved;
}

function whyGone(state: SeatState, turn: Turn, client: ClientKey, id: LeaseId): DenialReason {
  const by = state.ended.endOf(id, client, turn.now.mono)?.by;
  return by === undefined || by === "holder" ? "LEASE_UNKNOWN" : by;
}

function leaseUnder(state: SeatState, key: string): Lease | undefined {
  const request = state.requests.get(key);
  return request?.kind === "leased" ? state.leases.get(request.lease) : undefined;
}

function endsWithConnection(state: SeatState, lease: Lease): boolean {
  return state.feature(lease.feature)?.pool.value?.releaseOnDisconnect === true;
}

function eachLease(ids: readonly LeaseId[], answer: (id: LeaseId) => Lease | DenialReason): Answer {
  const leases: Lease[] = [];
  const lost: LostLease[] = [];
  for (const id of ids) {
    const outcome = answer(id);
    if (typeof outcome === "string") lost.push(lostLease(id, outcome));
    else leases.push(outcome);
  }
  return { kind: "renewed", leases, lost };
}
