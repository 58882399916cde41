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

/** Whether one asks for the very seats that the other asks for or has. */
export function isSameWish(one: Product, other: Product): boolean {
  return (
    one.feature === other.feature &&
    one.version === other.version &&
    one.versionDate === other.versionDate &&
    one.count === other.count
  );
}

type Product = Pick<Lease, "feature" | "version" | "versionDate" | "count">;

/** Written out, as `leaseAt` is: each request passes here several times. */
export function claimOf({ by, feature, version, versionDate, count }: AcquireCommand): Claim {
  return {
    client: by.client,
    user: by.user,
    host: by.host,
    display: by.display,
    groups: groupsOf(by.standing),
    bound: by.standing.bound,
    feature,
    version,
    versionDate,
    count,
  };
}

/** What a lease claims by itself, as far as it is remembered; with its holder there, what is proven too. */
export function claimOfLease(lease: Lease, bound?: Standing["bound"]): Claim {
  return {
    client: lease.client,
    user: lease.user,
    host: lease.host,
    display: lease.display,
    groups: lease.groups,
    bound,
    feature: lease.feature,
    version: lease.version,
    versionDate: lease.versionDate,
    count: lease.count,
  };
}
