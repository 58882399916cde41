import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import type { Pseudonym } from "../base/identity.ts";
import type { LeaseId } from "../base/ids.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer, Denial, LostLease } from "./decision.ts";
import { UNLICENSED_NAME } from "./denial-memory.ts";
import { means } from "./feature-rules.ts";
import { byAge, type Lease } from "./lease.ts";
import { prospectsOf } from "./prospects.ts";
import type { Refusal } from "./refusal.ts";
import type { SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Holders named in one denial. */
const HOLDERS_SHOWN = 8;

/** A denial with nothing to add to the refusal. */
export function plainDenial(refusal: Refusal, feature: string): Denial {
  return { reason: refusal.reason, feature, ...wordsOf(refusal) };
}

/** Refuses a request for seats, and records it unless it is a retry of a refused one. */
export function denyRequest(
  state: SeatState,
  turn: Turn,
  asked: AcquireCommand,
  refusal: Refusal,
): Answer {
  const feature = state.feature(asked.feature);
  const name = feature === undefined ? UNLICENSED_NAME : feature.name;
  state.denials.record(turn, asked.by, name, refusal.reason, feature?.pool.value?.leaseTime);
  return { kind: "denied", denial: explainedDenial(state, turn, asked, refusal) };
}

/** The denial with all that can be said about who is in the way and for how long. */
export function explainedDenial(
  state: SeatState,
  turn: Turn,
  asked: AcquireCommand,
  refusal: Refusal,
): Denial {
  const denial = plainDenial(refusal, asked.feature);
  const holders = holdersInTheWay(state, asked, refusal);
  const shown = holders.length === 0 ? {} : { holders };
  if (!mayPass(state, asked, refusal)) return { ...denial, ...shown };
  const feature = state.featureOrNew(asked.feature);
  const { position, expectedWait } = prospectsOf(state, turn, feature, asked);
  const retry = expectedWait === undefined ? {} : { retryAfter: expectedWait };
  return { ...denial, ...shown, queuePosition: position, ...retry };
}

/** Refuses to touch a lease; such refusals say nothing about demand and are not recorded. */
export function denyLease(reason: DenialReason, feature: string): Answer {
  return { kind: "denied", denial: plainDenial({ reason }, feature) };
}

export function lostLease(lease: LeaseId, refusal: Refusal): LostLease {
  return { lease, reason: refusal.reason, ...wordsOf(refusal) };
}

function wordsOf({ reason, rule, hint }: Refusal): Pick<Denial, "hint" | "ruleId" | "ruleReason"> {
  return {
    hint: hint ?? DENIAL_HINTS[reason],
    ...(rule === undefined ? {} : { ruleId: rule.ruleId }),
    ...(rule?.reason === undefined ? {} : { ruleReason: rule.reason }),
  };
}

/** Whether it may be otherwise when a seat comes back. */
function mayPass(state: SeatState, asked: AcquireCommand, { reason, isLasting }: Refusal): boolean {
  if (isLasting === true || state.feature(asked.feature) === undefined) return false;
  return reason === "NO_SEATS" || reason === "QUEUE_FULL" || reason === "RESERVED_FOR_OTHERS";
}

/** Users whose seats would be needed, the longest holding first; none where the site hides them. */
function holdersInTheWay(
  state: SeatState,
  { feature: name }: AcquireCommand,
  { reason, rule }: Refusal,
): readonly Pseudonym[] {
  if (state.showHolders.value === "none") return [];
  const max = state.feature(name)?.rules.value.max.find(({ ruleId }) => ruleId === rule?.ruleId);
  const isGroupMax = reason === "OVER_MAX" && max?.per === "group";
  if (!isGroupMax && reason !== "NO_SEATS" && reason !== "QUEUE_FULL") return [];
  const isInTheWay = (lease: Lease): boolean =>
    lease.feature === name && (!isGroupMax || means(max.who, lease.groups));
  const leases = [...state.leases.values()].filter(isInTheWay).toSorted(byAge);
  return [...new Set(leases.map(({ user }) => user))].slice(0, HOLDERS_SHOWN);
}
