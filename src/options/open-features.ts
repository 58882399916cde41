import type { Statement } from "./statement.ts";
import type { Account, DraftRule } from "./translation.ts";

/** An `INCLUDE` line that has no translation, and its feature; `*` for all. */
export interface LostInclude {
  readonly statement: Statement;
  readonly feature: string;
}

/**
 * With its includes lost, a feature is open to everybody: worth a word at each line, because what
 * was forbidden there is allowed here.
 */
export function openFeatures(
  lost: readonly LostInclude[],
  rules: readonly DraftRule[],
): readonly Account[] {
  const included = new Set(
    rules.filter(({ kind }) => kind === "include").map(({ options }) => options["feature"]),
  );
  if (included.has("*")) return [];
  return lost
    .filter(({ feature }) => !included.has(feature))
    .map(({ statement: { line, last, words }, feature }) => {
      const what = feature === "*" ? "every feature without include rules" : feature;
      const note = `until this is written by hand, everybody may use ${what}`;
      const keyword = words[0]?.toUpperCase() ?? "";
      return { line, last, keyword, fate: { kind: "noted", note } };
    });
}

/** The feature of an `INCLUDE` line, also of one that means a part of its licenses. */
export function includedFeature(words: readonly string[], isForAll: boolean): string {
  if (isForAll) return "*";
  return (words[0] ?? "").split(/[:\s]/)[0]?.toLowerCase() ?? "";
}
