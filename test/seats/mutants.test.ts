import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import mutants from "./reference/mutants.json" with { type: "json" };

describe("a deliberate mistake that the reference model must catch (tools/mutants.mjs)", () => {
  it.each(mutants)("can still be made in $file: $law", ({ file, from, to }) => {
    const source = readFileSync(new URL(`../../src/seats/${file}`, import.meta.url), "utf8");
    expect(source.split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  });
});
