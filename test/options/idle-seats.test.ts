import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { configText } from "../../src/options/config-text.ts";
import { FLEXNET } from "../../src/options/flexnet.ts";
import type { Dialect } from "../../src/options/keyword.ts";
import { RLM } from "../../src/options/rlm.ts";
import { translateOptions } from "../../src/options/translate.ts";
import { siteRulesOf } from "../../src/rules/written-rule.ts";
import { acquire, ada, givenBook, grant, noon, pool } from "../seats/given.ts";
import { flexnet, ignoredOf, lostOf, notesOf, rlm, rulesOf } from "./given.ts";

const TELLS =
  "an application is idle here only if it tells whether somebody works; see docs/CLIENT.md, Idle seats";

describe("idle seats in FlexNet", () => {
  it("have their times in seconds, and a rule for all features comes last", () => {
    const made = flexnet("TIMEOUTALL 7200", "TIMEOUT F1 3600", "LINGER f1 60", "TIMEOUT f2 600");
    expect(rulesOf(made)).toEqual([
      "idle_timeout feature=f1 for=3600s",
      "linger feature=f1 for=60s",
      "idle_timeout feature=f2 for=600s",
      "idle_timeout feature=* for=7200s",
    ]);
    expect(made.rules.map(({ id }) => id)).toContain("idle-timeout-line-1");
    expect(lostOf(made)).toEqual([]);
  });

  it("come with what the application must do, and with what is not documented", () => {
    expect(notesOf(flexnet("TIMEOUTALL 7200", "TIMEOUT f1 3600"))).toEqual([
      `1: ${TELLS}`,
      "1: FlexNet raises times to the vendor's least; here they are as written",
      "1: features with a TIMEOUT of their own keep that; FlexNet does not document it",
    ]);
  });

  it("of a feature that is named twice have the first line; the second is listed", () => {
    const made = flexnet("TIMEOUT f1 3600", "TIMEOUT f1 60", "TIMEOUTALL 60", "TIMEOUTALL 61");
    expect(rulesOf(made)).toEqual([
      "idle_timeout feature=f1 for=3600s",
      "idle_timeout feature=* for=60s",
    ]);
    expect(lostOf(made)).toEqual([
      "2 TIMEOUT: line 1 says it too, and which of the two counts is not documented; remove one of them",
      "4 TIMEOUTALL: line 3 says it too, and which of the two counts is not documented; remove one of them",
    ]);
  });
});

describe("idle seats in RLM", () => {
  it("have the time of the last line, and one for all is instead of those above it", () => {
    const made = rlm(
      "TIMEOUT 4000 write",
      "TIMEOUT 5000 calc",
      "TIMEOUT 6000",
      "TIMEOUT 7000 write",
      "TIMEOUTALL 8000",
      "TIMEOUT 9000 write",
      "TIMEOUT 9500 Write",
    );
    expect(rulesOf(made)).toEqual([
      "idle_timeout feature=write for=9500s",
      "idle_timeout feature=* for=8000s",
    ]);
    expect(ignoredOf(made)).toEqual([
      "1 TIMEOUT: line 7 says it again, and the last one counts",
      "2 TIMEOUT: line 5 says it again, and the last one counts",
      "3 TIMEOUT: line 5 says it again, and the last one counts",
      "4 TIMEOUT: line 7 says it again, and the last one counts",
      "6 TIMEOUT: line 7 says it again, and the last one counts",
    ]);
    expect(lostOf(made)).toEqual([]);
  });

  it("come with what RLM makes of less than an hour", () => {
    expect(notesOf(rlm("TIMEOUT 3600 write", "TIMEOUT 3599 calc"))).toEqual([
      `1: ${TELLS}`,
      "2: RLM makes 3600 seconds of it unless the license says otherwise; here it is as written",
    ]);
  });

  it("do not get the time of a line above that a later one has replaced, though it has no translation", () => {
    const made = rlm("TIMEOUT 4000 write", "TIMEOUTALL 999999");
    expect(rulesOf(made)).toEqual([]);
    expect(lostOf(made)).toEqual([
      '2 TIMEOUTALL: a seat may be idle for seven days at most; write idle_timeout: { feature: "*", for: 7d }, below those for one feature',
    ]);
  });
});

const FEATURES = ["f1", "f2", "f3"];
const LEASE_SECONDS = 90;

/** A line for a feature, or for all. */
interface TimeoutLine {
  readonly feature: string | null;
  readonly seconds: number;
}

const timeoutLine: fc.Arbitrary<TimeoutLine> = fc.record({
  feature: fc.option(fc.constantFrom("f1", "f2")),
  seconds: fc.integer({ min: 1, max: 604_800 }),
});

const files: Readonly<Record<Dialect["name"], fc.Arbitrary<readonly TimeoutLine[]>>> = {
  FlexNet: fc.uniqueArray(timeoutLine, { selector: ({ feature }) => feature }),
  RLM: fc.array(timeoutLine, { maxLength: 6 }),
};

function written(lines: readonly TimeoutLine[], { name }: Dialect): string {
  return lines
    .map(({ feature, seconds }) => {
      if (feature === null) return `TIMEOUTALL ${seconds}`;
      return name === "RLM" ? `TIMEOUT ${seconds} ${feature}` : `TIMEOUT ${feature} ${seconds}`;
    })
    .join("\n");
}

/** What the manual says: how long the seats of each feature may be idle. */
function original(lines: readonly TimeoutLine[], { name }: Dialect): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  // RLM reads one line after the other. In FlexNet their order says nothing.
  const read = name === "RLM" ? lines : lines.toSorted((one) => (one.feature === null ? -1 : 1));
  for (const { feature, seconds } of read) {
    for (const each of feature === null ? FEATURES : [feature]) times.set(each, seconds);
  }
  return times;
}

describe.each([FLEXNET, RLM])("a file of $name about idle seats", (dialect: Dialect) => {
  it("ends them after the time that the original has, but not before the lease time", () => {
    fc.assert(
      fc.property(files[dialect.name], (lines) => {
        const translation = translateOptions(written(lines, dialect), dialect);
        const yaml = configText(translation, "site.opt");
        const rules = siteRulesOf(readConfig(yaml, "/etc/seatkeeper/rules.yaml"));
        const grants = [grant({ seats: 1 })];
        const pools = FEATURES.map((name) => pool({ name, grants }));
        const book = givenBook({ pools, rules });
        const wanted = original(lines, dialect);
        for (const [index, feature] of FEATURES.entries()) {
          const { answer } = book.decide(acquire(ada, index + 1, { feature }), noon);
          const seconds = wanted.get(feature);
          const idleAt =
            seconds === undefined ? null : noon.mono + Math.max(seconds, LEASE_SECONDS) * 1_000;
          expect(answer).toMatchObject({ kind: "granted", lease: { feature, idleAt } });
        }
      }),
      { numRuns: 300 },
    );
  });
});
