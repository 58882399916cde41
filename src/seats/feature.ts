import type { DenialReason } from "../base/denial.ts";
import type { LeaseId } from "../base/ids.ts";
import { between, type Millis, type MonoMillis, type UnixMillis } from "../base/time.ts";
import { type Capacity, hasRoom, NO_CAPACITY, tierOf } from "./capacity.ts";
import { Deadlines } from "./deadlines.ts";
import { type Journal, Slot } from "./journal.ts";
import type { FeaturePool, SeatGrant } from "./terms.ts";

/** What is asked of a feature: a request, a waiting one, or a lease that wants to go on. */
export interface Wanted {
  readonly version: string;
  readonly count: number;
}

/** The seats of one feature: how many there are, how many are used, and who waits. */
export class Feature {
  readonly name: string;
  /** Undefined while no license names the feature, though leases of it may still be out. */
  readonly pool: Slot<FeaturePool | undefined>;
  /** The grants that `capacity` adds up. */
  readonly valid: Slot<readonly SeatGrant[]>;
  readonly capacity: Slot<Capacity>;
  /** Seats in use per tier of `capacity`. */
  readonly used: Slot<readonly number[]>;
  /** Leases that have no seat any more since the licenses shrank; they end at their next renewal. */
  readonly surplus: Slot<ReadonlySet<LeaseId>>;
  /** Request keys of those who wait, the longest waiting first. */
  readonly queue: Slot<readonly string[]>;
  /** Of live leases. */
  readonly expiries: Deadlines<LeaseId> = new Deadlines();

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.pool = new Slot<FeaturePool | undefined>(journal, undefined);
    this.valid = new Slot<readonly SeatGrant[]>(journal, []);
    this.capacity = new Slot<Capacity>(journal, NO_CAPACITY);
    this.used = new Slot<readonly number[]>(journal, [0]);
    this.surplus = new Slot<ReadonlySet<LeaseId>>(journal, new Set());
    this.queue = new Slot<readonly string[]>(journal, []);
  }

  get seatsUsed(): number {
    return this.used.value.reduce((sum, count) => sum + count, 0);
  }

  /** Why no amount of waiting would help; undefined when it would. Asked only of licensed features. */
  whyNever({ version, count }: Wanted, wall: UnixMillis): DenialReason | undefined {
    if (this.valid.value.length === 0) return this.#startsLater(wall) ? "NOT_STARTED" : "EXPIRED";
    const tier = tierOf(this.capacity.value, version);
    if (tier === undefined) return "VERSION_TOO_NEW";
    return count > (this.capacity.value.withOverdraft[tier] ?? 0) ? "TOO_MANY" : undefined;
  }

  /** Whether seats are free now, regardless of the queue, and whether they are licensed ones. */
  room({ version, count }: Wanted): "licensed" | "overdraft" | "none" {
    const { seats, withOverdraft } = this.capacity.value;
    const tier = this.tierFor(version);
    if (hasRoom(seats, this.used.value, tier, count)) return "licensed";
    return hasRoom(withOverdraft, this.used.value, tier, count) ? "overdraft" : "none";
  }

  /** Whether all leases that could use the same seats have one. */
  isWithinLimits(version: string): boolean {
    const { withOverdraft } = this.capacity.value;
    return hasRoom(withOverdraft, this.used.value, this.tierFor(version), 0);
  }

  /** The tier a lease counts in. One that is too new for all counts in the highest until it ends. */
  tierFor(version: string): number {
    return tierOf(this.capacity.value, version) ?? this.capacity.value.limits.length - 1;
  }

  /** Takes (or with a negative count gives back) seats. */
  use(version: string, count: number): void {
    const tier = this.tierFor(version);
    this.used.set(this.used.value.map((seats, index) => (index === tier ? seats + count : seats)));
  }

  /** Until the soonest expiry of a lease; undefined when none is out. */
  soonestExpiry(now: MonoMillis): Millis | undefined {
    const first = this.expiries.first();
    return first === undefined ? undefined : between(now, first);
  }

  #startsLater(wall: UnixMillis): boolean {
    const grants = this.pool.value?.grants ?? [];
    return grants.some(({ startsAt }) => startsAt !== null && startsAt > wall);
  }
}
