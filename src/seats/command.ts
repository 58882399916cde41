import type { Pseudonym } from "../base/identity.ts";
import type { IdempotencyKey, InstanceId, LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { Caller } from "./lease.ts";
import type { SeatTerms } from "./terms.ts";

/** Asks for seats. Idempotent under the client key and `key` while its lease or place lasts. */
export interface AcquireCommand {
  readonly kind: "acquire";
  readonly by: Caller;
  readonly feature: string;
  /** Empty for none. */
  readonly version: string;
  /** When that version was released; null when the client does not say. */
  readonly versionDate: UnixMillis | null;
  /** Seats, at least 1. */
  readonly count: number;
  /** Whether to join the queue when no seat is free. */
  readonly wait: boolean;
  readonly key: IdempotencyKey;
  /** A fresh random id for the lease, used now or when the request's turn comes. */
  readonly newLease: LeaseId;
  /**
   * Instances of the client that have a connection now. The lease that another instance was granted
   * under `key` is taken over unless that one is among them. Left out: it never is.
   */
  readonly liveInstances?: ReadonlySet<InstanceId>;
}

/**
 * Asks to take seats off the network. Idempotent under the client key and `key` while its lease
 * lasts, as long as `lease` is null.
 */
export interface BorrowCommand extends Omit<AcquireCommand, "kind" | "wait"> {
  readonly kind: "borrow";
  /** For how long from now. */
  readonly span: Millis;
  /** Fingerprint of the workstation: 32 bytes in lower-case hex. */
  readonly workstation: string;
  /** A lease of the caller's to borrow, or to borrow for longer; null for new seats. */
  readonly lease: LeaseId | null;
}

/** Units of a meter that were used, or that are given back, by the client's word. */
export interface UsageRecord {
  readonly kind: "use" | "refund";
  readonly meter: string;
  /** A positive safe integer. */
  readonly units: number;
  /** Counted once per client key, whichever kind it is. */
  readonly key: IdempotencyKey;
  /** When the units were used; of a refund, those that it gives back. */
  readonly usedAt: UnixMillis;
}

export type Command =
  | AcquireCommand
  | BorrowCommand
  /** Borrowed seats are back before their time. */
  | { readonly kind: "return"; readonly by: Caller; readonly lease: LeaseId }
  /** The vendor gives up the seats of a workstation that is lost. */
  | { readonly kind: "give-up"; readonly lease: LeaseId }
  | {
      readonly kind: "renew";
      readonly by: Caller;
      readonly leases: readonly LeaseId[];
      /**
       * Those of them with which nobody has worked since the last renewal, by the word of an
       * application that watches. Of all others the renewal itself is a sign of work: an application
       * that cannot tell must not lose a seat that somebody works with.
       */
      readonly quiet: readonly LeaseId[];
    }
  | { readonly kind: "release"; readonly by: Caller; readonly lease: LeaseId }
  /** Somebody works with the application: these leases are not idle. Unknown ones are ignored. */
  | { readonly kind: "activity"; readonly by: Caller; readonly leases: readonly LeaseId[] }
  | {
      readonly kind: "resume";
      readonly by: Caller;
      readonly leases: readonly LeaseId[];
      /** Instances that have a connection now: their leases cannot be taken over. */
      readonly liveInstances: ReadonlySet<InstanceId>;
    }
  | { readonly kind: "record"; readonly by: Caller; readonly records: readonly UsageRecord[] }
  /** Withdraws a request: leaves the queue, or gives back the seat if its turn has just come. */
  | { readonly kind: "cancel"; readonly by: Caller; readonly key: IdempotencyKey }
  /** The instance's last connection is gone. */
  | { readonly kind: "disconnect"; readonly by: Caller }
  /**
   * The instance has a connection again: its waiting requests count again. Also to be said of every
   * connected instance when the site's groups have changed, as `by` brings the new standing.
   */
  | { readonly kind: "reconnect"; readonly by: Caller }
  /** The administrator puts a user on the list of a feature, or takes one off. */
  | {
      readonly kind: "name-user" | "unname-user";
      readonly feature: string;
      readonly user: Pseudonym;
    }
  /** The administrator takes a lease back. */
  | { readonly kind: "revoke"; readonly lease: LeaseId }
  /** Nothing is asked; what is due happens. */
  | { readonly kind: "tick" }
  /** Licenses or site rules have changed. */
  | ({ readonly kind: "terms" } & SeatTerms);
