import type { Pseudonym } from "../base/identity.ts";
import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Millis, MonoMillis, UnixMillis } from "../base/time.ts";

/** Who asks: one process of one client installation, under its holder's pseudonyms. */
export interface Caller {
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
}

/** The part of a lease that outlives the process: what the store keeps, and nothing monotonic. */
export interface StoredLease {
  readonly id: LeaseId;
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
  readonly feature: string;
  /** As the client named it; empty when it named none. */
  readonly version: string;
  /** Seats, at least 1. */
  readonly count: number;
  /** The key of the request that it answers. */
  readonly key: IdempotencyKey;
  readonly grantedAt: UnixMillis;
  /** The lease time it was granted with. */
  readonly leaseTime: Millis;
  /** True when it was granted above the license's seats. */
  readonly overdraft: boolean;
}

/** The grant of seats for a limited time. Never changed in place: a renewal is a new value. */
export interface Lease extends StoredLease {
  /** On this process's monotonic clock; in the past of the process for a restored lease. */
  readonly startedAt: MonoMillis;
  /** The lease is over at this moment, not after it. */
  readonly expiresAt: MonoMillis;
  /** Read back after a restart, and not renewed or resumed since. */
  readonly restored: boolean;
}

/** What changes in a lease while it lives. */
export type LeaseProgress = Pick<
  Lease,
  "instance" | "leaseTime" | "startedAt" | "expiresAt" | "restored"
>;

/**
 * The lease `of` in the state `at`. Written out field by field, because V8 gives every object
 * that is spread from another a layout of its own: some 500 bytes for each of 100,000 leases.
 */
export function leaseAt(of: StoredLease, at: LeaseProgress): Lease {
  return {
    id: of.id,
    client: of.client,
    instance: at.instance,
    user: of.user,
    host: of.host,
    feature: of.feature,
    version: of.version,
    count: of.count,
    key: of.key,
    grantedAt: of.grantedAt,
    leaseTime: at.leaseTime,
    overdraft: of.overdraft,
    startedAt: at.startedAt,
    expiresAt: at.expiresAt,
    restored: at.restored,
  };
}

/** Orders leases by their start; those of one moment by id, so that the order is always the same. */
export function byAge(one: Lease, other: Lease): number {
  return one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1);
}
