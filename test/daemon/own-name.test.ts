import { describe, expect, it } from "vitest";
import { isOurName } from "../../src/daemon/upgrade-gate.ts";

const names = new Set(["localhost", "license.studio.example"]);

describe("the name in a Host header", () => {
  it.each([
    "localhost",
    "localhost:7328",
    "License.Studio.Example:7328",
    "10.0.0.5:7328",
    "[::1]:7328",
  ])("%s is ours", (host) => {
    expect(isOurName(host, names)).toBe(true);
  });

  it.each([
    "studio.example",
    "license.studio.example.evil.example",
    "10.0.0.5.evil.example",
    "localhost:7328@evil.example",
    "",
    undefined,
  ])("%s is not", (host) => {
    expect(isOurName(host, names)).toBe(false);
  });
});
