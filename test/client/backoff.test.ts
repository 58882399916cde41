import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay } from "../../src/client/backoff.ts";

describe("the wait before a retry", () => {
  it("is anything up to a bound that doubles until half a minute", () => {
    const almostOne = 0.999_999_999;
    expect([0, 1, 2, 5, 6, 40].map((attempt) => retryDelay(attempt, almostOne))).toEqual([
      499, 999, 1_999, 15_999, 29_999, 29_999,
    ]);
    expect(retryDelay(3, 0)).toBe(0);
  });

  it("is never longer than half a minute and never negative", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), random, (attempt, fraction) => {
        const delay = retryDelay(attempt, fraction);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(30_000);
      }),
    );
  });
});
