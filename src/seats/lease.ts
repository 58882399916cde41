import type { Pseudonym } from "../base/identity.ts";
import type { ClientKey, IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Standing } from "../base/standing.ts";
import type { Millis, MonoMillis, UnixMillis } from "../base/time.ts";

/** Who asks: one process of one client installation, under its holder's pseudonyms. */
export interface Caller {
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
  /** Of the display that the application draws on; null when the client names none. */
  readonly display: Pseudonym | null;
  readonly standing: Standing;
}

/** Since when and until when seats are off the network, by the site's wall clock, and where. */
export interface Borrowing {
  readonly from: UnixMillis;
  readonly until: UnixMillis;
  /** Fingerprint of the workstation that has the ticket: 32 bytes in lower-case hex. */
  readonly workstation: string;
}

/** The part of a lease that outlives the process: what the store keeps, and nothing monotonic. */
export interface StoredLease {
  readonly id: LeaseId;
  readonly client: ClientKey;
  readonly instance: InstanceId;
  readonly user: Pseudonym;
  readonly host: Pseudonym;
  readonly display: Pseudonym | null;
  /** The site's groups that its holder was found in, sorted; as of the grant or a later renewal. */
  readonly groups: readonly string[];
  readonly feature: string;
  /** As the client named it; empty when it named none. */
  readonly version: string;
  /** When that version was released, by the client's word; null when it said nothing. */
  readonly versionDate: UnixMillis | null;
  /** Seats, at least 1. */
  readonly count: number;
  /** The key of the request that it answers. */
  readonly key: IdempotencyKey;
  readonly grantedAt: UnixMillis;
  /** The lease time it was granted with. */
  readonly leaseTime: Millis;
  /** True when it was granted above the license's seats. */
  readonly overdraft: boolean;
  /** Since when it has its seats; null while it shares those of another lease of its holder. */
  readonly seatSince: UnixMillis | null;
  /** Set while its seats are off the network. */
  readonly borrowed: Borrowing | null;
  /** Set once it was released and its seats stay with the holder for a while: until when. */
  readonly lingersUntil: UnixMillis | null;
}

/** The grant of seats for a limited time. Never changed in place: a renewal is a new value. */
export interface Lease extends StoredLease {
  /** On this process's monotonic clock; in the past of the process for a restored lease. */
  readonly startedAt: MonoMillis;
  /** `seatSince` on the monotonic clock. */
  readonly seatFrom: MonoMillis | null;
  /** The lease is over at this moment, not after it. */
  readonly expiresAt: MonoMillis;
  /** When its holder last worked with the application, as far as known. */
  readonly activeAt: MonoMillis;
  /** Over at this moment unless its holder works before; null where no rule says so. */
  readonly idleAt: MonoMillis | null;
  /** Read back after a restart, and not renewed or resumed since. */
  readonly restored: boolean;
}

/** What changes in a lease while it lives, or is known of live ones alone. */
export type LeaseProgress = Omit<Lease, Lasting>;

type Lasting =
  | "id"
  | "client"
  | "user"
  | "host"
  | "display"
  | "feature"
  | "version"
  | "versionDate"
  | "count"
  | "key"
  | "grantedAt";

/**
 * The lease `of` in the state `at`. Written out field by field, because V8 gives every object
 * that is spread from another a layout of its own: some 500 bytes for each of 100,000 leases.
 */
export function leaseAt(of: Pick<Lease, Lasting>, at: LeaseProgress): Lease {
  return {
    id: of.id,
    client: of.client,
    instance: at.instance,
    user: of.user,
    host: of.host,
    display: of.display,
    groups: at.groups,
    feature: of.feature,
    version: of.version,
    versionDate: of.versionDate,
    count: of.count,
    key: of.key,
    grantedAt: of.grantedAt,
    leaseTime: at.leaseTime,
    overdraft: at.overdraft,
    seatSince: at.seatSince,
    borrowed: at.borrowed,
    lingersUntil: at.lingersUntil,
    startedAt: at.startedAt,
    seatFrom: at.seatFrom,
    expiresAt: at.expiresAt,
    activeAt: at.activeAt,
    idleAt: at.idleAt,
    restored: at.restored,
  };
}

/** Orders leases by their start; those of one moment by id, so that the order is always the same. */
export function byAge(one: Lease, other: Lease): number {
  return one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1);
}

/** When the lease ends by itself: not renewed, or idle for too long. */
export function endOf({ expiresAt, idleAt }: Lease): MonoMillis {
  return idleAt !== null && idleAt < expiresAt ? idleAt : expiresAt;
}

/** The names of the groups in the one order in which they are kept. */
export function groupsOf({ groups }: Standing): readonly string[] {
  return [...groups].toSorted();
}
