import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { configText } from "../../src/options/config-text.ts";
import { FLEXNET } from "../../src/options/flexnet.ts";
import type { Dialect } from "../../src/options/keyword.ts";
import { RLM } from "../../src/options/rlm.ts";
import { translateOptions } from "../../src/options/translate.ts";
import { compileGroups } from "../../src/rules/group.ts";
import { door } from "../rules/given.ts";

const FILE = "/etc/seatkeeper/rules.yaml";

const keywords = [...FLEXNET.keywords, ...RLM.keywords].map(({ word }) => word);
const words = (
  "USER HOST GROUP HOST_GROUP INTERNET INTERNET_GROUP DISPLAY PROJECT f1 F1 f1:VERSION=2.0 stars " +
  'joe ALL_USERS ALL_GROUPS * 0 1 7 3600 99999999999 10.1.*.* 10.1.0.0/16 ::1 id=3 ON OFF \\ " # ' +
  "true null - --- &a *a !x ' { ["
).split(" ");
const phrases = ['"f1 KEY=a"', "a: b", ...words, ...keywords];

/** Lines of what options files are made of, and of anything else. */
const options = fc
  .array(
    fc.array(fc.oneof(fc.constantFrom(...phrases), fc.string({ unit: "binary", maxLength: 8 })), {
      maxLength: 7,
    }),
    { maxLength: 12 },
  )
  .map((lines) => lines.map((line) => line.join(" ")).join("\n"));

describe.each([FLEXNET, RLM])("any text as an options file of $name", (dialect: Dialect) => {
  it("is translated to what the daemon accepts", () => {
    fc.assert(
      fc.property(fc.oneof(options, fc.string({ unit: "binary" })), (text) => {
        const yaml = configText(translateOptions(text, dialect), "site.opt");
        expect(readConfig(yaml, FILE).listen.port).toBe(7328);
      }),
      { numRuns: 500 },
    );
  });

  it("has an account for each of its lines", () => {
    fc.assert(
      fc.property(options, (text) => {
        const { accounts } = translateOptions(text, dialect);
        const told = new Set(
          accounts.flatMap(({ line, last }) =>
            Array.from({ length: last - line + 1 }, (_, index) => line + index),
          ),
        );
        const lines = text.split(/\r\n|\r|\n/).map((_, index) => index + 1);
        expect([...told].toSorted((one, other) => one - other)).toEqual(lines);
      }),
      { numRuns: 500 },
    );
  });

  it("has each rule told of in exactly one account, and each account of a rule a rule", () => {
    fc.assert(
      fc.property(options, (text) => {
        const { accounts, rules, groups } = translateOptions(text, dialect);
        const made = accounts.flatMap(({ fate }) => (fate.kind === "translated" ? [fate.as] : []));
        const ids = rules.map(({ id }) => id);
        expect(made.filter((each) => ids.includes(each)).toSorted()).toEqual(ids.toSorted());
        const named = new Set(groups.map(({ name }) => name));
        expect(named.size).toBe(groups.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe("logins of an options file", () => {
  const login = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((text) => /^[^\s*?"#\p{Cc}\p{Cs}\\]+$/u.test(text));

  it("survive the way through YAML to the door, and no other login comes in", () => {
    fc.assert(
      fc.property(login, login, (one, other) => {
        const text = `GROUP stars ${one}\nEXCLUDE f1 GROUP stars`;
        const yaml = configText(translateOptions(text, FLEXNET), "site.opt");
        const { groups } = readConfig(yaml, FILE);
        const keeper = compileGroups(groups);
        expect(keeper.groupsOf(door(one)).has("stars")).toBe(true);
        const isSame = one.normalize("NFC") === other.normalize("NFC");
        expect(keeper.groupsOf(door(other)).has("stars")).toBe(isSame);
      }),
    );
  });

  it("are in no name of a group or rule: those go further than the door", () => {
    const text = "EXCLUDE f1 USER zebulon\nMAX 1 f1 HOST xylophone\nRESERVE 1 f1 INTERNET 10.9.8.7";
    const { groups, rules } = translateOptions(text, FLEXNET);
    const names = [...groups.map(({ name }) => name), ...rules.map(({ id }) => id)].join(" ");
    expect(names).not.toMatch(/zebulon|xylophone|10\.9/);
  });
});

describe("a hostile options file", () => {
  it.each([
    ["more than a megabyte", "x".repeat(1_048_577)],
    ["more than 100,000 lines", "\n".repeat(100_000)],
    ["more than 10,000 rules", "LINGER f 1\n".repeat(1) + "EXCLUDEALL USER a\n".repeat(10_001)],
    [
      "a group of more than 10,000 members",
      Array.from({ length: 10_001 }, (_, index) => `GROUP g u${index}`).join("\n"),
    ],
  ])("with %s is refused", (_, text) => {
    expect(() => translateOptions(text, FLEXNET)).toThrow(
      expect.objectContaining({ code: "OPTIONS_TOO_LARGE" }),
    );
  });

  it("whose configuration would be too long is refused", () => {
    const members = Array.from({ length: 99 }, (_, index) => "m".repeat(30) + index).join(" ");
    const lines = Array.from({ length: 300 }, (_, index) => `GROUP g${index} ${members}`);
    const translation = translateOptions(lines.join("\n"), FLEXNET);
    expect(() => configText(translation, "x")).toThrow(
      expect.objectContaining({ code: "OPTIONS_TOO_LARGE" }),
    );
  });

  it("of quotes, backslashes and blanks takes no more time than its length", () => {
    for (const unit of ['"', "\\ ", " \\", '" ', "# \\\n", "\\\n"]) {
      const text = unit.repeat(Math.floor(1_000_000 / unit.length)).slice(0, 1_000_000);
      const lines = text.split("\n").length;
      if (lines > 100_000) continue;
      expect(translateOptions(text, FLEXNET).rules).toEqual([]);
    }
  });
});
