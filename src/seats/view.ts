import type { Pseudonym } from "../base/identity.ts";
import type { ClientKey, IdempotencyKey, InstanceId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { Lease } from "./lease.ts";
import type { QuotaWarning } from "./meter-rules.ts";
import type { MeterPeriod } from "./terms.ts";

/** A feature at one moment, as status pages and clients see it. */
export interface FeatureView {
  readonly name: string;
  /** Seats of the grants valid now. */
  readonly seats: number;
  readonly overdraftSeats: number;
  /** Seats of live leases; may exceed the license after it shrank. */
  readonly used: number;
  /** Seats left within the license, never negative; those of any version. */
  readonly free: number;
  /** Seats used above the license. */
  readonly overdraft: number;
  /** Seats off the network; those that share the seats of another lease are not in `used`. */
  readonly borrowed: number;
  /** Waiting requests. */
  readonly queued: number;
  /** What each seat costs of a token pool, which may be short while seats are free; null for nothing. */
  readonly tokens: { readonly pool: string; readonly cost: number } | null;
}

export interface WaiterView {
  readonly feature: string;
  /** From 1. */
  readonly position: number;
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
  readonly key: IdempotencyKey;
  readonly count: number;
  /** Higher ones are served first, unless somebody else was overtaken too often. */
  readonly priority: number;
  /** By how many requests of higher priority that came later. */
  readonly overtaken: number;
  readonly waited: Millis;
  /** How long it will probably take from now, see `Prospects`. */
  readonly expectedWait: Millis | undefined;
  /** False while it only keeps its place. */
  readonly connected: boolean;
}

export interface MeterView {
  readonly name: string;
  readonly unit: string;
  readonly period: MeterPeriod;
  readonly quota: number | null;
  /** Units counted in the present period. */
  readonly used: number;
  /** The share of the quota that is reached; undefined below 80 %. */
  readonly warning: QuotaWarning | undefined;
}

/** Tokens that features draw on together. */
export interface TokenView {
  readonly name: string;
  /** Of the licenses valid now. */
  readonly tokens: number;
  /** What live leases cost; may exceed `tokens` after a license ended. */
  readonly used: number;
  /** Never negative. */
  readonly free: number;
}

/** The list of a feature that is for named users. */
export interface NamedListView {
  readonly feature: string;
  /** Those who came first in front. */
  readonly users: readonly NamedUserView[];
  readonly max: number;
  /** Users who may still be taken off in this month. */
  readonly changesLeft: number;
}

/** What a live view shows, leases left out: cheap, however many there are. */
export interface SeatSummary {
  readonly features: readonly FeatureView[];
  readonly queue: readonly WaiterView[];
  readonly meters: readonly MeterView[];
  readonly tokens: readonly TokenView[];
}

interface NamedUserView {
  readonly user: Pseudonym;
  readonly since: UnixMillis;
  /** False beyond `max`, where a license has shrunk: then the user gets no seat. */
  readonly counts: boolean;
}

/** Everything at one moment; features, leases and meters in a stable order. */
export interface SeatView extends SeatSummary {
  readonly leases: readonly Lease[];
  readonly named: readonly NamedListView[];
}
