import { nearestWord } from "../base/nearest-word.ts";
import { OptionsError } from "./errors.ts";
import { readFeatureSpec } from "./feature-spec.ts";
import { GroupBook } from "./group-book.ts";
import { readIdleTime, widestLast } from "./idle-line.ts";
import type { Dialect, Keyword, MemberList } from "./keyword.ts";
import { Maxima } from "./maxima.ts";
import { includedFeature, type LostInclude, openFeatures } from "./open-features.ts";
import { readRuleLine } from "./rule-line.ts";
import { SaidOnce } from "./said-once.ts";
import { readStatements, type Statement } from "./statement.ts";
import { memberOf } from "./subject.ts";
import type { Surroundings } from "./surroundings.ts";
import { Timeouts } from "./timeouts.ts";
import type { Account, DraftRule, Fate, Translation } from "./translation.ts";
import type { Reading, WrittenLine } from "./written-line.ts";

/** Rules of a configuration. */
const RULES_MAX = 10_000;

/**
 * Translates an options file. What has no translation that means the same is left out and told;
 * every line of the file has its account.
 * @throws {@link OptionsError} `OPTIONS_TOO_LARGE`
 */
export function translateOptions(text: string, dialect: Dialect): Translation {
  const statements = readStatements(text, dialect.continues);
  const file = new OptionsFile(dialect);
  // Rules may speak of groups that are defined below them.
  for (const statement of statements) file.readDefinition(statement);
  for (const statement of statements) file.readRule(statement);
  return file.translation;
}

/** A file while it is read: what its lines have said up to now, and what became of them. */
class OptionsFile {
  readonly #dialect: Dialect;
  readonly #keywords: ReadonlyMap<string, Keyword>;
  readonly #book: GroupBook;
  readonly #rules: DraftRule[] = [];
  readonly #accounts: Account[] = [];
  readonly #maxima = new Maxima();
  readonly #saidOnce = new SaidOnce();
  readonly #lastBorrowHours = new Map<string, number>();
  readonly #timeouts = new Timeouts();
  readonly #lowered = new Set<string>();
  readonly #lostIncludes: LostInclude[] = [];
  #ignoreCase: boolean;
  #hasIncludeAll = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    this.#keywords = new Map(dialect.keywords.map((keyword) => [keyword.word, keyword]));
    this.#book = new GroupBook(dialect);
    this.#ignoreCase = dialect.ignoresCase;
  }

  get translation(): Translation {
    const accounts = [...this.#accounts, ...openFeatures(this.#lostIncludes, this.#rules)];
    return {
      groups: this.#book.groups,
      rules: widestLast(this.#rules),
      accounts: accounts.toSorted((one, other) => one.line - other.line),
    };
  }

  /** What rules refer to, whatever the order of the lines. */
  readDefinition(statement: Statement): void {
    const keyword = this.#keywordOf(statement);
    if (keyword?.treatment.kind === "group-case") this.#readCase(statement);
    if (keyword?.treatment.kind === "group") this.#readGroup(statement, keyword.treatment.list);
    if (keyword?.treatment.kind === "include" && keyword.treatment.all) this.#hasIncludeAll = true;
    if (keyword?.treatment.kind === "borrow-hours") this.#noteBorrowHours(statement);
    if (keyword?.treatment.kind === "timeout") {
      this.#noteTimeout(statement, keyword, keyword.treatment.all);
    }
  }

  /** What becomes of the line, but for those that define something. */
  readRule(statement: Statement): void {
    const [first] = statement.words;
    if (first === undefined) {
      const why = statement.text === "" ? "a blank line" : "a comment";
      this.#tell(statement, { kind: "ignored", why });
      return;
    }
    const keyword = this.#keywordOf(statement);
    if (keyword === undefined) {
      this.#tell(statement, { kind: "untranslated", ...this.#notUnderstood(statement, first) });
      return;
    }
    const { kind } = keyword.treatment;
    if (kind === "group" || kind === "group-case") return;
    const line = { statement, words: statement.words.slice(1) };
    const reading = readRuleLine(this.#surroundings, keyword, line);
    if (keyword.treatment.kind === "include" && reading.kind === "refused") {
      const feature = includedFeature(line.words, keyword.treatment.all);
      this.#lostIncludes.push({ statement, feature });
    }
    this.#settle(line, reading);
  }

  /** Undefined also for a line that the original would not read to its end. */
  #keywordOf({ words: [word], text }: Statement): Keyword | undefined {
    if (text.length > this.#dialect.longestOption) return undefined;
    return word === undefined ? undefined : this.#keywords.get(word.toUpperCase());
  }

  #notUnderstood(
    { text }: Statement,
    word: string,
  ): { readonly why: string; readonly instead: string } {
    const { name, longestOption } = this.#dialect;
    if (text.length > longestOption) {
      const why = `${name} reads ${longestOption} characters of an option, and this is longer`;
      return { why, instead: "divide it; lines of one group add up" };
    }
    const meant = nearestWord(word.toUpperCase(), [...this.#keywords.keys()]);
    const instead = meant === undefined ? "correct or remove the line" : `did you mean ${meant}?`;
    return { why: `${word.slice(0, 40)} is no option of ${name}`, instead };
  }

  get #surroundings(): Surroundings {
    return {
      dialect: this.#dialect,
      book: this.#book,
      maxima: this.#maxima,
      saidOnce: this.#saidOnce,
      lastBorrowHours: this.#lastBorrowHours,
      timeouts: this.#timeouts,
      hasIncludeAll: this.#hasIncludeAll,
    };
  }

  #noteBorrowHours({ words: [, spec = ""], line }: Statement): void {
    const feature = readFeatureSpec(spec);
    if (feature.kind === "feature") this.#lastBorrowHours.set(feature.name, line);
  }

  #noteTimeout({ words, line }: Statement, keyword: Keyword, all: boolean): void {
    const read = readIdleTime(this.#dialect, keyword, all, words.slice(1));
    if (read.kind === "idle-time") this.#timeouts.add({ feature: read.feature, line });
  }

  #readCase(statement: Statement): void {
    const value = statement.words[1]?.toUpperCase();
    const wanted = value === "ON";
    if (value !== "ON" && value !== "OFF") {
      const why = "it is neither ON nor OFF";
      this.#tell(statement, { kind: "untranslated", why, instead: "correct the line" });
    } else if (wanted !== this.#ignoreCase && this.#book.hasDefinitions) {
      const why = "it stands below a group, and which groups it is about is not documented";
      this.#tell(statement, { kind: "untranslated", why, instead: "move it to the top" });
    } else {
      this.#ignoreCase = wanted;
      const as = wanted ? "ignore_case of the groups" : "groups as they are";
      this.#tell(statement, { kind: "translated", as });
    }
  }

  #readGroup(statement: Statement, list: MemberList): void {
    const [, name, ...members] = statement.words;
    if (name === undefined || members.length === 0) {
      const why = name === undefined ? "the group has no name" : "the group has no members";
      this.#tell(statement, { kind: "untranslated", why, instead: "correct the line" });
      if (name === undefined) return;
    }
    const ignoreCase = this.#ignoreCase && list === "users";
    const group = this.#book.define(list, name, statement, ignoreCase);
    for (const written of members) this.#readMember(statement, group, list, written);
    if (members.length === 0) return;
    this.#tell(statement, { kind: "translated", as: this.#book.find(list, name) ?? name });
  }

  #readMember(statement: Statement, group: string, list: MemberList, written: string): void {
    const member = memberOf(this.#dialect, list, written);
    if (member.kind === "member") this.#book.add(group, member.list, member.value);
    else this.#tell(statement, { ...member, kind: "untranslated" });
  }

  #settle(line: WrittenLine, reading: Reading): void {
    const { statement } = line;
    if (reading.kind === "ignored") return this.#tell(statement, reading);
    if (reading.kind === "refused") {
      const { why, instead } = reading;
      return this.#tell(statement, { kind: "untranslated", why, instead });
    }
    const { rule: kind, options, notes = [] } = reading;
    const id = `${kind.replaceAll("_", "-")}-line-${statement.line}`;
    this.#rules.push({ id, kind, options, line: statement.line, text: statement.text });
    if (this.#rules.length > RULES_MAX) throw tooManyRules();
    this.#tell(statement, { kind: "translated", as: id });
    for (const note of [...notes, ...this.#lowerCase(line, options["feature"])]) {
      this.#tell(statement, { kind: "noted", note });
    }
  }

  /** Names of features are lower case here; told once for each that was not. */
  #lowerCase({ words }: WrittenLine, feature: unknown): readonly string[] {
    const written = words.find((word) => word.toLowerCase() === feature);
    if (written === undefined || written === feature || this.#lowered.has(written)) return [];
    this.#lowered.add(written);
    return [
      `${written} is ${written.toLowerCase()} here; see in \`seatkeeper status\` whether the vendor calls it so`,
    ];
  }

  #tell({ line, last, words }: Statement, fate: Fate): void {
    this.#accounts.push({ line, last, keyword: words[0]?.toUpperCase().slice(0, 40) ?? "", fate });
  }
}

function tooManyRules(): OptionsError {
  return new OptionsError("OPTIONS_TOO_LARGE", `the file has more than ${RULES_MAX} rules`, {
    hint: "use groups instead of one line for each user",
    facts: { limit: RULES_MAX },
  });
}
