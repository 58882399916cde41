import type { LeaseId } from "../../../src/base/ids.ts";
import type { UnixMillis } from "../../../src/base/time.ts";
import type { NewUsageEvent } from "../../../src/base/usage-event.ts";
import type { SeatChange } from "../../../src/seats/decision.ts";
import type { FeatureHour } from "../../../src/seats/feature-hour.ts";
import type { StoredLease } from "../../../src/seats/lease.ts";
import type {
  MeterTotal,
  NamedUser,
  NamingCount,
  SeatSnapshot,
  StoredUsageKey,
} from "../../../src/seats/snapshot.ts";

/** The plainest store there can be: what a `SeatChange` says, in maps. */
export class MapStore {
  readonly leases: Map<LeaseId, StoredLease> = new Map();
  readonly hours: FeatureHour[] = [];
  #uncounted: readonly NewUsageEvent[] = [];
  readonly #named = new Map<string, NamedUser>();
  readonly #namingCounts = new Map<string, NamingCount>();
  readonly #meters = new Map<string, MeterTotal>();
  #usageKeys: readonly StoredUsageKey[] = [];
  #lastCut: UnixMillis | null = null;
  #forgottenBefore: UnixMillis | null = null;

  get forgottenBefore(): number {
    return this.#forgottenBefore ?? 0;
  }

  write(change: SeatChange): void {
    switch (change.kind) {
      case "lease-granted":
      case "lease-changed":
        this.leases.set(change.lease.id, storedPart(change.lease));
        break;
      case "lease-ended":
        this.leases.delete(change.lease);
        break;
      case "meter-counted":
        this.#meters.set(`${change.meter} ${change.period}`, change);
        break;
      case "usage-key":
        this.#usageKeys = [...this.#usageKeys, change];
        break;
      case "user-named":
        this.#named.set(`${change.feature} ${change.user}`, change);
        break;
      case "user-unnamed":
        this.#named.delete(`${change.feature} ${change.user}`);
        this.#namingCounts.set(`${change.feature} ${change.month}`, change);
        break;
      case "cut":
        this.#cut(change.wall, change.forgetUsageKeysBefore);
        break;
      case "hour-counted":
        this.hours.push(change);
        this.#uncounted = [];
        break;
    }
  }

  writeEvents(events: readonly NewUsageEvent[]): void {
    this.#uncounted = [...this.#uncounted, ...events];
  }

  snapshot(lastAlive: UnixMillis): SeatSnapshot {
    return {
      leases: [...this.leases.values()],
      meters: [...this.#meters.values()],
      usageKeys: this.#usageKeys,
      namedUsers: [...this.#named.values()],
      namingCounts: [...this.#namingCounts.values()],
      lastCut: this.#lastCut,
      usageKeysForgottenBefore: this.#forgottenBefore,
      lastAlive,
      uncounted: this.#uncounted,
    };
  }

  #cut(wall: UnixMillis, before: UnixMillis): void {
    this.#lastCut = wall;
    this.#forgottenBefore = before;
    this.#usageKeys = this.#usageKeys.filter((key) => key.wall >= before);
  }
}

function storedPart(lease: StoredLease): StoredLease {
  const { id, client, instance, user, host, feature, version, count } = lease;
  const { key, grantedAt, leaseTime, overdraft, display, groups } = lease;
  const { versionDate, seatSince, borrowed, lingersUntil } = lease;
  const who = { id, client, instance, user, host, display, groups };
  const what = { feature, version, versionDate, count, key };
  return { ...who, ...what, grantedAt, leaseTime, overdraft, seatSince, borrowed, lingersUntil };
}
