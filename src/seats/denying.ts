import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import type { LeaseId } from "../base/ids.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer, Denial, LostLease } from "./decision.ts";
import { placeInQueue } from "./queue.ts";
import { requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** A denial with nothing to add to its reason. */
export function plainDenial(reason: DenialReason, feature: string): Denial {
  return { reason, feature, hint: DENIAL_HINTS[reason] };
}

/** Refuses a request for seats, and records it unless it is a retry of a refused one. */
export function denyRequest(
  state: SeatState,
  turn: Turn,
  asked: AcquireCommand,
  reason: DenialReason,
): Answer {
  const leaseTime = state.feature(asked.feature)?.pool.value?.leaseTime;
  state.denials.record(turn, asked.by, asked.feature, reason, leaseTime);
  const denial = plainDenial(reason, asked.feature);
  const isTemporary = reason === "NO_SEATS" || reason === "QUEUE_FULL";
  return {
    kind: "denied",
    denial: isTemporary ? { ...denial, ...prospects(state, turn, asked) } : denial,
  };
}

/** Refuses to touch a lease; such refusals say nothing about demand and are not recorded. */
export function denyLease(reason: DenialReason, feature: string): Answer {
  return { kind: "denied", denial: plainDenial(reason, feature) };
}

export function lostLease(lease: LeaseId, reason: DenialReason): LostLease {
  return { lease, reason, hint: DENIAL_HINTS[reason] };
}

function prospects(
  state: SeatState,
  turn: Turn,
  { by, key, feature: name }: AcquireCommand,
): Pick<Denial, "queuePosition" | "retryAfter"> {
  const feature = state.featureOrNew(name);
  const retryAfter = feature.soonestExpiry(turn.now.mono);
  return {
    queuePosition: placeInQueue(feature, requestKey(by.client, key)),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
