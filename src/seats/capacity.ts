import type { UnixMillis } from "../base/time.ts";
import { compareVersions } from "../base/version.ts";
import type { SeatGrant } from "./terms.ts";

/** Seats that serve the same versions, of all grants valid now. */
interface SeatType extends Pick<SeatGrant, "versionMax" | "maintenanceUntil"> {
  readonly seats: number;
  readonly withOverdraft: number;
}

/** How many seats there are at one moment, by the versions that they serve. */
export type Capacity = readonly SeatType[];

/** Which types of seats serve a version: their numbers, joined by commas. */
export type SeatClass = string;

/** Of seats that may be of any type. */
export const ANY_SEAT: SeatClass = "*";

/** What a client says of its program. */
export interface Product {
  readonly version: string;
  /** When the version was released; null when the client does not say: too new for any date that counts. */
  readonly versionDate: UnixMillis | null;
}

/** The sum of `grants`, which are those valid now. */
export function capacityOf(grants: readonly SeatGrant[]): Capacity {
  const types: SeatType[] = [];
  for (const { versionMax, maintenanceUntil, seats, overdraftSeats } of grants) {
    const index = types.findIndex(
      (type) =>
        type.maintenanceUntil === maintenanceUntil && isSameLimit(type.versionMax, versionMax),
    );
    const known = types[index] ?? { versionMax, maintenanceUntil, seats: 0, withOverdraft: 0 };
    const sum = {
      ...known,
      seats: known.seats + seats,
      withOverdraft: known.withOverdraft + seats + overdraftSeats,
    };
    types.splice(index === -1 ? types.length : index, 1, sum);
  }
  return types;
}

/** Which seats serve the product; undefined when it is too new for all. */
export function classOf(capacity: Capacity, product: Product): SeatClass | undefined {
  const [only] = capacity;
  if (only !== undefined && capacity.length === 1) return serves(only, product) ? "0" : undefined;
  const serving = capacity.flatMap((type, index) => (serves(type, product) ? [index] : []));
  return serving.length === 0 ? undefined : serving.join(",");
}

export const licensedSeats = (capacity: Capacity): readonly number[] =>
  capacity.map(({ seats }) => seats);

export const allSeats = (capacity: Capacity): readonly number[] =>
  capacity.map(({ withOverdraft }) => withOverdraft);

/** The seats of `supply` that serve `seatClass`. */
export function supplyOf(supply: readonly number[], seatClass: SeatClass): number {
  return typesOf(supply, seatClass).reduce((sum, index) => sum + (supply[index] ?? 0), 0);
}

/**
 * Whether each seat of `demand` can have one of `supply` that serves it. Seats are told apart by
 * type alone, so nobody has a certain one: whoever came first moves to make room.
 */
export function canSeat(
  supply: readonly number[],
  demand: readonly (readonly [SeatClass, number])[],
): boolean {
  if (supply.length === 1) {
    return demand.reduce((sum, [, seats]) => sum + seats, 0) <= (supply[0] ?? 0);
  }
  const plan = new SeatPlan(supply);
  return demand.every(([seatClass, seats]) => plan.seat(seatClass, seats));
}

/** Whether `grant` is valid at `wall`. */
export function isValid(grant: Pick<SeatGrant, "startsAt" | "endsAt">, wall: UnixMillis): boolean {
  return (
    (grant.startsAt === null || grant.startsAt <= wall) &&
    (grant.endsAt === null || wall < grant.endsAt)
  );
}

interface Party {
  readonly types: readonly number[];
  /** Seats that it has, by type. */
  readonly has: Map<number, number>;
}

/** Seats everybody by augmenting paths: the few types and classes of a site make a tiny graph. */
class SeatPlan {
  readonly #left: number[];
  readonly #parties: Party[] = [];

  constructor(supply: readonly number[]) {
    this.#left = [...supply];
  }

  seat(seatClass: SeatClass, seats: number): boolean {
    const party = { types: typesOf(this.#left, seatClass), has: new Map<number, number>() };
    this.#parties.push(party);
    for (let rest = seats; rest > 0; ) {
      const found = this.#find(party, rest, new Set());
      if (found === 0) return false;
      rest -= found;
    }
    return true;
  }

  /** Gives up to `wanted` more seats, moving others where that helps. */
  #find(party: Party, wanted: number, seen: Set<number>): number {
    for (const type of party.types) {
      if (seen.has(type)) continue;
      seen.add(type);
      const found = this.#takeFree(type, wanted) || this.#moveOthers(party, type, wanted, seen);
      if (found === 0) continue;
      party.has.set(type, (party.has.get(type) ?? 0) + found);
      return found;
    }
    return 0;
  }

  #takeFree(type: number, wanted: number): number {
    const free = this.#left[type] ?? 0;
    const found = Math.min(wanted, free);
    this.#left[type] = free - found;
    return found;
  }

  #moveOthers(party: Party, type: number, wanted: number, seen: Set<number>): number {
    for (const other of this.#parties) {
      const has = other.has.get(type) ?? 0;
      if (other === party || has === 0) continue;
      const moved = this.#find(other, Math.min(wanted, has), seen);
      if (moved === 0) continue;
      other.has.set(type, has - moved);
      return moved;
    }
    return 0;
  }
}

function typesOf(supply: readonly number[], seatClass: SeatClass): readonly number[] {
  return seatClass === ANY_SEAT ? supply.map((_seats, index) => index) : numbersOf(seatClass);
}

const numbersOf = (seatClass: SeatClass): readonly number[] => seatClass.split(",").map(Number);

/**
 * Whether seats with these limits may be used by the product. Where maintenance has an end, a product
 * without a date is not covered: the license limits, so to say nothing must not be a way round it.
 */
export function serves(
  { versionMax, maintenanceUntil }: Pick<SeatGrant, "versionMax" | "maintenanceUntil">,
  { version, versionDate }: Product,
): boolean {
  return (
    (versionMax === null || compareVersions(version, versionMax) <= 0) &&
    (maintenanceUntil === null || (versionDate !== null && versionDate < maintenanceUntil))
  );
}

function isSameLimit(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  return compareVersions(one, other) === 0;
}
