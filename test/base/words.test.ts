import { describe, expect, it } from "vitest";
import { CodedError, messageOf, systemCode } from "../../src/base/errors.ts";
import {
  chainId,
  clientKey,
  idempotencyKey,
  instanceId,
  leaseId,
  PRODUCT_NAME,
} from "../../src/base/ids.ts";
import {
  after,
  between,
  days,
  isoTime,
  millis,
  monoMillis,
  unixMillis,
} from "../../src/base/time.ts";

const hex = "00112233445566778899aabbccddeeff";

describe("an id", () => {
  it("of a lease, an instance or a chain is 16 bytes in lower-case hex", () => {
    expect([leaseId(hex), instanceId(hex), chainId(hex)]).toEqual([hex, hex, hex]);
    for (const make of [leaseId, instanceId, chainId]) {
      expect(() => make(hex.toUpperCase())).toThrow(RangeError);
      expect(() => make(`${hex}\n`)).toThrow(RangeError);
      expect(() => make(hex.slice(2))).toThrow(RangeError);
    }
  });
  it("of a client is 32 bytes in the one canonical base64url form", () => {
    const zero = "A".repeat(43);
    expect(clientKey(zero)).toBe(zero);
    expect(() => clientKey(`${"A".repeat(42)}B`)).toThrow(RangeError);
    expect(() => clientKey(`${zero}=`)).toThrow(RangeError);
  });
  it("of a request is 1 to 64 plain characters", () => {
    expect(idempotencyKey("order-66_a.b:c")).toBe("order-66_a.b:c");
    for (const wrong of ["", "a b", "ä", "x".repeat(65)]) {
      expect(() => idempotencyKey(wrong)).toThrow(RangeError);
    }
  });
});

describe("a product name", () => {
  it.each(["cad.pro", "a", "render.minutes", "x2_y-z"])("may be %j", (name) => {
    expect(PRODUCT_NAME.test(name)).toBe(true);
  });
  it.each(["", ".a", "a.", "Cad", "a b", "a".repeat(65), "a\n"])("may not be %j", (name) => {
    expect(PRODUCT_NAME.test(name)).toBe(false);
  });
});

describe("time", () => {
  it("is whole and never negative, but on the monotonic clock before the process began", () => {
    expect(() => unixMillis(-1)).toThrow(RangeError);
    expect(() => millis(0.5)).toThrow(RangeError);
    expect(monoMillis(-5.5)).toBe(-5.5);
    expect(() => monoMillis(Number.NaN)).toThrow(RangeError);
  });
  it("between a later and an earlier moment is zero", () => {
    const noon = monoMillis(1_000.7);
    expect(between(noon, after(noon, millis(250)))).toBe(250);
    expect(between(after(noon, millis(1)), noon)).toBe(0);
  });
  it("is written for people in UTC", () => {
    expect(isoTime(unixMillis(days(365)))).toBe("1971-01-01T00:00:00.000Z");
  });
});

describe("a coded error", () => {
  it("carries its code, the next step, the facts and the cause", () => {
    const cause = new Error("disk");
    const error = new CodedError("X_BROKEN", "it broke", {
      hint: "mend it",
      cause,
      facts: { line: 3 },
    });
    expect(error).toMatchObject({
      name: "CodedError",
      code: "X_BROKEN",
      message: "it broke",
      hint: "mend it",
      cause,
      facts: { line: 3 },
    });
  });
  it("without options has no hint, no facts and no cause", () => {
    const error = new CodedError("X_BROKEN", "it broke");
    expect(error.hint).toBeUndefined();
    expect(error.facts).toEqual({});
    expect("cause" in error).toBe(false);
  });
});

describe("anything thrown", () => {
  it("has a text, and a system code when the operating system gave one", () => {
    expect(messageOf("plain")).toBe("plain");
    expect(messageOf(new Error("told"))).toBe("told");
    expect(systemCode(Object.assign(new Error("full"), { code: "ENOSPC" }))).toBe("ENOSPC");
    expect(systemCode(Object.assign(new Error("odd"), { code: 5 }))).toBeUndefined();
    expect(systemCode(new Error("none"))).toBeUndefined();
    expect(systemCode("ENOSPC")).toBeUndefined();
  });
});
