import type { DenialReason } from "../base/denial.ts";
import type { Pseudonym } from "../base/identity.ts";
import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { NewUsageEvent, OpenSeatTime } from "../base/usage-event.ts";
import type { FeatureHour } from "./feature-hour.ts";
import type { Lease, StoredLease } from "./lease.ts";
import type { QuotaWarning } from "./meter-rules.ts";
import type { NamedUser, NamingCount } from "./snapshot.ts";
import type { MeterPeriod } from "./terms.ts";

/** A refusal that explains itself. */
export interface Denial {
  readonly reason: DenialReason;
  /** The feature or meter asked for; empty where the request named none (an unknown lease). */
  readonly feature: string;
  /** The place in the queue that a waiting request would get or has, from 1. */
  readonly queuePosition?: number;
  /** When trying again can help, see `expectedWait` of a queued answer. Others may be faster. */
  readonly retryAfter?: Millis;
  /** The rule of the site that decided. */
  readonly ruleId?: string;
  /** Why there is that rule, in the administrator's words. */
  readonly ruleReason?: string;
  /** Users who hold the seats, the longest first, as far as the site's policy lets that be told. */
  readonly holders?: readonly Pseudonym[];
  readonly hint: string;
}

/** A lease that was asked for by id and is not there any more, or never was the caller's. */
export interface LostLease {
  readonly lease: LeaseId;
  readonly reason: DenialReason;
  readonly hint: string;
  readonly ruleId?: string;
  readonly ruleReason?: string;
}

export type RecordResult =
  | { readonly kind: "counted" | "repeated"; readonly key: IdempotencyKey }
  | { readonly kind: "denied"; readonly key: IdempotencyKey; readonly denial: Denial };

/** What the caller is told once the decision is durable. */
export type Answer =
  | { readonly kind: "granted"; readonly lease: Lease }
  | { readonly kind: "borrowed"; readonly lease: Lease }
  | {
      readonly kind: "queued";
      readonly feature: string;
      /** From 1; those who lost their connection but keep their place are counted. */
      readonly position: number;
      /**
       * How long it will probably take, by the length of leases that have ended; before one has, the
       * soonest expiry of a lease in the way. Undefined when there is none.
       */
      readonly expectedWait: Millis | undefined;
    }
  | { readonly kind: "denied"; readonly denial: Denial }
  /** Of renew and resume: every lease asked for is in one of the two lists, in the order asked. */
  | {
      readonly kind: "renewed";
      readonly leases: readonly Lease[];
      readonly lost: readonly LostLease[];
    }
  | { readonly kind: "recorded"; readonly results: readonly RecordResult[] }
  /** Of a change to a list of named users; `changed` is false where it was so already. */
  | { readonly kind: "listed"; readonly changed: boolean }
  | { readonly kind: "done" };

/**
 * What the store must make durable before the answer leaves, in this order. Renewals are not
 * among them: expiry lives in memory.
 */
export type SeatChange =
  | { readonly kind: "lease-granted"; readonly lease: StoredLease }
  /** Something of the lease is different now: replaces the stored one. */
  | { readonly kind: "lease-changed"; readonly lease: StoredLease }
  | { readonly kind: "lease-ended"; readonly lease: LeaseId }
  | ({ readonly kind: "user-named" } & NamedUser)
  /** `changes` replaces the stored count of the feature's month. */
  | ({ readonly kind: "user-unnamed"; readonly user: Pseudonym } & NamingCount)
  /** `total` replaces the stored figure of the period (`total`, `2026-11-22` or `2026-11`). */
  | {
      readonly kind: "meter-counted";
      readonly meter: string;
      readonly period: string;
      readonly total: number;
    }
  | {
      readonly kind: "usage-key";
      readonly client: ClientKey;
      readonly key: IdempotencyKey;
      readonly wall: UnixMillis;
    }
  /** A checkpoint counted seat time up to `wall`; stored keys older than the second may go. */
  | {
      readonly kind: "cut";
      readonly wall: UnixMillis;
      readonly forgetUsageKeysBefore: UnixMillis;
    }
  /** Figures of the history to add to what is stored of the hour. */
  | ({ readonly kind: "hour-counted" } & FeatureHour);

/** What somebody other than the caller must be told once the decision is durable. */
export type Notice =
  | {
      readonly kind: "granted";
      readonly client: ClientKey;
      readonly instance: InstanceId;
      /** The key of the waiting request. */
      readonly key: IdempotencyKey;
      readonly lease: Lease;
    }
  | {
      /** `idle` is the end of a lease that nobody worked with. */
      readonly kind: "revoked" | "expired" | "idle";
      readonly client: ClientKey;
      readonly instance: InstanceId;
      readonly lease: LeaseId;
      readonly feature: string;
    }
  /** The caller's units have brought a quota to 80, 90 or 100 percent. */
  | {
      readonly kind: "quota";
      readonly client: ClientKey;
      readonly instance: InstanceId;
      readonly meter: string;
      readonly period: MeterPeriod;
      readonly quota: number;
      /** In the period of the use. */
      readonly used: number;
      readonly percent: QuotaWarning;
    }
  /** A waiting request that can no longer be met, because the licenses have changed or ended. */
  | {
      readonly kind: "queue-dropped";
      readonly client: ClientKey;
      readonly instance: InstanceId;
      readonly key: IdempotencyKey;
      readonly denial: Denial;
    };

export interface Decision {
  readonly answer: Answer;
  readonly changes: readonly SeatChange[];
  readonly events: readonly NewUsageEvent[];
  readonly notices: readonly Notice[];
}

/** The seat time of open leases since the last cut, to be sealed in the same transaction. */
export interface SeatCut {
  /** Per feature, by name; those with none are left out. */
  readonly open: readonly OpenSeatTime[];
  readonly change: SeatChange;
  /** What the history has to add by then. */
  readonly hours: readonly SeatChange[];
}
