import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hours, millis, unixMillis } from "../../src/base/time.ts";
import { type FeatureHour, hourOf, NO_FIGURES, together } from "../../src/seats/feature-hour.ts";
import { granted, noon, storeIn, temporaryFolder, vendor } from "./given.ts";

const HOUR = hours(1);

const seal = (): never => {
  throw new Error("no block");
};

const anyMillis = fc.nat(10_000_000).map(millis);

const anyFigures = fc.record<FeatureHour>({
  feature: fc.constantFrom("cad.pro", "sim.solver", "*"),
  hour: fc.nat(2).map((after) => unixMillis(noon + after * HOUR)),
  peak: fc.nat(3),
  licensed: fc.nat(3),
  overdraftPeak: fc.nat(3),
  queuePeak: fc.nat(9),
  grants: fc.nat(9),
  overdrafts: fc.nat(9),
  seatMillis: anyMillis,
  waits: fc.nat(9),
  gaveUp: fc.nat(9),
  waited: anyMillis,
  longestWait: anyMillis,
  denials: fc.dictionary(fc.constantFrom("NO_SEATS", "EXPIRED"), fc.integer({ min: 1, max: 9 })),
});

describe("the history in the database", () => {
  it("is the sum of what was ever given to it, in any portions, whether stored or not yet", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyFigures, { maxLength: 4 }), { maxLength: 6 }),
        fc.array(anyFigures, { maxLength: 4 }),
        async (groups, unstored) => {
          const store = storeIn(temporaryFolder());
          for (const group of groups) {
            const changes = group.map((one) => ({ kind: "hour-counted" as const, ...one }));
            // oxlint-disable-next-line no-await-in-loop -- one commit after the other
            await store.commit({ vendor, changes });
          }
          const expected = new Map<string, FeatureHour>();
          for (const one of [...groups.flat(), ...unstored]) {
            const key = `${one.hour} ${one.feature}`;
            expected.set(key, { ...one, ...together(expected.get(key) ?? NO_FIGURES, one) });
          }
          const found = store.history(vendor, {}, unstored);
          const byKey = new Map(found.map((one) => [`${one.hour} ${one.feature}`, one]));
          expect(byKey).toEqual(expected);
          store.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is read by hours and feature, the last bound excluded", async () => {
    const store = storeIn(temporaryFolder());
    const at = (after: number, feature: string): FeatureHour => ({
      ...NO_FIGURES,
      feature,
      hour: hourOf(noon + after * HOUR),
      grants: 1,
    });
    const all = [0, 1, 2, 3].flatMap((after) => [at(after, "cad.pro"), at(after, "sim")]);
    await store.commit({
      vendor,
      changes: all.map((one) => ({ kind: "hour-counted", ...one })),
    });
    const [from, to] = [unixMillis(noon + HOUR), unixMillis(noon + 3 * HOUR)];
    expect(
      store.history(vendor, { from, to, feature: "sim" }, [at(1, "sim"), at(3, "sim")]),
    ).toEqual([{ ...at(1, "sim"), grants: 2 }, at(2, "sim")]);
    expect(store.history("other.example")).toEqual([]);
  });

  it("is written with its transaction, or not at all", async () => {
    const folder = temporaryFolder();
    const store = storeIn(folder);
    const figures = { ...NO_FIGURES, feature: "cad.pro", hour: hourOf(noon), grants: 1 };
    const changes = [{ kind: "hour-counted" as const, ...figures }];
    await expect(store.commit({ vendor, changes, events: [granted(1)], seal })).rejects.toThrow(
      "no block",
    );
    expect(store.history(vendor)).toEqual([]);
    await store.commit({ vendor, changes, events: [granted(1)] });
    store.close();
    expect(storeIn(folder).history(vendor)).toEqual([figures]);
  });

  it("stops at the largest number instead of failing", async () => {
    const store = storeIn(temporaryFolder());
    const much = { ...NO_FIGURES, feature: "cad.pro", seatMillis: millis(Number.MAX_SAFE_INTEGER) };
    const change = { kind: "hour-counted" as const, ...much, hour: hourOf(noon) };
    await store.commit({ vendor, changes: [change, change] });
    expect(store.history(vendor)).toMatchObject([{ seatMillis: Number.MAX_SAFE_INTEGER }]);
  });
});
