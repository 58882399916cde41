import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MonoMillis, monoMillis } from "../../src/base/time.ts";
import { Deadlines } from "../../src/seats/deadlines.ts";

/** A key gets a deadline, gets another, or loses it (-1). */
const anyMove = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  at: fc.integer({ min: -1, max: 20 }),
  /** Whether anybody looks afterwards. */
  look: fc.boolean(),
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
      fc.property(fc.array(anyMove, { maxLength: 200 }), (moves) => {
        const truth = new Map<string, MonoMillis>();
        const deadlines = new Deadlines((key: string) => truth.get(key));
        for (const { key, at, look } of moves) {
          if (at < 0) truth.delete(key);
          else truth.set(key, monoMillis(at));
          if (at >= 0) deadlines.watch(key, monoMillis(at));
          if (!look) continue;
          expect(deadlines.first()).toBe(soonest(truth)?.[1]);
          expect(deadlines.due(monoMillis(20))).toBe(soonest(truth)?.[0]);
        }
      }),
    );
  });

  it("need no word about a later deadline", () => {
    const truth = new Map([
      ["a", monoMillis(1)],
      ["b", monoMillis(2)],
    ]);
    const deadlines = new Deadlines((key: string) => truth.get(key));
    deadlines.watch("a", monoMillis(1));
    deadlines.watch("b", monoMillis(2));
    truth.set("a", monoMillis(3));
    expect(deadlines.due(monoMillis(1))).toBeUndefined();
    expect(deadlines.due(monoMillis(2))).toBe("b");
    truth.delete("b");
    expect(deadlines.first()).toBe(3);
  });
});
