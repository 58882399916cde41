import { describe, expect, it } from "vitest";
import { parsePseudonym, rawIdentity } from "../../src/base/identity.ts";
import { isSensitiveField } from "../../src/privacy/guard.ts";
import { pseudonymOf } from "../../src/privacy/pseudonym.ts";

const siteKey = new Uint8Array(32).fill(7);
const ada = rawIdentity("ada");

describe("a pseudonym", () => {
  it("is what the documented formula gives", () => {
    // printf 'seatkeeper/pseudonym/v1\0user\0ada' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07
    expect(pseudonymOf(siteKey, "user", ada)).toBe("u_tR02Dpwq2F2POiEry17xMQ");
  });

  it("says what kind of identity it stands for", () => {
    expect(pseudonymOf(siteKey, "user", ada)).toMatch(/^u_/);
    expect(pseudonymOf(siteKey, "host", ada)).toMatch(/^h_/);
    expect(pseudonymOf(siteKey, "display", ada)).toMatch(/^d_/);
  });

  it("differs between a user and a host of the same name", () => {
    const user = pseudonymOf(siteKey, "user", ada);
    const host = pseudonymOf(siteKey, "host", ada);
    expect(user.slice(2)).not.toBe(host.slice(2));
  });

  it("differs from site to site", () => {
    const elsewhere = new Uint8Array(32).fill(8);
    expect(pseudonymOf(siteKey, "user", ada)).not.toBe(pseudonymOf(elsewhere, "user", ada));
  });

  it("is the same however the name was typed or composed", () => {
    const composed = pseudonymOf(siteKey, "user", rawIdentity("jos\u00e9"));
    expect(pseudonymOf(siteKey, "user", rawIdentity(" jose\u0301\n"))).toBe(composed);
  });

  it("tells upper from lower case", () => {
    expect(pseudonymOf(siteKey, "user", rawIdentity("Ada"))).not.toBe(
      pseudonymOf(siteKey, "user", ada),
    );
  });

  it("is not made with a short key", () => {
    expect(() => pseudonymOf(new Uint8Array(31), "user", ada)).toThrow(RangeError);
  });
});

describe("reading a pseudonym back", () => {
  it("gives what was kept", () => {
    const kept: string = pseudonymOf(siteKey, "host", ada);
    expect(parsePseudonym(kept)).toBe(kept);
  });

  it.each(["ada", "", "u_ada", "x_AAAAAAAAAAAAAAAAAAAAAA", "u_AAAAAAAAAAAAAAAAAAAAAB"])(
    "refuses %j without repeating it",
    (text) => {
      expect(() => parsePseudonym(text)).toThrow(/^not a pseudonym$/);
    },
  );
});

describe("the guard", () => {
  it.each(["user", "userName", "HOST", "remote_address", "accessToken", "site-key", "Cookie"])(
    "finds the field %s sensitive",
    (name) => {
      expect(isSensitiveField(name)).toBe(true);
    },
  );

  it.each(["feature", "lease", "count", "path", "code", "vendor", "port"])(
    "leaves the field %s alone",
    (name) => {
      expect(isSensitiveField(name)).toBe(false);
    },
  );
});
