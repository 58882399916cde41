import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { decodeCbor, encodeCbor } from "../../src/ledger/cbor.ts";
import { type Cbor } from "../../src/ledger/cbor-value.ts";
import { LedgerError } from "../../src/ledger/errors.ts";

function verdict(bytes: Uint8Array): string {
  try {
    decodeCbor(bytes);
  } catch (error) {
    return error instanceof LedgerError ? error.code : "another error";
  }
  return "accepted";
}

function meaning(bytes: Uint8Array): { readonly value: Cbor } | undefined {
  return verdict(bytes) === "accepted" ? { value: decodeCbor(bytes) } : undefined;
}

describe("payload CBOR is refused", () => {
  it.each([
    ["an integer that is not in its shortest form", "1817"],
    ["the same in two bytes", "190017"],
    ["a length that is not in its shortest form", "5801ff"],
    ["duplicate map keys", "a200010002"],
    ["an array of indefinite length", "9f01ff"],
    ["a map of indefinite length", "bf0001ff"],
    ["a byte string of indefinite length", "5f4101ff"],
    ["unsorted map keys", "a201000000"],
    ["a float where an integer would do", "f93c00"],
    ["a double where an integer would do", "fb3ff0000000000000"],
    ["a fraction", "f93e00"],
    ["minus zero", "f98000"],
    ["infinity", "f97c00"],
    ["not a number", "f97e00"],
    ["not a number with a payload", "fb7ff8000000000001"],
    ["a tag", "c101"],
    ["a big number in a tag", "c2420100"],
    ["undefined", "f7"],
    ["another simple value", "f0"],
    ["invalid utf-8", "61ff"],
    ["half a surrogate pair as utf-8", "63eda080"],
    ["an integer above 2^53 - 1", "1b0020000000000000"],
    ["a negative integer below -(2^53 - 1)", "3b001fffffffffffff"],
    ["the largest integer", "1bffffffffffffffff"],
    ["trailing bytes", "0000"],
    ["nothing", ""],
    ["an array that ends early", "8201"],
    ["a string that ends early", "6261"],
    ["a length beyond memory", "5bffffffffffffffff"],
    ["a map key above 23", "a1181800"],
    ["a negative map key", "a12000"],
    ["a map key of text", "a1616100"],
    ["nine containers in one another", "81818181818181818100"],
    ["20,000 containers in one another", `${"81".repeat(20_000)}00`],
  ])("for %s", (_, hex) => {
    expect(verdict(fromHex(hex))).toBe("LEDGER_PAYLOAD");
  });
});

describe("payload CBOR is accepted", () => {
  it.each([
    ["the largest integer allowed", "1b001fffffffffffff", 2 ** 53 - 1],
    ["the smallest", "3b001ffffffffffffe", -(2 ** 53 - 1)],
    [
      "map keys in order",
      "a2000117f6",
      new Map([
        [0, 1],
        [23, null],
      ]),
    ],
    ["eight containers in one another", "818181818181818100", [[[[[[[[0]]]]]]]]],
    ["text, bytes, true and false", "8461614101f5f4", ["a", Uint8Array.of(1), true, false]],
  ] as readonly (readonly [string, string, Cbor])[])("for %s", (_, hex, value) => {
    expect(decodeCbor(fromHex(hex))).toEqual(value);
    expect(toHex(encodeCbor(value))).toBe(hex);
  });
});

describe("encoding", () => {
  it.each([1.5, -0, Number.NaN, 2 ** 53, "\ud800", new Map([[24, 1]])] as readonly Cbor[])(
    "refuses %s, which decoding would refuse",
    (value) => {
      expect(() => encodeCbor(value)).toThrow(LedgerError);
    },
  );

  it("is undone by decoding, for every value of the profile", () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decodeCbor(encodeCbor(original))).toEqual(original);
      }),
    );
  });

  it("is the only form that decodes to the value: a changed bit is refused or means something else", () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(7), (original, at, bit) => {
        const bytes = encodeCbor(original);
        const changed = bytes.slice();
        changed[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
        expect(meaning(changed)).not.toEqual({ value: original });
      }),
    );
  });
});

const leaf = fc.oneof(
  fc.maxSafeInteger().filter((number) => !Object.is(number, -0)),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array({ maxLength: 40 }),
  fc.boolean(),
  fc.constant(null),
);
const value: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc
      .dictionary(fc.nat(23).map(String), tie("value"), { maxKeys: 5 })
      .map((entries) => new Map(Object.entries(entries).map(([key, item]) => [Number(key), item]))),
  ),
})).value;
