import { DENIAL_HINTS, type DenialReason } from "../base/denial.ts";
import type { LeaseId } from "../base/ids.ts";
import type { WireDenial } from "../protocol/denial.ts";
import { HOLDERS_PER_DENIAL } from "../protocol/limits.ts";
import type {
  AcquireResult,
  BorrowResult,
  FeatureStatus,
  LedgerProof,
  RecordResult,
  RenewResult,
  StatusResult,
  WireEntry,
  WireLease,
} from "../protocol/results.ts";
import { type WireError, wireDenial, wireFault } from "../protocol/wire-error.ts";
import type { Denial } from "../seats/decision.ts";
import type { Lease } from "../seats/lease.ts";
import type { FeatureView } from "../seats/view.ts";
import type { Outcome } from "./commit-group.ts";

/** What a request comes to on the wire. */
export type Reply<Result> =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "error"; readonly error: WireError };

/** How the ledger goes on from what the client remembers, if it asked. */
export type Prove = () => { readonly ledger?: LedgerProof };

/** The leases that an answer carries to the client. */
export function leasesOf(outcome: Outcome): readonly Lease[] {
  if (outcome.kind === "granted") return [outcome.lease];
  return outcome.kind === "renewed" ? outcome.leases : [];
}

/** A lease as the client gets it, with the note that says so, and the proof that the ledger tells of it. */
export function wireLease(
  { id, leaseTime, feature, count }: Lease,
  note: string,
  entry: WireEntry | undefined,
): WireLease {
  const lease = { id, note, leaseTimeMs: leaseTime, feature, count };
  return entry === undefined ? lease : { ...lease, entry };
}

/** @param notes of `leasesOf(outcome)`. */
export function acquireReply(
  outcome: Outcome,
  [note = ""]: readonly string[],
  prove: Prove,
  entryOf: (lease: LeaseId) => WireEntry | undefined,
): Reply<AcquireResult> {
  if (outcome.kind === "granted") {
    const lease = wireLease(outcome.lease, note, entryOf(outcome.lease.id));
    return result({ state: "granted", lease, ...prove() });
  }
  if (outcome.kind !== "queued") return failed(outcome);
  const { position, expectedWait } = outcome;
  const wait = expectedWait === undefined ? {} : { expectedWaitMs: expectedWait };
  return result({ state: "queued", position, ...wait, ...prove() });
}

/** @param notes of `leasesOf(outcome)`. */
export function renewReply(
  outcome: Outcome,
  notes: readonly string[],
  prove: Prove,
): Reply<RenewResult> {
  if (outcome.kind !== "renewed") return failed(outcome);
  return result({
    leases: outcome.leases.map(({ id, leaseTime }, at) => ({
      id,
      note: notes[at] ?? "",
      leaseTimeMs: leaseTime,
    })),
    lost: outcome.lost.map(({ lease, reason, hint, ...rule }) => ({
      id: lease,
      reason,
      hint,
      ...ruleOf(rule),
    })),
    ...prove(),
  });
}

export function recordReply(outcome: Outcome): Reply<RecordResult> {
  if (outcome.kind !== "recorded") return failed(outcome);
  return result({
    results: outcome.results.map((one) =>
      one.kind === "denied"
        ? { key: one.key, state: "denied", denial: denialOf(one.denial) }
        : { key: one.key, state: one.kind },
    ),
  });
}

export function borrowReply(
  outcome: Outcome,
  sign: (lease: Lease) => BorrowResult | undefined,
  prove: Prove,
): Reply<BorrowResult> {
  if (outcome.kind !== "borrowed") return failed(outcome);
  const signed = sign(outcome.lease);
  if (signed !== undefined) return result({ ...signed, ...prove() });
  return { kind: "error", error: doorDenial("NO_LICENSE", outcome.lease.feature) };
}

export function doneReply(outcome: Outcome): Reply<Readonly<Record<string, never>>> {
  return outcome.kind === "done" ? result({}) : failed(outcome);
}

export function statusResult(features: readonly FeatureView[]): StatusResult {
  return {
    features: features.map(featureStatus),
  };
}

export function featureStatus({ name, seats, used, free, queued }: FeatureView): FeatureStatus {
  return { feature: name, seats, used, free, queued };
}

/** The engine's denial in the words of the wire. */
export function denialOf(denial: Denial): WireDenial {
  const { reason, feature, hint, queuePosition, retryAfter, holders } = denial;
  return {
    reason,
    feature,
    hint,
    ...(queuePosition === undefined ? {} : { queuePosition }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
    ...ruleOf(denial),
    ...(holders === undefined ? {} : { holders: holders.slice(0, HOLDERS_PER_DENIAL) }),
  };
}

function ruleOf({
  ruleId,
  ruleReason,
}: Pick<Denial, "ruleId" | "ruleReason">): Pick<WireDenial, "ruleId" | "ruleReason"> {
  return {
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(ruleReason === undefined ? {} : { ruleReason }),
  };
}

/** A denial that the daemon decides before the engine is asked. */
export function doorDenial(
  reason: DenialReason,
  feature = "",
  more: Partial<WireDenial> = {},
): WireError {
  return wireDenial({ reason, feature, hint: DENIAL_HINTS[reason], ...more });
}

const result = <Result>(value: Result): Reply<Result> => ({ kind: "result", result: value });

function failed<Result>(outcome: Outcome): Reply<Result> {
  switch (outcome.kind) {
    case "denied":
      return { kind: "error", error: wireDenial(denialOf(outcome.denial)) };
    case "not-written":
      return { kind: "error", error: doorDenial("STORE_UNAVAILABLE") };
    case "granted":
    case "borrowed":
    case "queued":
    case "renewed":
    case "recorded":
    case "listed":
    case "done":
      // An answer to another question than was asked: ours to fix, not the client's to see.
      return { kind: "error", error: wireFault("INTERNAL_ERROR", "the request failed") };
  }
}
