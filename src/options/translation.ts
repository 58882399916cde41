import type { WrittenRule } from "../rules/written-rule.ts";
import type { Refusal } from "./keyword.ts";

/** A group as the configuration will have it. */
export interface DraftGroup {
  readonly name: string;
  /** Lines of the options file that say who is in it. */
  readonly lines: readonly number[];
  /** What stands in the first of them. */
  readonly text: string;
  readonly users: readonly string[];
  readonly hosts: readonly string[];
  readonly networks: readonly string[];
  readonly ignoreCase: boolean;
}

/** A rule as the configuration will have it. */
export interface DraftRule {
  /** Names the line: `exclude-line-12`. */
  readonly id: string;
  readonly kind: RuleKind;
  /** The options of the rule, in the order in which they are written. */
  readonly options: RuleOptions;
  readonly line: number;
  /** What stands there. */
  readonly text: string;
}

export type RuleKind = WrittenRule["kind"];

export type RuleOptions = Readonly<Record<string, string | number | readonly string[]>>;

/** What became of a line, or of several that belong together. Lines count from 1. */
export interface Account {
  readonly line: number;
  readonly last: number;
  /** The first word, in upper case; empty for blank lines and comments. */
  readonly keyword: string;
  readonly fate: Fate;
}

export type Fate =
  /** The rule or the group that says the same. */
  | { readonly kind: "translated"; readonly as: string }
  /** Without effect on who gets seats. */
  | { readonly kind: "ignored"; readonly why: string }
  | ({ readonly kind: "untranslated" } & Refusal)
  /** What to know about the translation. */
  | { readonly kind: "noted"; readonly note: string };

/** An options file as groups and rules, with what became of each of its lines, in their order. */
export interface Translation {
  readonly groups: readonly DraftGroup[];
  readonly rules: readonly DraftRule[];
  readonly accounts: readonly Account[];
}
