import type { Standing } from "../base/standing.ts";
import type { AcquireCommand } from "./command.ts";
import { groupsOf, type Lease } from "./lease.ts";

/** Seats for somebody: asked for, waited for, or held and to be kept. */
export interface Claim
  extends Pick<
    Lease,
    | "client"
    | "user"
    | "host"
    | "display"
    | "groups"
    | "feature"
    | "version"
    | "versionDate"
    | "count"
  > {
  /** Which labels are proven; undefined where nobody is there to say. */
  readonly bound: Standing["bound"] | undefined;
}

export function claimOf({ by, feature, version, versionDate, count }: AcquireCommand): Claim {
  const { client, user, host, display, standing } = by;
  const who = { client, user, host, display, groups: groupsOf(standing), bound: standing.bound };
  return { ...who, feature, version, versionDate, count };
}

/** What a lease claims by itself, as far as it is remembered. */
export function claimOfLease(lease: Lease): Claim {
  return { ...lease, bound: undefined };
}
