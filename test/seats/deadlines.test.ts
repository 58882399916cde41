import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MonoMillis, monoMillis } from "../../src/base/time.ts";
import { Deadlines } from "../../src/seats/deadlines.ts";

/** A key gets a deadline, gets another, or loses it (-1). */
const anyMove = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"),
  at: fc.integer({ min: -1, max: 20 }),
});

/** The soonest deadline by the plainest search. */
function soonest(
  deadlines: ReadonlyMap<string, MonoMillis>,
): readonly [string, MonoMillis] | undefined {
  return [...deadlines].toSorted(
    ([one, soon], [other, late]) => soon - late || (one < other ? -1 : 1),
  )[0];
}

describe("deadlines that come, move and go", () => {
  it("fall due in the order that a plain search finds, whatever happened before", () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 300, size: "max" }), (moves) => {
        const truth = new Map<string, MonoMillis>();
        const deadlines = new Deadlines<string>();
        for (const { key, at } of moves) {
          if (at < 0) truth.delete(key);
          else truth.set(key, monoMillis(at));
          if (at < 0) deadlines.delete(key);
          else deadlines.set(key, monoMillis(at));
          expect(deadlines.first()).toBe(soonest(truth)?.[1]);
          expect(deadlines.due(monoMillis(20))).toBe(soonest(truth)?.[0]);
        }
      }),
    );
  });

  it("fall due in their millisecond, not before", () => {
    const deadlines = new Deadlines<string>();
    deadlines.set("a", monoMillis(5));
    expect(deadlines.due(monoMillis(4))).toBeUndefined();
    expect(deadlines.due(monoMillis(5))).toBe("a");
  });
});
