import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../bench/measure/histogram.ts";
import { median } from "../../bench/measure/median.ts";

describe("the quantiles of the benchmarks", () => {
  it("are those of the sorted list, to one part in 128", () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1 });
    const shares = fc.constantFrom(0.5, 0.9, 0.99, 0.999, 1);
    fc.assert(
      fc.property(latencies, shares, (values, share) => {
        const histogram = new Histogram();
        for (const value of values) histogram.add(value);
        const sorted = values.toSorted((left, right) => left - right);
        const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
        expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact);
        expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * (1 + 1 / 128) + 1);
      }),
    );
  });

  it("are the same after a journey between processes, and of several added up", () => {
    const [left, right, both] = [new Histogram(), new Histogram(), new Histogram()];
    for (const value of [10, 200, 3_000]) left.add(value);
    for (const value of [40_000, 500_000]) right.add(value);
    for (const value of [10, 200, 3_000, 40_000, 500_000]) both.add(value);
    left.addAll(Histogram.of(right.packed()));
    expect(left.quantiles()).toEqual(both.quantiles());
  });

  it("show the longest latency exactly", () => {
    const histogram = new Histogram();
    for (const value of [1, 12_345_678]) histogram.add(value);
    expect(histogram.quantiles().max).toBe(12_345.678);
  });
});

describe("the median of the rounds", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});
