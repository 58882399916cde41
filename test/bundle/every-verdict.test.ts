import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { VERDICT_FACTS, VERDICTS } from "../../src/bundle/verdict.ts";

const folder = new URL(".", import.meta.url);
const titles = readdirSync(folder)
  .filter((name) => name.endsWith(".test.ts"))
  .flatMap(
    (name) =>
      readFileSync(new URL(name, folder), "utf8").match(/it(?:\.each\([^]*?\))?\(\s*"[^"]*"/g) ??
      [],
  )
  .join("\n");

describe("the verdicts", () => {
  it.each(VERDICTS)("%s is reached by a test that bears its name", (verdict) => {
    expect(titles).toContain(verdict);
  });

  it.each(VERDICTS)("%s has a heading in the specification", (verdict) => {
    const page = readFileSync(new URL("../../docs/spec/bundle.md", folder), "utf8");
    expect(page).toContain(`| \`${verdict}\` |`);
  });

  it.each(VERDICTS)("%s says what it means and what to do, in one line each", (verdict) => {
    const { meaning, hint } = VERDICT_FACTS[verdict];
    for (const line of [meaning, hint]) expect(line).toMatch(/^[a-z][^\n]{10,119}[^.\n]$/);
  });

  it("let usage be counted in full only where every block that is there was proven", () => {
    expect(VERDICTS.filter((verdict) => VERDICT_FACTS[verdict].counts === "yes")).toEqual([
      "BLOCKS_MISSING",
      "VERIFIED_WITH_INCIDENTS",
      "EXTENDS",
      "FIRST_VERIFIED",
    ]);
  });
});
