import { days, type Millis, minutes, seconds, type UnixMillis } from "../base/time.ts";

/** What one license says of one feature. Several licenses of a vendor add up. */
export interface SeatGrant {
  readonly seats: number;
  /** Seats that may be granted above `seats`; always recorded. */
  readonly overdraftSeats: number;
  /** The highest version that may use these seats, see `compareVersions`; null for any. */
  readonly versionMax: string | null;
  /** Valid from this moment on; null for always. */
  readonly startsAt: UnixMillis | null;
  /** Valid before this moment (expiry plus grace); null for ever. */
  readonly endsAt: UnixMillis | null;
}

/** A feature as all installed licenses have it together. */
export interface FeaturePool {
  readonly name: string;
  /** One per license. Those valid at the moment of a decision are added up. */
  readonly grants: readonly SeatGrant[];
  readonly leaseTime: Millis;
  /** True when a broken connection ends the lease at once. */
  readonly releaseOnDisconnect: boolean;
}

/** The stretch over which a quota counts; days and months are those of UTC. */
export type MeterPeriod = "total" | "day" | "month";

/**
 * What one license says of one meter. Several rules of one meter and period add up: quotas are
 * summed, the longer late limit and the kinder overdraft hold. Rules of different periods hold
 * side by side.
 */
export interface MeterRule {
  readonly name: string;
  readonly unit: string;
  /** Prepaid units per period; null for no limit. */
  readonly quota: number | null;
  readonly period: MeterPeriod;
  /** Whether units above the quota are refused or counted. */
  readonly overdraft: "deny" | "allow";
  /** How long after its use a record is still accepted. */
  readonly lateLimit: Millis;
}

/** Everything that the licenses and the site allow at present. Empty pools and meters: no license. */
export interface SeatTerms {
  readonly pools: readonly FeaturePool[];
  readonly meters: readonly MeterRule[];
}

/** Bounds on what clients can make the engine hold. */
export interface SeatLimits {
  /** Waiting requests per feature. */
  readonly queueLength: number;
  /** Leases and waiting requests of one client key together. */
  readonly leasesPerClient: number;
  /** Usage keys remembered per client key; more are refused as `RATE_LIMITED`. */
  readonly usageKeysPerClient: number;
  /** How long a waiting request keeps its place without a connection. */
  readonly resumeWindow: Millis;
  /** How long the end of a lease is remembered, so that a late renewal learns the reason. */
  readonly endMemory: Millis;
  /** Ends of leases remembered at most; the oldest are forgotten first. */
  readonly endsRemembered: number;
  /** Denials told apart at one time; beyond it, denials are answered but not recorded. */
  readonly denialsRemembered: number;
  /** Retries within this time are one denial, for features without a lease time of their own. */
  readonly denialWindow: Millis;
  /** How far ahead of ours a client's clock may be in a usage record. */
  readonly clockSkew: Millis;
}

export const DEFAULT_SEAT_LIMITS: SeatLimits = {
  queueLength: 1_000,
  leasesPerClient: 64,
  usageKeysPerClient: 100_000,
  resumeWindow: minutes(2),
  endMemory: minutes(60),
  endsRemembered: 100_000,
  denialsRemembered: 100_000,
  denialWindow: seconds(90),
  clockSkew: days(1),
};
