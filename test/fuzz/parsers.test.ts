import { describe, expect, it } from "vitest";
import { corpusOf, fuzz, tried } from "./fuzzing.ts";
import { TARGETS } from "./targets.ts";

/** `npm run fuzz` gives ten minutes to all; without it each reader gets some seconds. */
const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? "45");
const SEED = Number(process.env["FUZZ_SEED"] ?? "1");
const each = SECONDS / TARGETS.length;
const PATIENCE = { timeout: each * 1_000 + 60_000 };

describe.each(TARGETS)("the reader of a $name", (target) => {
  it("takes what is honest", () => {
    const refused = target.seeds.filter((seed) => !tried(target, seed).isAccepted);
    expect(refused).toEqual([]);
  });

  it("keeps its promise on every input that once was of interest", () => {
    expect(() => corpusOf(target.name).map((input) => tried(target, input))).not.toThrow();
  });

  it("reads changed files in bounded time, and refuses with a coded error alone", PATIENCE, () => {
    const { runs, parts, accepted, slowest } = fuzz(target, each, SEED);
    // So that nobody takes a reader that was never reached for a sound one.
    expect(runs).toBeGreaterThan(target.seeds.length);
    expect(parts).toBeGreaterThan(5);
    if (process.env["FUZZ_SECONDS"] === undefined) return;
    process.stderr.write(
      `${target.name}: ${runs} inputs, ${accepted} accepted, ${parts} parts, slowest ${slowest} ms\n`,
    );
  });
});
