import { claimOf, isSameWish } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer } from "./decision.ts";
import { denyLease, denyRequest, plainDenial } from "./denying.ts";
import type { Feature } from "./feature.ts";
import { whyHopeless } from "./hopeless.ts";
import type { Lease } from "./lease.ts";
import { whyNoNew } from "./permission.ts";
import { queuedAnswer } from "./prospects.ts";
import { countOvertaken, joinQueue, leaveQueue, serveQueue, stepBack } from "./queue.ts";
import type { Refusal } from "./refusal.ts";
import { renewLease } from "./renewing.ts";
import { reservedForEver } from "./room.ts";
import { type Taken, takeSeats } from "./seat-taking.ts";
import { isSame, type Request, requestKey, type SeatState, type Waiter } from "./state.ts";
import type { Turn } from "./turn.ts";
import { earmarksBefore, rankOf } from "./waiting-line.ts";

/** Answers a request for seats: with a lease, a place in the queue, or a denial. */
export function acquire(state: SeatState, turn: Turn, asked: AcquireCommand): Answer {
  if (!Number.isSafeInteger(asked.count) || asked.count < 1)
    throw new RangeError(`not a count of seats: ${asked.count}`);
  const known = state.requests.get(requestKey(asked.by.client, asked.key));
  if (known !== undefined) return answerAgain(state, turn, asked, known);
  const never = whyNoNew(state, turn, claimOf(asked));
  if (never !== undefined) return denyRequest(state, turn, asked, never);
  const held = state.clients.get(asked.by.client)?.length ?? 0;
  if (held >= state.limits.leasesPerClient) {
    return denyRequest(state, turn, asked, { reason: "OVER_MAX" });
  }
  return grantOrQueue(state, turn, asked, state.featureOrNew(asked.feature));
}

/** Grants a permitted request, unless all seats are taken or kept for those who wait. */
export function takeNow(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): Taken {
  const rank = rankOf(state, feature, asked);
  const taken = takeSeats(state, turn, feature, asked, earmarksBefore(state, feature, rank));
  if (taken.kind === "granted") {
    state.tickets.set(rank.ticket + 1);
    if (!taken.isOwn) countOvertaken(state, feature, rank);
  }
  return taken;
}

function grantOrQueue(
  state: SeatState,
  turn: Turn,
  asked: AcquireCommand,
  feature: Feature,
): Answer {
  const taken = takeNow(state, turn, feature, asked);
  if (taken.kind === "granted") return { kind: "granted", lease: taken.lease };
  const refusal = whyNotQueued(state, feature, asked, taken.refusal);
  if (refusal !== undefined) return denyRequest(state, turn, asked, refusal);
  joinQueue(state, turn, feature, asked);
  return queuedAnswer(state, turn, feature, asked);
}

function whyNotQueued(
  state: SeatState,
  feature: Feature,
  asked: AcquireCommand,
  refusal: Refusal,
): Refusal | undefined {
  if (refusal.reason === "OVER_MAX") return refusal;
  const reserved = reservedForEver(feature, claimOf(asked));
  if (reserved !== undefined) return reserved;
  if (!asked.wait) return refusal;
  const isFull = feature.queue.value.length >= state.limits.queueLength;
  return isFull ? { reason: "QUEUE_FULL" } : undefined;
}

/**
 * The answer to the same request got lost, or its client grew impatient: it gets the same again. A key
 * that stands for other seats is the client's mistake: it would go on with what it did not ask for.
 */
function answerAgain(state: SeatState, turn: Turn, asked: AcquireCommand, known: Request): Answer {
  if (known.kind === "waiting") return waitAgain(state, turn, asked, known.waiter);
  const lease = state.leases.get(known.lease);
  if (lease === undefined) throw new TypeError("a request without its lease");
  if (!mayTakeOver(asked, lease)) return denyLease("NOT_YOUR_LEASE", lease.feature);
  if (!isSameWish(asked, lease)) return denyLease("KEY_REUSED", asked.feature);
  // The lease note says how long from now, so the lease must last that long from now.
  const renewed = renewLease(state, turn, lease, asked.by, true);
  return "reason" in renewed
    ? { kind: "denied", denial: plainDenial(renewed, lease.feature) }
    : { kind: "granted", lease: renewed };
}

/** The process that was granted the lease, or the next one after it has crashed. */
function mayTakeOver({ by, liveInstances }: AcquireCommand, lease: Lease): boolean {
  return isSame(lease, by) || liveInstances?.has(lease.instance) === false;
}

function waitAgain(state: SeatState, turn: Turn, asked: AcquireCommand, waiter: Waiter): Answer {
  const { by, feature: name } = waiter.asked;
  if (waiter.awayUntil === undefined && !isSame(by, asked.by)) {
    return denyLease("NOT_YOUR_LEASE", name);
  }
  if (!isSameWish(asked, waiter.asked)) return denyLease("KEY_REUSED", asked.feature);
  const feature = state.featureOrNew(name);
  const again = { ...waiter.asked, by: asked.by };
  // Rules and groups may have changed while nobody was there to be told.
  const hopeless = whyHopeless(state, turn, feature, claimOf(again));
  if (hopeless !== undefined) {
    leaveQueue(state, turn, waiter);
    return denyRequest(state, turn, again, hopeless);
  }
  stepBack(state, turn, waiter, asked.by);
  serveQueue(state, turn, feature);
  const granted = takeOwnNotice(turn, asked);
  return granted ?? queuedAnswer(state, turn, feature, waiter.asked);
}

/** If its turn came just now, the answer says so, and a notice would say it twice. */
function takeOwnNotice(turn: Turn, { by, key }: AcquireCommand): Answer | undefined {
  const index = turn.notices.findIndex(
    (notice) => notice.kind === "granted" && isSame(notice, by) && notice.key === key,
  );
  const [notice] = index === -1 ? [] : turn.notices.splice(index, 1);
  return notice?.kind === "granted" ? { kind: "granted", lease: notice.lease } : undefined;
}
