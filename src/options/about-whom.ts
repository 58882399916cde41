import { readFeatureSpec } from "./feature-spec.ts";
import type { Dialect, Keyword } from "./keyword.ts";
import { subjectOf } from "./subject.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Refused, refusing, type WrittenLine } from "./written-line.ts";

export const malformed = ({ word, form }: Keyword): Refused =>
  refusing(`it is not written as ${word} ${form}`, "correct the line; one name for each line");

/** RLM limits a line to one license by a last word. */
export function oneLicense({ name }: Dialect, keyword: Keyword, word: string): Refused {
  if (name !== "RLM" || !/^id=/i.test(word)) return malformed(keyword);
  return refusing(
    `a rule is about all seats of a feature, not about the license with ${word}`,
    "write the rule for the whole feature, if that is what is wanted",
  );
}

export interface About {
  readonly kind: "about";
  readonly feature: string;
  readonly who: string;
}

/** Reads `feature type name`. */
export function aboutWhom(
  { dialect, book }: Surroundings,
  keyword: Keyword,
  { statement }: WrittenLine,
  words: readonly string[],
): About | Refused {
  const [spec, type, name, ...more] = words;
  if (spec === undefined || type === undefined || name === undefined || more.length > 1) {
    return malformed(keyword);
  }
  if (more[0] !== undefined) return oneLicense(dialect, keyword, more[0]);
  const feature = readFeatureSpec(spec);
  if (feature.kind === "refused") return feature;
  const subject = subjectOf(book, dialect, statement, [type, name]);
  if (subject.kind === "refused") return subject;
  return { kind: "about", feature: feature.name, who: subject.name };
}

/** Reads `type name` of a line for all features. */
export function whomForAll(
  { dialect, book }: Surroundings,
  keyword: Keyword,
  { statement, words }: WrittenLine,
): About | Refused {
  const [type, name, ...more] = words;
  if (type?.toLowerCase() === "noproject") {
    return refusing("rules know users, hosts and networks, not projects", "name the users instead");
  }
  if (type === undefined || name === undefined || more.length > 0) return malformed(keyword);
  const subject = subjectOf(book, dialect, statement, [type, name]);
  if (subject.kind === "refused") return subject;
  return { kind: "about", feature: "*", who: subject.name };
}
