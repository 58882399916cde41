import { describe, expect, it } from "vitest";
import { matchesWildcard } from "../../src/base/wildcard.ts";

describe("a pattern", () => {
  it.each([
    ["cad.pro", "cad.pro"],
    ["cad.*", "cad.pro"],
    ["cad*", "cad"],
    ["*", ""],
    ["*", "anything"],
    ["c?d.*", "cad.pro"],
    ["*.pro", "cad.x.pro"],
    ["a*b*c", "a-b-b-c"],
  ])("%s fits %j", (pattern, text) => {
    expect(matchesWildcard(pattern, text)).toBe(true);
  });

  it.each([
    ["cad.pro", "cad.pros"],
    ["cad.pro", "cadxpro"],
    ["cad.?", "cad."],
    ["?", ""],
    ["", "cad"],
    ["*.pro", "cad.pro.x"],
    ["a*b*c", "a-b"],
  ])("%s does not fit %j", (pattern, text) => {
    expect(matchesWildcard(pattern, text)).toBe(false);
  });

  it("of many stars costs no time that matters", () => {
    expect(matchesWildcard("*a".repeat(500), "a".repeat(499).concat("b"))).toBe(false);
  });
});
