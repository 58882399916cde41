import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import type { Cbor } from "../../src/ledger/cbor-value.ts";
import { canonicalElements } from "../../src/ledger/cbor-writer.ts";

const integers = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 70_000 }));
const { value: values } = fc.letrec<{ value: Cbor; list: Cbor; map: Cbor }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    integers,
    fc.string({ unit: "grapheme" }),
    fc.uint8Array({ maxLength: 300 }),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 30 }),
  map: fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 23 }), tie("value")), {
      selector: ([key]) => key,
    })
    .map((entries) => new Map(entries)),
}));

describe("the one encoding of a payload", () => {
  it("is what a general encoder makes of it", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(toHex(canonicalElements(value).whole)).toBe(toHex(encode(value)));
      }),
    );
  });

  it("of a list holds that of each element", () => {
    fc.assert(
      fc.property(fc.array(values), (list) => {
        const encoded = list.map((each) => toHex(canonicalElements(each).whole));
        expect(canonicalElements(list).elements.map(toHex)).toEqual(encoded);
      }),
    );
  });

  it.each<[Cbor, string]>([
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [255, "18ff"],
    [256, "190100"],
    [65_536, "1a00010000"],
    [1_000_000_000_000, "1b000000e8d4a51000"],
    [9_007_199_254_740_991, "1b001fffffffffffff"],
    [-1, "20"],
    [-1_000, "3903e7"],
    ["ü", "62c3bc"],
    [fromHex("01020304"), "4401020304"],
    [[1, [2, 3]], "8201820203"],
    [
      new Map<number, Cbor>([
        [2, false],
        [0, true],
        [1, null],
      ]),
      "a300f501f602f4",
    ],
  ])("of %j is as in RFC 8949, appendix A", (value, hex) => {
    expect(toHex(canonicalElements(value).whole)).toBe(hex);
  });
});
