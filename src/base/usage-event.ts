import type { Pseudonym } from "./identity.ts";
import type { ClientKey, LeaseId } from "./ids.ts";
import type { Millis, UnixMillis } from "./time.ts";

/**
 * What happened to seats and meters, as the engine decides it, the store keeps it until it is
 * sealed, and the ledger seals it. Names persons only by pseudonym.
 */
export type NewUsageEvent =
  | {
      readonly type: "grant";
      readonly wall: UnixMillis;
      readonly feature: string;
      /** Seats that it took: 0 where it shares those of another lease of its holder. */
      readonly count: number;
      readonly user: Pseudonym;
      readonly lease: LeaseId;
      /** True when the grant used seats above the license. */
      readonly overdraft: boolean;
    }
  | {
      readonly type: "end";
      readonly wall: UnixMillis;
      readonly feature: string;
      /** Seats that came free: 0 where another lease of its holder has them. */
      readonly count: number;
      readonly user: Pseudonym;
      readonly lease: LeaseId;
      readonly reason: EndReason;
      /** Seat time since the grant or the last cut, whichever is later: its seats times the milliseconds. */
      readonly seatMillis: Millis;
    }
  /** A lease went off the network, or stays off it for longer than was said before. */
  | {
      readonly type: "borrow";
      readonly wall: UnixMillis;
      readonly feature: string;
      /** Seats of the lease. It has them by its grant: borrowing takes no more. */
      readonly count: number;
      readonly user: Pseudonym;
      readonly lease: LeaseId;
      /** When it ends unless it is returned before. */
      readonly until: UnixMillis;
    }
  | {
      readonly type: "denial";
      readonly wall: UnixMillis;
      readonly feature: string;
      /** A denial reason of docs/ERRORS.md. */
      readonly reason: string;
      readonly user: Pseudonym;
    }
  | {
      readonly type: "usage";
      readonly wall: UnixMillis;
      readonly meter: string;
      /** Positive whole units of the meter. */
      readonly units: number;
      /** When the units were used, by the client's word; not after `wall`. */
      readonly usedAt: UnixMillis;
      readonly user: Pseudonym;
      readonly client: ClientKey;
    }
  | {
      /** Units given back: never a usage of less than nothing, so that what was used stays readable. */
      readonly type: "refund";
      readonly wall: UnixMillis;
      readonly meter: string;
      /** Positive whole units of the meter. */
      readonly units: number;
      /** When the units were used that are given back, by the client's word; not after `wall`. */
      readonly usedAt: UnixMillis;
      readonly user: Pseudonym;
      readonly client: ClientKey;
    }
  | {
      /** The site has put somebody on the list of a feature's named users, or taken somebody off. */
      readonly type: "naming";
      readonly wall: UnixMillis;
      readonly feature: string;
      readonly user: Pseudonym;
      readonly change: NamingChange;
    };

/** What was done to a list of named users. */
export type NamingChange = "named" | "unnamed";

/**
 * Why a lease is over; `revoked` also where the site's rules end it. A borrowed one is `returned`, or
 * given up by the vendor when its workstation is lost.
 */
export const END_REASONS = [
  "released",
  "expired",
  "revoked",
  "returned",
  "vendor-released",
] as const;

/** One of `END_REASONS`. */
export type EndReason = (typeof END_REASONS)[number];

/** An event with its place in the site's history: ids are contiguous, starting at 1, per vendor. */
export type UsageEvent = NewUsageEvent & { readonly id: number };

/** Seat time of leases that are still open, cut at a checkpoint. */
export interface OpenSeatTime {
  readonly feature: string;
  readonly seatMillis: Millis;
}
