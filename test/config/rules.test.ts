import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/errors.ts";
import { reviewRules } from "../../src/rules/review.ts";
import { siteRulesOf } from "../../src/rules/written-rule.ts";

const FILE = "/etc/seatkeeper/config.yaml";

function refusalOf(text: string): string {
  try {
    readConfig(text, FILE);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

const groups = "groups:\n  cad: { users: [ada] }\nrules:\n";
const refused = (rule: string): string =>
  refusalOf(`${groups}  - ${rule}\n`).replace(`${FILE}:`, "");

describe("the rules of a configuration", () => {
  it("reach the engine as data, each under its id", () => {
    const config = readConfig(
      `
groups:
  cad-team: { users: [ada, "b*"], hosts: ["cad-*"], networks: ["10.1.0.0/16"] }
  interns: { ignore_case: true }
rules:
  - id: reserve-cad
    reserve: { feature: cad.pro, seats: 1, for: cad-team }
    reason: "one seat is kept for the CAD team"
  - exclude: { feature: "sim.*", who: interns }
  - include: { feature: cad.pro, who: [cad-team, interns] }
  - max: { feature: cad.pro, seats: 2, per: group, who: interns }
  - priority: { feature: cad.pro, value: -10 }
  - linger: { feature: cad.pro, for: 30s }
  - min_lease: { feature: cad.pro, for: 10m, who: interns }
  - idle_timeout: { feature: cad.pro, for: 1h }
  - require_bound: { feature: cad.pro, labels: [user] }
  - borrow: { feature: "cad.*", days: 3, seats: 2, who: interns }
policy: { show_holders: pseudonym }
`,
      FILE,
    );
    expect(config.groups).toEqual({
      "cad-team": {
        users: ["ada", "b*"],
        hosts: ["cad-*"],
        networks: [{ base: [10, 1, 0, 0], prefix: 16 }],
        ignoreCase: false,
      },
      interns: { users: [], hosts: [], networks: [], ignoreCase: true },
    });
    expect(siteRulesOf(config)).toEqual({
      reserve: [
        {
          ruleId: "reserve-cad",
          feature: "cad.pro",
          seats: 1,
          for: ["cad-team"],
          reason: "one seat is kept for the CAD team",
        },
      ],
      exclude: [{ ruleId: "exclude-2", feature: "sim.*", who: ["interns"] }],
      include: [{ ruleId: "include-3", feature: "cad.pro", who: ["cad-team", "interns"] }],
      max: [{ ruleId: "max-4", feature: "cad.pro", seats: 2, per: "group", who: ["interns"] }],
      priority: [{ ruleId: "priority-5", feature: "cad.pro", value: -10, who: null }],
      linger: [{ ruleId: "linger-6", feature: "cad.pro", span: 30_000, who: null }],
      minLease: [{ ruleId: "min_lease-7", feature: "cad.pro", span: 600_000, who: ["interns"] }],
      idleTimeout: [{ ruleId: "idle_timeout-8", feature: "cad.pro", span: 3_600_000, who: null }],
      requireBound: [
        { ruleId: "require_bound-9", feature: "cad.pro", labels: ["user"], who: null },
      ],
      borrow: [
        { ruleId: "borrow-10", feature: "cad.*", who: ["interns"], span: 259_200_000, seats: 2 },
      ],
      showHolders: "pseudonym",
    });
  });

  it("are refused with their line when they are no rules", () => {
    expect(refused("exlude: { feature: cad.pro, who: cad }")).toBe(
      "4:5: rules.0.exlude: unknown option, did you mean exclude?",
    );
    expect(refused("max: { feature: cad.pro, seats: 2, per: user, whoo: cad }")).toBe(
      "4:51: rules.0.max.whoo: unknown option, did you mean who?",
    );
    expect(refused("{ id: a }")).toBe(
      "4:5: rules.0: says not what it does: reserve, include, exclude, max, priority, linger, min_lease, idle_timeout, require_bound, borrow",
    );
    expect(refused("{ linger: { feature: a, for: 3s }, priority: { feature: a, value: 1 } }")).toBe(
      "4:5: rules.0: does one thing; priority and linger are rules of their own",
    );
    expect(refused("priority: { feature: cad.pro, value: 1001 }")).toBe(
      "4:35: rules.0.priority.value: too big: expected number to be <=1000",
    );
    expect(refused("linger: { feature: cad.pro, for: 30 }")).toBe(
      "4:33: rules.0.linger.for: expected a duration such as 90s",
    );
    expect(refused("exclude: { feature: CAD Pro, who: cad }")).toBe(
      "4:16: rules.0.exclude.feature: expected the name of a feature; * and ? are wildcards",
    );
    expect(refused("exclude: { feature: cad.pro, who: [] }")).toMatch(
      /^4:34: rules\.0\.exclude\.who/,
    );
    expect(refused("borrow: { feature: cad.pro, who: cad }")).toBe(
      "4:5: rules.0.borrow: says neither days nor seats",
    );
    expect(refused("borrow: { feature: cad.pro, days: 367 }")).toMatch(
      /^4:33: rules\.0\.borrow\.days/,
    );
    expect(refused("exclude:")).toBe("4:5: rules.0.exclude: expected object, received null");
  });

  it("name groups that are there", () => {
    expect(refused("exclude: { feature: cad.pro, who: [cad, constructor] }")).toBe(
      "4:34: rules.0.exclude.who: there is no group constructor",
    );
  });

  it("have ids of their own", () => {
    const two =
      "id: a\n    exclude: { feature: a, who: cad }\n  - id: a\n    linger: { feature: a, for: 1s }";
    expect(refused(two)).toBe(
      "6:5: rules.1.id: the id a is taken by rule 1; give one of them another id",
    );
  });
});

describe("the groups of a configuration", () => {
  it.each([
    [
      "groups: { cad: { user: [a] } }",
      "1:18: groups.cad.user: unknown option, did you mean users?",
    ],
    ["groups: { 'c d': {} }", "1:11: groups.c d: a group has a name of letters, digits and . _ -"],
    [
      "groups: { cad: { networks: [10.1.2.3/16] } }",
      "1:29: groups.cad.networks.0: there are bits behind the prefix; 10.1.0.0/16 is meant, or another prefix",
    ],
    [
      "groups: { cad: { networks: [intranet] } }",
      "1:29: groups.cad.networks.0: expected a network such as 10.1.0.0/16 or 2001:db8::/32",
    ],
  ])("%j are refused", (text, message) => {
    expect(refusalOf(text)).toBe(`${FILE}:${message}`);
  });
});

describe("the examples of config.example.yaml", () => {
  it("are rules and groups as they stand, of every kind, without a contradiction", () => {
    const example = readFileSync(new URL("../../config.example.yaml", import.meta.url), "utf8");
    const text = example
      .replace("\ngroups: {}\n", "\ngroups:\n")
      .replace("\nrules: []\n", "\nrules:\n")
      .replaceAll(/^#(?= {2})/gm, "");
    const config = readConfig(text, FILE);
    expect(Object.keys(config.groups)).toEqual(["cad-team", "field", "interns"]);
    expect(config.rules.map(({ kind }) => kind)).toEqual([
      "reserve",
      "include",
      "exclude",
      "max",
      "max",
      "priority",
      "linger",
      "min_lease",
      "idle_timeout",
      "borrow",
      "borrow",
      "require_bound",
    ]);
    const findings = reviewRules(config).filter(({ severity }) => severity !== "remark");
    expect(findings).toEqual([]);
  });
});
