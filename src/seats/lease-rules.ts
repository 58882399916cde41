import { after, type Millis, type MonoMillis, millis, monoMillis } from "../base/time.ts";
import type { Feature } from "./feature.ts";
import { firstFor, spanFor } from "./feature-rules.ts";
import type { Lease } from "./lease.ts";

/** When a lease is over unless its holder works before; null where no rule ends idle leases. */
export function idleAtOf(
  { rules }: Feature,
  { groups, activeAt }: Pick<Lease, "groups" | "activeAt">,
): MonoMillis | null {
  const rule = firstFor(rules.value.idleTimeout, groups);
  return rule === undefined ? null : after(activeAt, rule.span);
}

/** Until when the seats of a lease released at `now` stay with its holder; `now` for not at all. */
export function lingersUntil({ pool, rules }: Feature, lease: Lease, now: MonoMillis): MonoMillis {
  const { linger, minLease } = pool.value ?? { linger: NO_TIME, minLease: NO_TIME };
  const stays = spanFor(rules.value.linger, lease.groups, linger);
  const least = spanFor(rules.value.minLease, lease.groups, minLease);
  return monoMillis(Math.max(now + stays, lease.startedAt + least));
}

/** Whether released seats may stay with somebody at all. */
export function mayLinger({ pool, rules }: Feature): boolean {
  const { linger, minLease } = rules.value;
  const terms = pool.value;
  return linger.length + minLease.length + (terms?.linger ?? 0) + (terms?.minLease ?? 0) > 0;
}

/** A rule's value for who asks; 0 where none fits. */
export function priorityOf({ rules }: Feature, groups: readonly string[]): number {
  return firstFor(rules.value.priority, groups)?.value ?? 0;
}

const NO_TIME: Millis = millis(0);
