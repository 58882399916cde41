import type { LeaseId } from "../base/ids.ts";
import { NO_RULES } from "../base/site-rules.ts";
import { between, type Millis, type MonoMillis } from "../base/time.ts";
import {
  ANY_SEAT,
  allSeats,
  type Capacity,
  classOf,
  licensedSeats,
  type Product,
  type SeatClass,
} from "./capacity.ts";
import { Deadlines } from "./deadlines.ts";
import { type FeatureRules, rulesFor } from "./feature-rules.ts";
import { type Journal, Slot } from "./journal.ts";
import type { ObservedLengths } from "./observed-lengths.ts";
import type { FeaturePool, SeatGrant, Share } from "./terms.ts";

/** One feature: what licenses and rules say of it, and who waits. `Occupancy` knows who has seats. */
export class Feature {
  readonly name: string;
  /** Undefined while no license names the feature, though leases of it may still be out. */
  readonly pool: Slot<FeaturePool | undefined>;
  /** The grants that `capacity` adds up. */
  readonly valid: Slot<readonly SeatGrant[]>;
  readonly capacity: Slot<Capacity>;
  readonly rules: Slot<FeatureRules>;
  /** Request keys of those who wait, in the order in which they are served. */
  readonly queue: Slot<readonly string[]>;
  /** How long leases lasted; undefined until one has ended. */
  readonly lengths: Slot<ObservedLengths | undefined>;
  /** Of live leases. */
  readonly expiries: Deadlines<LeaseId> = new Deadlines();

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.pool = new Slot<FeaturePool | undefined>(journal, undefined);
    this.valid = new Slot<readonly SeatGrant[]>(journal, []);
    this.capacity = new Slot<Capacity>(journal, []);
    this.rules = new Slot(journal, rulesFor(NO_RULES, name));
    this.queue = new Slot<readonly string[]>(journal, []);
    this.lengths = new Slot<ObservedLengths | undefined>(journal, undefined);
  }

  get share(): Share {
    return this.pool.value?.share ?? "none";
  }

  /** Seats of all types, without overdraft. */
  get licensed(): number {
    return licensedSeats(this.capacity.value).reduce((sum, seats) => sum + seats, 0);
  }

  /** Seats of all types, with overdraft. */
  get seatsInAll(): number {
    return allSeats(this.capacity.value).reduce((sum, seats) => sum + seats, 0);
  }

  /**
   * Whether a grant can leave others more room than they had: whoever is of the same holder shares
   * it, and one seat can fill several reservations at once.
   */
  get grantsMakeRoom(): boolean {
    return this.share !== "none" || this.rules.value.reserve.length > 1;
  }

  /** The class a lease counts in. One that is too new for all takes any seat until it ends. */
  classFor(product: Product): SeatClass {
    return classOf(this.capacity.value, product) ?? ANY_SEAT;
  }

  /** Until the soonest expiry of a lease; undefined when none is out. */
  soonestExpiry(now: MonoMillis): Millis | undefined {
    const first = this.expiries.first();
    return first === undefined ? undefined : between(now, first);
  }
}
