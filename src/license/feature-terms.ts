import type { z } from "zod";
import { days, type Millis, millis, seconds, type UnixMillis } from "../base/time.ts";
import { flag, mapOf, productName, versionField, wholeNumber, wordOf } from "./fields.ts";
import type { TimeForms } from "./time-forms.ts";

/** Seats of one feature, as one license sells them. */
export interface FeatureTerms {
  readonly name: string;
  readonly seats: number;
  /** The highest version that may use the seats; null for any. */
  readonly versionMax: string | null;
  /** Versions released from this moment on are not covered; null for no such limit. */
  readonly maintenanceUntil: UnixMillis | null;
  readonly startsAt: UnixMillis | null;
  /** The first moment after the paid time; `graceDays` follow. */
  readonly expiresAt: UnixMillis | null;
  readonly graceDays: number;
  readonly share: "none" | "user" | "host" | "user+host" | "display";
  /** What a seat costs of a pool that features draw on together. */
  readonly tokens: { readonly pool: string; readonly cost: number } | null;
  readonly borrow: { readonly days: number; readonly seats: number } | null;
  /** Seats that may be granted above `seats`; always recorded. */
  readonly overdraftSeats: number;
  /** How long a seat stays with its holder after release. */
  readonly lingerMs: Millis;
  /** The least that a seat counts as used. */
  readonly minLeaseMs: Millis;
  /** How long a lease lives without renewal: 2 s to a day. */
  readonly leaseTimeMs: Millis;
  /** How long an application may go on when the daemon does not answer. */
  readonly offlineGraceMs: Millis;
  readonly releaseOnDisconnect: boolean;
  readonly namedUsers: { readonly max: number; readonly changesPerMonth: number } | null;
}

const SEATS_MAX = 1_000_000;
const YEAR_DAYS = 366;
const NO_TIME = millis(0);

/** `leaseTimeMs` where the terms say nothing. */
export const USUAL_LEASE_TIME: Millis = seconds(90);

export function featureField(forms: TimeForms): z.ZodType<FeatureTerms> {
  return mapOf({
    name: productName,
    seats: wholeNumber(1, SEATS_MAX),
    version_max: versionField.nullable().default(null),
    maintenance_until: forms.end.nullable().default(null),
    starts_at: forms.start.nullable().default(null),
    expires_at: forms.end.nullable().default(null),
    grace_days: wholeNumber(0, YEAR_DAYS).default(0),
    share: wordOf("none", "user", "host", "user+host", "display").default("none"),
    tokens: tokensField().nullable().default(null),
    borrow: borrowField().nullable().default(null),
    overdraft_seats: wholeNumber(0, SEATS_MAX).default(0),
    linger: forms.span(NO_TIME, days(1)).default(NO_TIME),
    min_lease: forms.span(NO_TIME, days(1)).default(NO_TIME),
    lease_time: forms.span(seconds(2), days(1)).default(USUAL_LEASE_TIME),
    offline_grace: forms.span(NO_TIME, days(YEAR_DAYS)).default(NO_TIME),
    release_on_disconnect: flag.default(false),
    named_users: namedUsersField().nullable().default(null),
  })
    .transform(
      (feature): FeatureTerms => ({
        name: feature.name,
        seats: feature.seats,
        versionMax: feature.version_max,
        maintenanceUntil: feature.maintenance_until,
        startsAt: feature.starts_at,
        expiresAt: feature.expires_at,
        graceDays: feature.grace_days,
        share: feature.share,
        tokens: feature.tokens,
        borrow: feature.borrow,
        overdraftSeats: feature.overdraft_seats,
        lingerMs: feature.linger,
        minLeaseMs: feature.min_lease,
        leaseTimeMs: feature.lease_time,
        offlineGraceMs: feature.offline_grace,
        releaseOnDisconnect: feature.release_on_disconnect,
        namedUsers: feature.named_users,
      }),
    )
    .superRefine((feature, context) => {
      if (endsBeforeItStarts(feature.startsAt, feature.expiresAt)) {
        context.addIssue({
          code: "custom",
          path: ["expires_at"],
          message: "must be after starts_at",
        });
      }
    });
}

/** What `featureField` decodes. */
export function encodeFeature(feature: FeatureTerms): object {
  return {
    name: feature.name,
    seats: feature.seats,
    version_max: feature.versionMax,
    maintenance_until: feature.maintenanceUntil,
    starts_at: feature.startsAt,
    expires_at: feature.expiresAt,
    grace_days: feature.graceDays,
    share: feature.share,
    tokens: feature.tokens && { pool: feature.tokens.pool, cost: feature.tokens.cost },
    borrow: feature.borrow && { days: feature.borrow.days, seats: feature.borrow.seats },
    overdraft_seats: feature.overdraftSeats,
    linger: feature.lingerMs,
    min_lease: feature.minLeaseMs,
    lease_time: feature.leaseTimeMs,
    offline_grace: feature.offlineGraceMs,
    release_on_disconnect: feature.releaseOnDisconnect,
    named_users: feature.namedUsers && {
      max: feature.namedUsers.max,
      changes_per_month: feature.namedUsers.changesPerMonth,
    },
  };
}

export function endsBeforeItStarts(start: UnixMillis | null, end: UnixMillis | null): boolean {
  return start !== null && end !== null && end <= start;
}

function tokensField(): z.ZodType<FeatureTerms["tokens"]> {
  return mapOf({ pool: productName, cost: wholeNumber(1, SEATS_MAX) });
}

function borrowField(): z.ZodType<FeatureTerms["borrow"]> {
  return mapOf({ days: wholeNumber(1, YEAR_DAYS), seats: wholeNumber(1, SEATS_MAX) });
}

function namedUsersField(): z.ZodType<FeatureTerms["namedUsers"]> {
  return mapOf({
    max: wholeNumber(1, SEATS_MAX),
    changes_per_month: wholeNumber(0, SEATS_MAX),
  }).transform(({ max, changes_per_month: changesPerMonth }) => ({ max, changesPerMonth }));
}
