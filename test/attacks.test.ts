import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync(new URL("../docs/spec/attacks.md", import.meta.url), "utf8");

const attacks = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => {
    const [, name = "", , answer = "", test = ""] = line.split("|").map((cell) => cell.trim());
    return { name: name.replaceAll("`", ""), answer, test };
  });

describe("an attack in docs/spec/attacks.md", () => {
  it("has a name of its own", () => {
    const names = attacks.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(attacks.filter(({ test }) => test !== "none"))(
    "$name is played by the test that it names",
    ({ test }) => {
      const [, file = "", title = ""] = /^`(test\/[^`]+\.test\.ts)`: (.+)$/.exec(test) ?? [];
      expect(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")).toContain(`"${title}"`);
    },
  );

  it.each(attacks.filter(({ test }) => test === "none"))(
    "$name has no test because it stands",
    ({ answer }) => {
      expect(answer).toMatch(/^stands:/);
    },
  );
});
