import { describe, expect, it } from "vitest";
import { type Bug, CrashingSite, diceOf } from "./crashing-site.ts";

const STEPS = 14;

/** What went wrong in the first run that went wrong; undefined when all was well. */
function firstViolation(seeds: number, bug: Bug): string | undefined {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      live(seed, bug);
    } catch (error) {
      return `seed ${seed}: ${(error as Error).message}`;
    }
  }
  return undefined;
}

function live(seed: number, bug: Bug): number {
  const site = new CrashingSite(diceOf(seed), bug);
  for (let step = 0; step < STEPS; step += 1) site.step();
  site.check();
  return site.crashes;
}

describe("a site whose machine stops anywhere, also while it recovers", () => {
  it("keeps every event once, every released head, one key, and reports no incident", {
    timeout: 60_000,
  }, () => {
    expect(firstViolation(120, {})).toBeUndefined();
  });

  it("really crashes in these runs", () => {
    expect(live(1, {}) + live(2, {}) + live(3, {})).toBeGreaterThan(10);
  });
});

const BUGS: readonly (readonly [string, Bug])[] = [
  ["never erases the old slot", { drops: (call) => call.erasing }],
  [
    "erases the old slot without a sync",
    { drops: (call, recovering) => call.afterErasing && !recovering },
  ],
  ["forgets the outbox", { forgetsOutbox: true }],
  [
    "does not write the block again in recovery",
    { drops: (call, recovering) => call.name === "appendAt" && recovering },
  ],
  [
    "erases the old slot before the new one is synced",
    {
      drops: (call, recovering) => call.name === "syncState" && !call.afterErasing && !recovering,
    },
  ],
  ["moves the keys on before the block is synced", { drops: (call) => call.name === "syncChain" }],
];

describe.each(BUGS)("a ledger that %s", (_, bug) => {
  it("is found out", { timeout: 60_000 }, () => {
    expect(firstViolation(400, bug)).toBeDefined();
  });
});
