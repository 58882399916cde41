import { z } from "zod";
import type { DenialReason } from "../base/denial.ts";
import type { IdempotencyKey, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import { denialSchema, type WireDenial } from "./denial.ts";
import {
  countField,
  type Empty,
  keyField,
  largeNoteField,
  leaseIdField,
  messageField,
  momentField,
  positionField,
  productNameField,
  reasonField,
  spanField,
} from "./fields.ts";
import { FEATURES_PER_STATUS, PLACES_PER_STATUS } from "./limits.ts";
import { type FeatureStatus, featureStatusSchema, leaseSchema, type WireLease } from "./results.ts";

/** A waiting request of the client itself. */
export interface QueuePlace {
  /** Of its `seat.acquire`. */
  readonly key: IdempotencyKey;
  readonly feature: string;
  /** 1 is next. */
  readonly position: number;
  /** How long it will probably take; left out when nothing can be said. */
  readonly expectedWaitMs?: Millis;
}

export interface StatusChange {
  /** Each as it is now. */
  readonly features: readonly FeatureStatus[];
  /** Features that there are no more. */
  readonly gone: readonly string[];
  /** All places of the client that is told, when one of them has moved, come or gone. */
  readonly places?: readonly QueuePlace[];
}

/** What the daemon says unasked, by name. */
export interface NotificationOf {
  /** The first frame of a connection: a note of kind `challenge`, signed by the daemon key. */
  readonly challenge: { readonly note: string };
  /** A waiting `seat.acquire` got its seat; the lease note is over the nonce of that request. */
  readonly "queue.granted": { readonly key: IdempotencyKey; readonly lease: WireLease };
  /** A waiting `seat.acquire` will never get its seat. */
  readonly "queue.dropped": { readonly key: IdempotencyKey; readonly denial: WireDenial };
  /** A lease is over before the client gave it back; `LEASE_EXPIRED` when its time ran out. */
  readonly "lease.revoked": {
    readonly lease: LeaseId;
    readonly reason: DenialReason;
    readonly hint: string;
  };
  /** A lease will not be renewed past `afterMs` from now. */
  readonly "lease.expiring": {
    readonly lease: LeaseId;
    readonly afterMs: Millis;
    readonly reason: DenialReason;
  };
  /** A license was installed or removed: what was denied before may be asked again. */
  readonly "license.changed": Empty;
  /** Something of a license ends soon: said once connected, and 30, 7 and 1 days before, and in grace. */
  readonly "license.expiring": {
    /** The features or meters that end together. */
    readonly names: readonly string[];
    readonly endsAt: UnixMillis;
    /** Until when they are granted all the same; null without grace. */
    readonly graceUntil: UnixMillis | null;
  };
  /** This client's usage has brought a quota to 80, 90 or 100 percent: said once for each. */
  readonly "quota.warning": {
    readonly meter: string;
    readonly period: "total" | "day" | "month";
    readonly quota: number;
    /** In the period of the use. */
    readonly used: number;
    readonly percent: 80 | 90 | 100;
  };
  /** To who watches: first everything, then what has become different since the last time. */
  readonly "status.changed": StatusChange;
  /** The daemon stops in `afterMs`; leases stay valid for their time. */
  readonly "server.draining": { readonly afterMs: Millis };
}

export type NotificationName = keyof NotificationOf;

export type Notification = {
  readonly [N in NotificationName]: { readonly method: N; readonly params: NotificationOf[N] };
}[NotificationName];

const queuePlace = z.strictObject({
  key: keyField,
  feature: productNameField,
  position: positionField,
  expectedWaitMs: spanField.exactOptional(),
});

export const NOTIFICATIONS: {
  readonly [N in NotificationName]: z.ZodType<NotificationOf[N]>;
} = {
  challenge: z.strictObject({ note: largeNoteField }),
  "queue.granted": z.strictObject({ key: keyField, lease: leaseSchema }),
  "queue.dropped": z.strictObject({ key: keyField, denial: denialSchema }),
  "lease.revoked": z.strictObject({ lease: leaseIdField, reason: reasonField, hint: messageField }),
  "lease.expiring": z.strictObject({
    lease: leaseIdField,
    afterMs: spanField,
    reason: reasonField,
  }),
  "license.changed": z.strictObject({}),
  "license.expiring": z.strictObject({
    names: z.array(productNameField).min(1).max(FEATURES_PER_STATUS),
    endsAt: momentField,
    graceUntil: momentField.nullable(),
  }),
  "quota.warning": z.strictObject({
    meter: productNameField,
    period: z.enum(["total", "day", "month"]),
    quota: countField,
    used: countField,
    percent: z.union([z.literal(80), z.literal(90), z.literal(100)]),
  }),
  "status.changed": z.strictObject({
    features: z.array(featureStatusSchema).max(FEATURES_PER_STATUS),
    gone: z.array(productNameField).max(FEATURES_PER_STATUS),
    places: z.array(queuePlace).max(PLACES_PER_STATUS).exactOptional(),
  }),
  "server.draining": z.strictObject({ afterMs: spanField }),
};
