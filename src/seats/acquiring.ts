import type { AcquireCommand } from "./command.ts";
import type { Answer } from "./decision.ts";
import { denyLease, denyRequest } from "./denying.ts";
import type { Feature } from "./feature.ts";
import { grantSeats, renewLease, whyNever } from "./holding.ts";
import { isAnyoneWaiting, joinQueue, queuedAnswer, serveQueue, stepBack } from "./queue.ts";
import { isSame, type Request, requestKey, type SeatState, type Waiter } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Answers a request for seats: with a lease, a place in the queue, or a denial. */
export function acquire(state: SeatState, turn: Turn, asked: AcquireCommand): Answer {
  if (!Number.isSafeInteger(asked.count) || asked.count < 1)
    throw new RangeError(`not a count of seats: ${asked.count}`);
  const known = state.requests.get(requestKey(asked.by.client, asked.key));
  if (known !== undefined) return answerAgain(state, turn, asked, known);
  const never = whyNever(state, turn, asked);
  if (never !== undefined) return denyRequest(state, turn, asked, never);
  const held = state.clients.get(asked.by.client)?.length ?? 0;
  if (held >= state.limits.leasesPerClient) return denyRequest(state, turn, asked, "OVER_MAX");
  return grantOrQueue(state, turn, asked, state.featureOrNew(asked.feature));
}

function grantOrQueue(
  state: SeatState,
  turn: Turn,
  asked: AcquireCommand,
  feature: Feature,
): Answer {
  if (feature.room(asked) !== "none" && !isAnyoneWaiting(state, feature)) {
    return { kind: "granted", lease: grantSeats(state, turn, feature, asked) };
  }
  if (!asked.wait) return denyRequest(state, turn, asked, "NO_SEATS");
  if (feature.queue.value.length >= state.limits.queueLength) {
    return denyRequest(state, turn, asked, "QUEUE_FULL");
  }
  joinQueue(state, turn, feature, asked);
  return queuedAnswer(turn, feature, requestKey(asked.by.client, asked.key));
}

/** The answer to the same request got lost, or its client grew impatient: it gets the same again. */
function answerAgain(state: SeatState, turn: Turn, asked: AcquireCommand, known: Request): Answer {
  if (known.kind === "waiting") return waitAgain(state, turn, asked, known.waiter);
  const lease = state.leases.get(known.lease);
  if (lease === undefined) throw new TypeError("a request without its lease");
  if (!isSame(lease, asked.by)) return denyLease("NOT_YOUR_LEASE", lease.feature);
  // The lease note says how long from now, so the lease must last that long from now.
  const renewed = renewLease(state, turn, lease);
  return typeof renewed === "string"
    ? denyLease(renewed, lease.feature)
    : { kind: "granted", lease: renewed };
}

function waitAgain(state: SeatState, turn: Turn, asked: AcquireCommand, waiter: Waiter): Answer {
  const { by, key, feature: name } = waiter.asked;
  if (waiter.awayUntil === undefined && !isSame(by, asked.by)) {
    return denyLease("NOT_YOUR_LEASE", name);
  }
  const feature = state.featureOrNew(name);
  stepBack(state, turn, waiter, asked.by);
  serveQueue(state, turn, feature);
  const granted = takeOwnNotice(turn, asked);
  return granted ?? queuedAnswer(turn, feature, requestKey(by.client, key));
}

/** If its turn came just now, the answer says so, and a notice would say it twice. */
function takeOwnNotice(turn: Turn, { by, key }: AcquireCommand): Answer | undefined {
  const index = turn.notices.findIndex(
    (notice) => notice.kind === "granted" && isSame(notice, by) && notice.key === key,
  );
  const [notice] = index === -1 ? [] : turn.notices.splice(index, 1);
  return notice?.kind === "granted" ? { kind: "granted", lease: notice.lease } : undefined;
}
