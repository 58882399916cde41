import type { Refusal } from "./keyword.ts";
import type { Statement } from "./statement.ts";
import type { RuleKind, RuleOptions } from "./translation.ts";

/** A line whose keyword is known, and what follows the keyword. */
export interface WrittenLine {
  readonly statement: Statement;
  readonly words: readonly string[];
}

/** What a line says. */
export type Reading =
  | {
      readonly kind: "rule";
      readonly rule: RuleKind;
      readonly options: RuleOptions;
      readonly notes?: readonly string[];
    }
  | { readonly kind: "ignored"; readonly why: string }
  | ({ readonly kind: "refused" } & Refusal);

export const ignoring = (why: string): Reading => ({ kind: "ignored", why });

export type Refused = Extract<Reading, { readonly kind: "refused" }>;

export const refusing = (why: string, instead: string): Refused => ({
  kind: "refused",
  why,
  instead,
});

/** A count as options files write it; undefined for anything else. */
export function countOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
