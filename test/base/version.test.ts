import { describe, expect, it } from "vitest";
import { compareVersions } from "../../src/base/version.ts";

describe("versions", () => {
  it.each([
    ["2026.10", "2026.9"],
    ["2026.1.5", "2026.1"],
    ["10", "9.9.9"],
    ["1.0.1", "1"],
    ["0.1", ""],
    ["100000000000000000001", "100000000000000000000"],
  ])("%s is above %s", (above, below) => {
    expect(compareVersions(above, below)).toBeGreaterThan(0);
    expect(compareVersions(below, above)).toBeLessThan(0);
  });

  it.each([
    ["2026", "2026.0.0"],
    ["2026.01", "2026.1"],
    ["2026.1-beta", "2026.1"],
    ["", "0"],
    ["beta", ""],
  ])("%s equals %s", (one, other) => {
    expect(compareVersions(one, other)).toBe(0);
  });
});
