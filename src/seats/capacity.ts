import type { UnixMillis } from "../base/time.ts";
import type { SeatGrant } from "./terms.ts";
import { compareVersions } from "./version.ts";

/**
 * How many seats there are at one moment, by version. Grants that end at different versions make
 * tiers: a seat up to version 3 also serves version 2, not the other way round. So the leases of
 * tier `i` and above must find room in the seats of tier `i` and above, for every `i`; that is
 * enough for each lease to have a seat of its own, whatever the order of arrival.
 */
export interface Capacity {
  /** The highest version of each tier, ascending; null (any version) last. Never empty. */
  readonly limits: readonly (string | null)[];
  /** Licensed seats of this tier and those above. */
  readonly seats: readonly number[];
  /** The same with overdraft. */
  readonly withOverdraft: readonly number[];
}

/** No seat at all, for any version. */
export const NO_CAPACITY: Capacity = { limits: [null], seats: [0], withOverdraft: [0] };

/** The sum of `grants`, which are those valid now. */
export function capacityOf(grants: readonly SeatGrant[]): Capacity {
  if (grants.length === 0) return NO_CAPACITY;
  const limits = distinctLimits(grants);
  const above = limits.map((limit) =>
    grants.filter((grant) => compareLimits(grant.versionMax, limit) >= 0),
  );
  return {
    limits,
    seats: above.map((some) => some.reduce((sum, { seats }) => sum + seats, 0)),
    withOverdraft: above.map((some) =>
      some.reduce((sum, { seats, overdraftSeats }) => sum + seats + overdraftSeats, 0),
    ),
  };
}

/** The lowest tier that serves `version`; undefined when it is too new for all. */
export function tierOf(capacity: Capacity, version: string): number | undefined {
  const tier = capacity.limits.findIndex(
    (limit) => limit === null || compareVersions(version, limit) <= 0,
  );
  return tier === -1 ? undefined : tier;
}

/**
 * Whether `extra` more seats of `tier` find room.
 * @param supply `seats` or `withOverdraft` of the capacity.
 * @param used seats in use per tier (of that tier alone).
 */
export function hasRoom(
  supply: readonly number[],
  used: readonly number[],
  tier: number,
  extra: number,
): boolean {
  let demand = extra;
  for (let index = used.length - 1; index >= 0; index -= 1) {
    demand += used[index] ?? 0;
    if (index <= tier && demand > (supply[index] ?? 0)) return false;
  }
  return true;
}

/** Whether `grant` is valid at `wall`. */
export function isValid(grant: SeatGrant, wall: UnixMillis): boolean {
  return (
    (grant.startsAt === null || grant.startsAt <= wall) &&
    (grant.endsAt === null || wall < grant.endsAt)
  );
}

function distinctLimits(grants: readonly SeatGrant[]): readonly (string | null)[] {
  const sorted = grants.map((grant) => grant.versionMax).toSorted(compareLimits);
  return sorted.filter(
    (limit, index) => index === 0 || compareLimits(sorted[index - 1] ?? null, limit) !== 0,
  );
}

function compareLimits(one: string | null, other: string | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return compareVersions(one, other);
}
