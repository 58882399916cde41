import type { Pseudonym } from "../base/identity.ts";
import type { ClientKey, IdempotencyKey } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { NewUsageEvent } from "../base/usage-event.ts";
import type { StoredLease } from "./lease.ts";

/** Units counted of a meter in a period: `total`, `2026-11-22` or `2026-11`. */
export interface MeterTotal {
  readonly meter: string;
  readonly period: string;
  readonly total: number;
}

/** A usage record that was counted, so that its repetition is not. */
export interface StoredUsageKey {
  readonly client: ClientKey;
  readonly key: IdempotencyKey;
  /** When it was counted. */
  readonly wall: UnixMillis;
}

/** A user on the site's list for a feature. */
export interface NamedUser {
  readonly feature: string;
  readonly user: Pseudonym;
  /** When the user was put on the list; those who came first count first. */
  readonly since: UnixMillis;
}

/** How often the site has taken users off a list. */
export interface NamingCount {
  readonly feature: string;
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly changes: number;
}

/** What the store read back: the sum of all `SeatChange`s. The queue is not kept; clients ask again. */
export interface SeatSnapshot {
  readonly leases: readonly StoredLease[];
  readonly meters: readonly MeterTotal[];
  readonly usageKeys: readonly StoredUsageKey[];
  readonly namedUsers: readonly NamedUser[];
  readonly namingCounts: readonly NamingCount[];
  /** The wall clock of the last `cut`; null before the first. */
  readonly lastCut: UnixMillis | null;
  /** The highest `forgetUsageKeysBefore` of the cuts so far; null before the first. */
  readonly usageKeysForgottenBefore: UnixMillis | null;
  /** When the process was last known to run; null when never noted. */
  readonly lastAlive: UnixMillis | null;
  /** Events after the last `hour-counted` change, in their order: the history does not have them. */
  readonly uncounted: readonly NewUsageEvent[];
}

export const EMPTY_SNAPSHOT: SeatSnapshot = {
  leases: [],
  meters: [],
  usageKeys: [],
  namedUsers: [],
  namingCounts: [],
  lastCut: null,
  usageKeysForgottenBefore: null,
  lastAlive: null,
  uncounted: [],
};
