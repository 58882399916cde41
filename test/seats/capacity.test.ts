import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacityOf, hasRoom, tierOf } from "../../src/seats/capacity.ts";
import type { SeatGrant } from "../../src/seats/terms.ts";
import { grant } from "./given.ts";

const anyGrant: fc.Arbitrary<SeatGrant> = fc
  .record({ seats: fc.nat(2), versionMax: fc.constantFrom(null, "1", "2", "3") })
  .map((fields) => grant(fields));

const anyVersion = fc.constantFrom("1", "2", "3", "4");

/** Tries every way to give each of the versions a seat of its own. */
function canSeat(seats: readonly (string | null)[], versions: readonly string[]): boolean {
  const [version, ...others] = versions;
  if (version === undefined) return true;
  return seats.some(
    (limit, index) =>
      (limit === null || Number(version) <= Number(limit)) &&
      canSeat(seats.toSpliced(index, 1), others),
  );
}

describe("seats of licenses for different versions", () => {
  it("have room for one more exactly when every lease can have a seat that serves its version", () => {
    fc.assert(
      fc.property(
        fc.array(anyGrant, { minLength: 1, maxLength: 3 }),
        fc.array(anyVersion, { maxLength: 6 }),
        (grants, versions) => {
          const capacity = capacityOf(grants);
          const seats = grants.flatMap((one) =>
            Array.from({ length: one.seats }, () => one.versionMax),
          );
          const used = capacity.limits.map(() => 0);
          const seated: string[] = [];
          for (const version of versions) {
            const tier = tierOf(capacity, version);
            const fits = tier !== undefined && hasRoom(capacity.seats, used, tier, 1);
            expect(fits).toBe(canSeat(seats, [...seated, version]));
            if (!fits) continue;
            seated.push(version);
            used[tier] = (used[tier] ?? 0) + 1;
          }
        },
      ),
    );
  });

  it("make one tier per version limit, each with the seats of those above", () => {
    const grants = [
      grant({ seats: 2, versionMax: "2026.1" }),
      grant({ seats: 3, overdraftSeats: 1 }),
      grant({ seats: 5, versionMax: "2026.01" }),
      grant({ seats: 7, versionMax: "2025" }),
    ];
    expect(capacityOf(grants)).toEqual({
      limits: ["2025", "2026.1", null],
      seats: [17, 10, 3],
      withOverdraft: [18, 11, 4],
    });
  });

  it("are none without a license", () => {
    expect(capacityOf([])).toEqual({ limits: [null], seats: [0], withOverdraft: [0] });
  });
});
