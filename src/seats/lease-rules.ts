import { type Millis, type MonoMillis, millis, monoMillis } from "../base/time.ts";
import type { Feature } from "./feature.ts";
import { firstFor, spanFor } from "./feature-rules.ts";
import type { Lease } from "./lease.ts";

/** Since when a lease is idle, and when that ends it. */
export type Idleness = Pick<Lease, "activeAt" | "idleAt">;

/**
 * When a lease is over unless its holder works before, if a rule ends idle leases. A rule that is
 * new to the lease counts from `now`, and none ends it in the past. Nobody is idle for less than the
 * lease time: applications tell at renewals, which come within it, whether somebody works.
 */
export function idlenessOf(
  { rules }: Feature,
  { groups, activeAt, idleAt, leaseTime }: Idleness & Pick<Lease, "groups" | "leaseTime">,
  now: MonoMillis,
): Idleness {
  const rule = firstFor(rules.value.idleTimeout, groups);
  if (rule === undefined) return { activeAt, idleAt: null };
  const since = idleAt === null ? now : activeAt;
  const span = Math.max(rule.span, leaseTime);
  return { activeAt: since, idleAt: monoMillis(Math.max(now, since + span)) };
}

/** Until when the seats of a lease released at `now` stay with its holder; `now` for not at all. */
export function lingerEnd({ pool, rules }: Feature, lease: Lease, now: MonoMillis): MonoMillis {
  const { linger, minLease } = pool.value ?? { linger: NO_TIME, minLease: NO_TIME };
  const stays = spanFor(rules.value.linger, lease.groups, linger);
  const least = spanFor(rules.value.minLease, lease.groups, minLease);
  return monoMillis(Math.max(now + stays, lease.startedAt + least));
}

/** A rule's value for who asks; 0 where none fits. */
export function priorityOf({ rules }: Feature, groups: readonly string[]): number {
  return firstFor(rules.value.priority, groups)?.value ?? 0;
}

const NO_TIME: Millis = millis(0);
