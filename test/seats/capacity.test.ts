import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import {
  ANY_SEAT,
  canSeat,
  capacityOf,
  classOf,
  licensedSeats,
  type Product,
} from "../../src/seats/capacity.ts";
import type { SeatGrant } from "../../src/seats/terms.ts";
import { grant } from "./given.ts";

const anyGrant: fc.Arbitrary<SeatGrant> = fc
  .record({
    seats: fc.nat(2),
    versionMax: fc.constantFrom(null, "1", "2", "3"),
    maintenanceUntil: fc.constantFrom(null, unixMillis(1), unixMillis(2), unixMillis(3)),
  })
  .map((fields) => grant(fields));

const anyProduct: fc.Arbitrary<Product> = fc.record({
  version: fc.constantFrom("1", "2", "3", "4"),
  versionDate: fc.constantFrom(null, unixMillis(0), unixMillis(1), unixMillis(2)),
});

/** Tries every way to give each of the products a seat of its own. */
function canSeatEach(seats: readonly SeatGrant[], products: readonly Product[]): boolean {
  const [product, ...others] = products;
  if (product === undefined) return true;
  return seats.some(
    (seat, index) => serves(seat, product) && canSeatEach(seats.toSpliced(index, 1), others),
  );
}

function serves(seat: SeatGrant, { version, versionDate }: Product): boolean {
  const isCovered = seat.versionMax === null || Number(version) <= Number(seat.versionMax);
  const { maintenanceUntil } = seat;
  const isMaintained =
    maintenanceUntil === null || (versionDate !== null && versionDate < maintenanceUntil);
  return isCovered && isMaintained;
}

describe("seats of licenses for different versions and dates", () => {
  it("have room for one more exactly when every lease can have a seat that serves it", () => {
    fc.assert(
      fc.property(
        fc.array(anyGrant, { minLength: 1, maxLength: 4 }),
        fc.array(anyProduct, { maxLength: 6 }),
        (grants, products) => {
          const capacity = capacityOf(grants);
          const seats = grants.flatMap((one) => Array.from({ length: one.seats }, () => one));
          const demand: (readonly [string, number])[] = [];
          const seated: Product[] = [];
          for (const product of products) {
            const more = [classOf(capacity, product) ?? "none", 1] as const;
            const isServed = more[0] !== "none";
            const fits = isServed && canSeat(licensedSeats(capacity), [...demand, more]);
            expect(fits).toBe(canSeatEach(seats, [...seated, product]));
            if (!fits) continue;
            seated.push(product);
            demand.push(more);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("are told apart by what they serve alone", () => {
    const grants = [
      grant({ seats: 2, versionMax: "2026.1" }),
      grant({ seats: 3, overdraftSeats: 1 }),
      grant({ seats: 5, versionMax: "2026.01" }),
      grant({ seats: 7, versionMax: "2026.1", maintenanceUntil: unixMillis(5) }),
    ];
    expect(capacityOf(grants)).toEqual([
      { versionMax: "2026.1", maintenanceUntil: null, seats: 7, withOverdraft: 7 },
      { versionMax: null, maintenanceUntil: null, seats: 3, withOverdraft: 4 },
      { versionMax: "2026.1", maintenanceUntil: unixMillis(5), seats: 7, withOverdraft: 7 },
    ]);
  });

  it("are none without a license", () => {
    expect(canSeat([], [[ANY_SEAT, 0]])).toBe(true);
    expect(canSeat([], [[ANY_SEAT, 1]])).toBe(false);
  });
});
