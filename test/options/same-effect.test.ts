import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_STANDING } from "../../src/base/standing.ts";
import { readConfig } from "../../src/config/config.ts";
import { configText } from "../../src/options/config-text.ts";
import { FLEXNET } from "../../src/options/flexnet.ts";
import type { Dialect } from "../../src/options/keyword.ts";
import { RLM } from "../../src/options/rlm.ts";
import { translateOptions } from "../../src/options/translate.ts";
import { compileGroups } from "../../src/rules/group.ts";
import { siteRulesOf } from "../../src/rules/written-rule.ts";
import { door } from "../rules/given.ts";
import { acquire, ada, bob, cid, dot, givenBook, grant, noon, pool } from "../seats/given.ts";
import { lostOf } from "./given.ts";

// The importer against the manuals: a small model of what the original does with a file, and the
// real engine with the translated one, are asked the same questions one after another.

interface Person {
  readonly user: string;
  readonly host: string;
}

const PEOPLE: readonly Person[] = [
  { user: "ada", host: "ws1" },
  { user: "bob", host: "ws1" },
  { user: "cleo", host: "ws2" },
  { user: "Ada", host: "ws2" },
];
const CALLERS = [ada, bob, cid, dot];
const SEATS = 3;

/** Whom a line names. */
interface Named {
  readonly type: "USER" | "HOST" | "GROUP";
  readonly name: string;
}

interface Line {
  readonly keyword: "INCLUDE" | "EXCLUDE" | "INCLUDEALL" | "EXCLUDEALL";
  readonly whom: Named;
}

interface File {
  readonly members: readonly string[];
  readonly lines: readonly Line[];
  readonly reserve: { readonly seats: number; readonly whom: Named } | null;
  readonly max: readonly { readonly seats: number; readonly whom: Named }[];
  /** `MAX` for all users, and how many `max` lines stand above it. */
  readonly maxForAll: { readonly seats: number; readonly at: number } | null;
}

const named: fc.Arbitrary<Named> = fc.constantFrom<Named>(
  { type: "USER", name: "ada" },
  { type: "USER", name: "bob" },
  { type: "HOST", name: "ws1" },
  { type: "HOST", name: "ws2" },
  { type: "GROUP", name: "stars" },
);

const keyword = fc.constantFrom<Line["keyword"]>(
  "INCLUDE",
  "INCLUDE",
  "EXCLUDE",
  "INCLUDEALL",
  "EXCLUDEALL",
);

const seats = fc.integer({ min: 1, max: SEATS });
const limited = fc.record({ seats, whom: named });

const files: fc.Arbitrary<File> = fc.record({
  members: fc.subarray(["ada", "bob", "cleo", "Ada"], { minLength: 1 }),
  lines: fc.array(fc.record({ keyword, whom: named }), { maxLength: 4 }),
  reserve: fc.option(limited),
  max: fc.uniqueArray(limited, { maxLength: 2, selector: ({ whom }) => whom.name }),
  maxForAll: fc.option(fc.record({ seats, at: fc.integer({ min: 0, max: 2 }) }), { freq: 1 }),
});

const asked = fc.array(fc.integer({ min: 0, max: PEOPLE.length - 1 }), { maxLength: 6 });

/** The file as its license manager reads it. */
function written(file: File, dialect: Dialect): string {
  const max = file.max.map((each) => `MAX ${each.seats} f1 ${each.whom.type} ${each.whom.name}`);
  const { maxForAll, reserve } = file;
  if (maxForAll !== null) {
    max.splice(maxForAll.at, 0, `MAX ${maxForAll.seats} f1 USER ${dialect.everyUser}`);
  }
  return [
    `GROUP stars ${file.members.join(" ")}`,
    ...file.lines.map(({ keyword: word, whom }) =>
      [word, ...(word.endsWith("ALL") ? [] : ["f1"]), whom.type, whom.name].join(" "),
    ),
    ...(reserve === null
      ? []
      : [`RESERVE ${reserve.seats} f1 ${reserve.whom.type} ${reserve.whom.name}`]),
    ...max,
  ].join("\n");
}

/** What the manual says of the file. */
class Original {
  readonly #file: File;
  readonly #dialect: Dialect;
  readonly #holders: Person[] = [];

  constructor(given: File, dialect: Dialect) {
    this.#file = given;
    this.#dialect = dialect;
  }

  /** Whether the person gets a seat; then they hold one more. */
  grants(person: Person): boolean {
    const isGranted =
      this.#mayUse(person) && this.#isBelowEachMax(person) && this.#isRoomFor(person);
    if (isGranted) this.#holders.push(person);
    return isGranted;
  }

  #mayUse(person: Person): boolean {
    const on = (...keywords: readonly Line["keyword"][]): readonly Line[] =>
      this.#file.lines.filter((line) => keywords.includes(line.keyword));
    const isOn = (list: readonly Line[]): boolean =>
      list.some(({ whom }) => this.#isMeant(whom, person));
    if (isOn(on("EXCLUDE", "EXCLUDEALL"))) return false;
    const lists =
      this.#dialect.name === "RLM"
        ? [on("INCLUDE"), on("INCLUDEALL")]
        : [on("INCLUDE", "INCLUDEALL")];
    return lists.every((list) => list.length === 0 || isOn(list));
  }

  #isBelowEachMax(person: Person): boolean {
    const { max, maxForAll } = this.#file;
    const counted = max.every((limit, index) => {
      if (!this.#isMeant(limit.whom, person)) return true;
      // In FlexNet a line for one user below that for all is void.
      const isVoid = maxForAll !== null && index >= maxForAll.at && limit.whom.type === "USER";
      if (isVoid && this.#dialect.name === "FlexNet") return true;
      return this.#heldBy((each) => this.#isMeant(limit.whom, each)) < limit.seats;
    });
    if (!counted || maxForAll === null) return counted;
    const isExempt = max.some(
      ({ whom }, index) =>
        index < maxForAll.at && whom.type === "USER" && this.#isMeant(whom, person),
    );
    if (isExempt && this.#dialect.name === "FlexNet") return true;
    const isSame = ({ user }: Person): boolean =>
      this.#spelled(user) === this.#spelled(person.user);
    return this.#heldBy(isSame) < maxForAll.seats;
  }

  /** Reserved seats go first, then the others; nobody else has them. */
  #isRoomFor(person: Person): boolean {
    const { reserve } = this.#file;
    const free = SEATS - this.#holders.length;
    if (reserve === null || this.#isMeant(reserve.whom, person)) return free > 0;
    const taken = this.#heldBy((each) => this.#isMeant(reserve.whom, each));
    return free - Math.max(0, reserve.seats - taken) > 0;
  }

  #heldBy(isMeant: (person: Person) => boolean): number {
    return this.#holders.filter(isMeant).length;
  }

  #isMeant({ type, name }: Named, { user, host }: Person): boolean {
    if (type === "HOST") return host === name;
    const names = type === "USER" ? [name] : this.#file.members;
    return names.some((each) => this.#spelled(each) === this.#spelled(user));
  }

  #spelled(name: string): string {
    return this.#dialect.ignoresCase ? name.toLowerCase() : name;
  }
}

/** What the engine does with the translated file. */
function translated(
  text: string,
  dialect: Dialect,
): { readonly isWhole: boolean; readonly grants: (person: number, turn: number) => boolean } {
  const translation = translateOptions(text, dialect);
  const config = readConfig(configText(translation, "site.opt"), "/etc/seatkeeper/rules.yaml");
  const keeper = compileGroups(config.groups);
  const book = givenBook({
    pools: [pool({ name: "f1", grants: [grant({ seats: SEATS })] })],
    rules: siteRulesOf(config),
  });
  const hasNotes = translation.accounts.some(({ fate }) => fate.kind === "noted");
  return {
    isWhole: lostOf(translation).length === 0 && !hasNotes,
    grants(person, turn) {
      const { user = "", host = "" } = PEOPLE[person] ?? {};
      const standing = { ...NO_STANDING, groups: keeper.groupsOf(door(user, host)) };
      const by = { ...(CALLERS[person] ?? ada), standing };
      const { answer } = book.decide(acquire(by, turn + 1, { feature: "f1" }), noon);
      return answer.kind === "granted";
    },
  };
}

describe.each([FLEXNET, RLM])("a file of $name that is translated whole", (dialect: Dialect) => {
  it("grants and denies as the original does", () => {
    fc.assert(
      fc.property(files, asked, (given, people) => {
        const site = translated(written(given, dialect), dialect);
        fc.pre(site.isWhole);
        const original = new Original(given, dialect);
        const wanted = people.map((person) =>
          original.grants(PEOPLE[person] ?? { user: "", host: "" }),
        );
        expect(people.map((person, turn) => site.grants(person, turn))).toEqual(wanted);
      }),
      { numRuns: 250 },
    );
  });
});

describe.each([FLEXNET, RLM])("a file of $name", (dialect: Dialect) => {
  it("is loosened nowhere without a word: who may more than before has a line that is listed", () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: PEOPLE.length - 1 }), (given, person) => {
        const site = translated(written(given, dialect), dialect);
        const before = new Original(given, dialect).grants(
          PEOPLE[person] ?? { user: "", host: "" },
        );
        const isLoosened = site.grants(person, 0) && !before;
        expect(isLoosened && site.isWhole).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
