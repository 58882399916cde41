import type { SiteRules } from "../base/site-rules.ts";
import { days, type Millis, minutes, seconds, type UnixMillis } from "../base/time.ts";

/** What one license says of one feature. Several licenses of a vendor add up. */
export interface SeatGrant {
  readonly seats: number;
  /** Seats that may be granted above `seats`; always recorded. */
  readonly overdraftSeats: number;
  /** The highest version that may use these seats, see `compareVersions`; null for any. */
  readonly versionMax: string | null;
  /** Versions released from this moment on may not use these seats; null for no such limit. */
  readonly maintenanceUntil: UnixMillis | null;
  /** What may be taken off the network; null for nothing. */
  readonly borrow: BorrowTerms | null;
  /** Valid from this moment on; null for always. */
  readonly startsAt: UnixMillis | null;
  /** Valid before this moment (expiry plus grace); null for ever. */
  readonly endsAt: UnixMillis | null;
}

/** How much of a license's seats may be off the network. */
export interface BorrowTerms {
  /** The longest time of one borrowing. */
  readonly span: Millis;
  /** Seats that may be out at the same time. */
  readonly seats: number;
}

/** A feature as all installed licenses have it together. */
export interface FeaturePool {
  readonly name: string;
  /** One per license. Those valid at the moment of a decision are added up. */
  readonly grants: readonly SeatGrant[];
  readonly leaseTime: Millis;
  /** True when a broken connection ends the lease at once. */
  readonly releaseOnDisconnect: boolean;
  /** Whose leases use one seat together. */
  readonly share: Share;
  /** What each seat costs of a token pool; null for nothing. */
  readonly tokens: { readonly pool: string; readonly cost: number } | null;
  /** How long a released seat stays with its holder. */
  readonly linger: Millis;
  /** The least time that a seat stays with its holder from the grant on. */
  readonly minLease: Millis;
  /** Null where anybody may use the feature. */
  readonly namedUsers: NamedUserTerms | null;
}

/** Leases of the same user, host, both, or display count as one holder's; with `none`, no two do. */
export type Share = "none" | "user" | "host" | "user+host" | "display";

/** Only users on the site's list may use the feature. */
export interface NamedUserTerms {
  /** Users on the list. */
  readonly max: number;
  /** How many may be taken off the list, and so make room for others, per month of UTC. */
  readonly changesPerMonth: number;
}

/** Tokens of one license that features draw on together. Several of one name add up. */
export interface TokenGrant extends Pick<SeatGrant, "startsAt" | "endsAt"> {
  /** The name of the pool. */
  readonly name: string;
  readonly tokens: number;
}

/** The stretch over which a quota counts; days and months are those of the site. */
export type MeterPeriod = "total" | "day" | "month";

/**
 * What one license says of one meter. Several rules of one meter and period add up: quotas are
 * summed, the longer late limit and the kinder overdraft hold, and one that allows refunds is
 * enough. Rules of different periods hold side by side: all of them must allow a refund.
 */
export interface MeterRule {
  readonly name: string;
  readonly unit: string;
  /** Prepaid units per period; null for no limit. */
  readonly quota: number | null;
  readonly period: MeterPeriod;
  /** Whether units above the quota are refused or counted. */
  readonly overdraft: "deny" | "allow";
  /** How long after its use a record is still accepted; a refund too. */
  readonly lateLimit: Millis;
  /** Whether used units may be given back. */
  readonly refunds: boolean;
}

/** What a license makes seats wait for: from a moment on none are given until it is done. */
export interface Withholding {
  readonly reason: "REPORT_OVERDUE" | "CLOCK_SUSPECT";
  /** By the wall clock. */
  readonly from: UnixMillis;
  /** `new`: leases that are held are renewed; `all`: they end at their next renewal. */
  readonly seats: "new" | "all";
}

/** Everything that the licenses and the site allow at present. Empty pools and meters: no license. */
export interface SeatTerms {
  readonly pools: readonly FeaturePool[];
  readonly tokens: readonly TokenGrant[];
  readonly meters: readonly MeterRule[];
  readonly rules: SiteRules;
  /** Usage is counted whatever is withheld. */
  readonly withheld?: readonly Withholding[];
}

/** Bounds on what clients can make the engine hold. */
export interface SeatLimits {
  /** Waiting requests per feature. */
  readonly queueLength: number;
  /**
   * How often a waiting request may be overtaken by ones of higher priority that came later. After
   * that it goes before all of them, so that none waits for ever.
   */
  readonly overtakings: number;
  /** Leases and waiting requests of one client key together. */
  readonly leasesPerClient: number;
  /** Usage keys remembered per client key; more are refused as `USAGE_KEYS_FULL`. */
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
  /** The IANA time zone whose days and months quotas count over. */
  readonly timeZone: string;
}

export const DEFAULT_SEAT_LIMITS: SeatLimits = {
  queueLength: 1_000,
  overtakings: 10,
  leasesPerClient: 64,
  usageKeysPerClient: 100_000,
  resumeWindow: minutes(2),
  endMemory: minutes(60),
  endsRemembered: 100_000,
  denialsRemembered: 100_000,
  denialWindow: seconds(90),
  clockSkew: days(1),
  timeZone: "UTC",
};
