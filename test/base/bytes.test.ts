import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  concat,
  equalBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  readUint,
  toBase64,
  toBase64Url,
  toHex,
  u8,
  u16,
  u32,
  u64,
  utf8,
} from "../../src/base/bytes.ts";

describe("hex", () => {
  it("is lower case, two digits a byte", () => {
    expect(toHex(Uint8Array.of(0, 15, 255))).toBe("000fff");
  });
  it.each(["0", "0F", "0g", " 00"])("refuses %j", (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
  it("reads back what it wrote", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => equalBytes(fromHex(toHex(bytes)), bytes)));
  });
});

describe("base64", () => {
  it("has one written form per alphabet", () => {
    const bytes = Uint8Array.of(251, 255, 254, 0);
    expect(toBase64(bytes)).toBe("+//+AA==");
    expect(toBase64Url(bytes)).toBe("-__-AA");
  });
  it.each(["AA", "AAA", "AAA=\n", "AB==", "A A="])("refuses %j as padded base64", (text) => {
    expect(() => fromBase64(text)).toThrow(RangeError);
  });
  it.each(["AA==", "+/+/", "AB", "A", "AA "])("refuses %j as base64url", (text) => {
    expect(() => fromBase64Url(text)).toThrow(RangeError);
  });
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe("big-endian integers", () => {
  it("are written with the highest byte first", () => {
    expect(toHex(concat(u8(1), u16(2), u32(3), u64(4)))).toBe("010002000000030000000000000004");
  });
  it.each([
    ["u8", () => u8(256)],
    ["u16", () => u16(65_536)],
    ["u32", () => u32(2 ** 32)],
    ["u64 above 2^53 - 1", () => u64(2 ** 53)],
    ["a negative number", () => u32(-1)],
    ["a fraction", () => u32(0.5)],
  ])("refuse what does not fit: %s", (_, write) => {
    expect(write).toThrow(RangeError);
  });
  it("are read back from any offset", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 }), fc.nat({ max: 9 }), (value, offset) => {
        const bytes = concat(new Uint8Array(offset), u64(value));
        expect(readUint(bytes, offset, 8)).toBe(value);
      }),
    );
  });
  it("are not read beyond the end, nor above 2^53 - 1", () => {
    expect(() => readUint(new Uint8Array(7), 0, 8)).toThrow(RangeError);
    expect(() => readUint(new Uint8Array(8), -1, 4)).toThrow(RangeError);
    expect(() => readUint(fromHex("0020000000000000"), 0, 8)).toThrow(RangeError);
    expect(readUint(fromHex("001fffffffffffff"), 0, 8)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("text", () => {
  it("keeps a byte order mark and refuses what is not UTF-8", () => {
    expect(fromUtf8(utf8("\uFEFFé"))).toBe("\uFEFFé");
    expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
  });
});

describe("equality of bytes", () => {
  it("needs the same length and the same content", () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  });
});
