import { describe, expect, it } from "vitest";
import { reviewRules } from "../../src/rules/review.ts";
import type { SitePolicy } from "../../src/rules/written-rule.ts";
import { borrow, exclude, group, include, linger, max, priority, reserve, site } from "./given.ts";

const groups = {
  cad: group({ users: ["ada", "bob"] }),
  ada: group({ users: ["ada"] }),
  field: group({ hosts: ["field-*"] }),
  laptops: group({ hosts: ["*"] }),
};
const licensed = [
  { name: "cad.pro", seats: 3 },
  { name: "sim.solver", seats: 1 },
];

/** The findings that are no remarks, as `severity rule path: text`. */
function complaints(policy: SitePolicy, known: typeof licensed | undefined = licensed): string[] {
  return reviewRules(policy, known)
    .filter(({ severity }) => severity !== "remark")
    .map(({ severity, ruleId, path, text }) => `${severity} ${ruleId} ${path.join(".")}: ${text}`);
}

describe("rules that fit together", () => {
  it("are found to be fine", () => {
    const policy = site(
      groups,
      reserve("keep", "cad.pro", 2, "cad"),
      include("in", "cad.pro", "cad", "field"),
      exclude("out", "sim.*", "field"),
      max("few", "cad.*", 1, "user", ["laptops"]),
      priority("ada-first", "cad.pro", 10, ["ada"]),
      priority("then-cad", "cad.pro", 5, ["cad"]),
      linger("stay", "*", ["laptops"]),
    );
    expect(reviewRules(policy, licensed)).toEqual([]);
  });
});

describe("names", () => {
  it("must be those of groups", () => {
    expect(complaints(site(groups, include("in", "cad.pro", "cad", "cda")))).toEqual([
      "error in rules.0.include.who: there is no group cda",
    ]);
    expect(complaints(site(groups, reserve("keep", "cad.pro", 1, "cda")))).toEqual([
      "error keep rules.0.reserve.for: there is no group cda",
    ]);
  });

  it("of rules are unique", () => {
    const policy = site(groups, exclude("x", "cad.pro", "cad"), exclude("x", "sim.*", "cad"));
    expect(complaints(policy)).toEqual([
      "error x rules.1.id: the id x is taken by rule 1; give one of them another id",
    ]);
  });

  it("of features are licensed ones, where the licenses are known", () => {
    const policy = site(groups, exclude("out", "cad.por", "cad"));
    expect(complaints(policy)).toEqual([
      "contradiction out rules.0.exclude.feature: no license has a feature cad.por; the rule does nothing",
    ]);
    expect(reviewRules(policy).filter(({ severity }) => severity !== "remark")).toEqual([]);
  });

  it("of groups that no rule mentions, or that nobody can bear, are remarked upon", () => {
    const policy = site({ idle: group({ users: ["x"] }), empty: group({}) });
    expect(reviewRules({ ...policy, rules: [exclude("out", "*", "empty")] }, licensed)).toEqual([
      {
        severity: "remark",
        ruleId: null,
        path: ["groups", "idle"],
        text: "no rule names the group idle",
      },
      {
        severity: "remark",
        ruleId: null,
        path: ["groups", "empty"],
        text: "nobody can be in the group empty",
      },
    ]);
  });

  it("are needed by a maximum per group", () => {
    expect(complaints(site(groups, max("few", "cad.pro", 1, "group")))).toEqual([
      "error few rules.0.max.per: a maximum per group names its groups with who",
    ]);
  });
});

describe("groups that ignore case", () => {
  const cased = {
    any: group({ users: ["Ada", "BOB"], ignoreCase: true }),
    exact: group({ users: ["Ada"] }),
    all: group({ users: ["*"] }),
  };

  it("contain groups that do not, and are contained by none that names one case", () => {
    expect(
      complaints(site(cased, include("in", "cad.pro", "exact"), exclude("out", "cad.pro", "any"))),
    ).toEqual(["contradiction in rules.0.include.who: nobody can satisfy it: out excludes exact"]);
    expect(
      complaints(site(cased, include("in", "cad.pro", "any"), exclude("out", "cad.pro", "exact"))),
    ).toEqual([]);
    expect(
      complaints(site(cased, include("in", "cad.pro", "any"), exclude("out", "cad.pro", "all"))),
    ).toEqual([
      "contradiction in rules.0.include.who: nobody can satisfy it: out excludes any",
      "contradiction out rules.1.exclude.who: everybody is in the group all, so nobody can use cad.pro",
    ]);
  });

  it("may be of more holders than they name", () => {
    const few = max("few", "cad.pro", 1, "user", ["any"]);
    expect(complaints(site(cased, reserve("keep", "cad.pro", 3, "any"), few))).toEqual([]);
  });
});

/** Everything that is said, also remarks, as `severity rule: text`. */
function sayings(policy: SitePolicy, known: typeof licensed | undefined = licensed): string[] {
  return reviewRules(policy, known).map(
    ({ severity, ruleId, text }) => `${severity} ${ruleId}: ${text}`,
  );
}

describe("a rule for everybody", () => {
  const wide = {
    logins: group({ users: ["*"] }),
    addresses: group({ networks: ["0.0.0.0/0", "::/0"] }),
    four: group({ networks: ["0.0.0.0/0"] }),
  };

  it("that excludes leaves the feature to nobody", () => {
    expect(complaints(site(wide, exclude("out", "cad.pro", "logins")))).toEqual([
      "contradiction out rules.0.exclude.who: everybody is in the group logins, so nobody can use cad.pro",
    ]);
    expect(complaints(site(wide, exclude("out", "cad.pro", "addresses")))).toEqual([
      "contradiction out rules.0.exclude.who: everybody is in the group addresses, so nobody can use cad.pro",
    ]);
    expect(complaints(site(wide, exclude("out", "cad.pro", "four")))).toEqual([]);
  });

  it("that includes keeps nobody out", () => {
    expect(sayings(site({ all: wide.logins }, include("in", "cad.pro", "all")))).toEqual([
      "remark in: everybody is in the group all, so no include keeps anybody from cad.pro",
    ]);
  });

  it("that allows no seat shuts everybody out, and one for a group only says exclude in other words", () => {
    expect(complaints(site({}, max("none", "cad.pro", 0, "user")))).toEqual([
      "contradiction none rules.0.max.seats: a maximum of 0 for everybody: nobody can use cad.pro",
    ]);
    expect(sayings(site({ cad: groups.cad }, max("none", "cad.pro", 0, "group", ["cad"])))).toEqual(
      ["remark none: a maximum of 0 keeps cad from cad.pro; an exclude says that plainly"],
    );
  });
});

describe("a rule that another one makes needless", () => {
  it("is an include or exclude of people that a wider one names", () => {
    const policy = site(
      { cad: groups.cad, ada: groups.ada },
      exclude("narrow", "cad.pro", "ada"),
      exclude("wide", "cad.*", "cad"),
      include("first", "sim.*", "cad"),
      include("again", "sim.*", "cad"),
    );
    expect(sayings(policy)).toEqual([
      "remark narrow: wide says this already; the rule changes nothing",
      "remark again: first says this already; the rule changes nothing",
    ]);
  });

  it("is not looked for among more than a thousand of a kind, so that a reload takes no seconds", () => {
    const all = Array.from({ length: 1_001 }, (_, at) => exclude(`x${at}`, "cad.pro", "ada"));
    expect(sayings(site({ ada: groups.ada }, ...all.slice(1)))).toHaveLength(999);
    expect(sayings(site({ ada: groups.ada }, ...all))).toEqual([]);
  });

  it("is a maximum above a lower one for the same holders", () => {
    const policy = site(
      { cad: groups.cad, ada: groups.ada },
      max("two", "cad.pro", 2, "user", ["ada"]),
      max("one", "cad.*", 1, "user"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction two rules.0.max.seats: one allows at most 1 of the same, so this one never decides",
    ]);
  });

  it("is no maximum per group beside one of another group, or per user beside one per host", () => {
    const policy = site(
      { cad: groups.cad, ada: groups.ada },
      max("team", "cad.pro", 1, "group", ["cad"]),
      max("ada", "cad.pro", 2, "group", ["ada"]),
      max("user", "cad.pro", 2, "user"),
      max("host", "cad.pro", 2, "host"),
    );
    expect(complaints(policy)).toEqual([]);
  });

  it("is a maximum that the licenses do not reach", () => {
    expect(sayings(site({}, max("many", "cad.*", 3, "user")))).toEqual([
      "remark many: the licenses have 3, so a maximum of 3 keeps nobody back",
    ]);
    expect(sayings(site({}, max("few", "*", 2, "user")))).toEqual([]);
  });
});

describe("rules about borrowing", () => {
  const site2 = { cad: groups.cad, ada: groups.ada };

  it("never decide behind one that allows no more to the same people", () => {
    const policy = site(
      site2,
      borrow("ada", "cad.pro", 5, 2, ["ada"]),
      borrow("all", "cad.*", 3, 2),
      borrow("nothing", "sim.*", 0),
      borrow("week", "sim.*", 7, 1, ["cad"]),
    );
    expect(complaints(policy)).toEqual([
      "contradiction ada rules.0.borrow: all lets the same people borrow no more than this, so this one never decides",
      "contradiction week rules.3.borrow: nothing lets the same people borrow no more than this, so this one never decides",
    ]);
  });

  it("stand side by side where each is the narrower in something", () => {
    const policy = site(
      site2,
      borrow("long", "cad.pro", 7, 1, ["cad"]),
      borrow("short", "cad.pro", 2, null, ["cad"]),
      borrow("ada", "cad.pro", 1, null, ["ada"]),
      borrow("none", "cad.pro", 0, null, ["ada"]),
    );
    expect(complaints(policy)).toEqual([
      "contradiction ada rules.2.borrow: none lets the same people borrow no more than this, so this one never decides",
    ]);
  });
});

describe("reservations", () => {
  it("above the seats are told at the rule that asks too much", () => {
    const policy = site(
      groups,
      reserve("one", "cad.*", 2, "cad"),
      reserve("two", "cad.pro", 2, "field"),
      reserve("three", "cad.pro", 1, "ada"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction two rules.1.reserve.seats: 4 seats of cad.pro would be reserved, the licenses have 3",
    ]);
  });

  it("for groups that are excluded are useless", () => {
    const policy = site(
      groups,
      reserve("keep", "cad.pro", 1, "ada"),
      exclude("out", "cad.*", "cad"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction keep rules.0.reserve.for: the seats are kept for ada, whom other rules exclude",
    ]);
  });

  it("for groups of which some are excluded deserve a remark", () => {
    const policy = site(
      { field: groups.field, ada: groups.ada },
      reserve("keep", "cad.pro", 1, "ada", "field"),
      exclude("out", "cad.*", "field"),
    );
    expect(sayings(policy)).toEqual([
      "remark keep: the seats are kept for ada and field, but other rules exclude field",
    ]);
  });

  it("for groups that are not included deserve a remark", () => {
    const policy = site(
      groups,
      reserve("keep", "cad.pro", 1, "field"),
      include("in", "cad.pro", "cad"),
    );
    expect(reviewRules(policy, licensed).map(({ text }) => text)).toContain(
      "the seats are kept for field, but only cad may use cad.pro",
    );
  });

  it("above a maximum of their holders cannot be used up", () => {
    expect(below(max("few", "cad.pro", 2, "group", ["cad"]))).toEqual([
      "contradiction few rules.1.max.seats: keep reserves 3 seats, but with at most 2 per group only 2 can be used",
    ]);
    expect(below(max("few", "*", 1, "user"))).toEqual([
      "contradiction few rules.1.max.seats: keep reserves 3 seats, but with at most 1 per user only 2 can be used",
    ]);
    expect(below(max("few", "*", 2, "user"))).toEqual([]);
    expect(below(max("few", "*", 1, "host"))).toEqual([]);
    expect(below(max("none", "*", 0, "host"))).toHaveLength(2);
    expect(below(max("few", "*", 1, "group", ["field"]))).toEqual([]);
  });
});

describe("an include", () => {
  it("whose groups are all excluded cannot be satisfied", () => {
    const policy = site(
      groups,
      include("in", "cad.pro", "ada"),
      exclude("out", "cad.*", "cad", "field"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction in rules.0.include.who: nobody can satisfy it: out excludes ada",
    ]);
  });

  it("of an empty group cannot be satisfied", () => {
    const policy = site({ none: group({}) }, include("in", "cad.pro", "none"));
    expect(complaints(policy)).toEqual([
      "contradiction in rules.0.include.who: nobody can satisfy it: the group none is empty",
    ]);
  });

  it("is shadowed where only some of its groups are excluded", () => {
    const policy = site(
      groups,
      include("in", "cad.pro", "field", "ada"),
      exclude("out", "cad.pro", "laptops"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction out rules.1.exclude.who: it shadows in, which includes field: who is excluded stays out",
      "contradiction out rules.1.exclude.who: everybody is in the group laptops, so nobody can use cad.pro",
    ]);
  });

  it("of one feature is not shadowed by an exclusion from another", () => {
    const policy = site(groups, include("in", "cad.pro", "ada"), exclude("out", "sim.*", "cad"));
    expect(complaints(policy)).toEqual([]);
  });
});

describe("a rule of which the first that fits counts", () => {
  it("never counts behind a wider one", () => {
    const policy = site(
      groups,
      priority("all", "cad.*", 1),
      priority("ada", "cad.pro", 10, ["ada"]),
      linger("stay", "cad.pro"),
    );
    expect(complaints(policy)).toEqual([
      "contradiction ada rules.1.priority: all stands before it and fits whenever it does; put this one first",
    ]);
  });
});

/** What is said of three seats reserved for `cad`, and this rule. */
function below(rule: SitePolicy["rules"][number]): readonly string[] {
  return complaints(site(groups, reserve("keep", "cad.pro", 3, "cad"), rule));
}
