import { malformed, oneLicense } from "./about-whom.ts";
import { readFeatureSpec } from "./feature-spec.ts";
import type { Keyword } from "./keyword.ts";
import type { Maxima } from "./maxima.ts";
import { subjectOf } from "./subject.ts";
import { SEATS_MAX, type Surroundings } from "./surroundings.ts";
import {
  countOf,
  ignoring,
  type Reading,
  type Refused,
  refusing,
  type WrittenLine,
} from "./written-line.ts";

/** Groups that one rule may name. */
const WHO_MAX = 1_000;

/** Reads `MAX n feature type name`. */
export function readMax(around: Surroundings, keyword: Keyword, line: WrittenLine): Reading {
  const [count = "", spec = "", type = "", name = "", ...more] = line.words;
  const seats = countOf(count);
  if (seats === undefined || name === "" || more.length > 1) return malformed(keyword);
  if (more[0] !== undefined) return oneLicense(around.dialect, keyword, more[0]);
  if (seats > SEATS_MAX) return ignoring("no license has so many seats");
  const feature = readFeatureSpec(spec);
  if (feature.kind === "refused") return feature;
  const limit = { feature: feature.name, seats };
  const all = limitForAll(around, type, name);
  const { line: at } = line.statement;
  const isForAll = all !== undefined;
  const standing = maximumAmong(around, { ...limit, type, isForAll, line: at });
  if (standing !== undefined) return standing;
  const one = all ?? limitForOne(around, line, type, name);
  if (one.kind === "refused") return one;
  const options = { ...limit, ...one.options };
  return { kind: "rule", rule: "max", options, notes: one.notes };
}

interface Limit {
  readonly kind: "limit";
  readonly options: { readonly per: string; readonly who?: string | readonly string[] };
  readonly notes: readonly string[];
}

/** For each user or each group; undefined when one is named. */
function limitForAll(
  { dialect, book }: Surroundings,
  type: string,
  name: string,
): Limit | Refused | undefined {
  const word = type.toUpperCase();
  if (word === "USER" && name === dialect.everyUser) {
    const note = "a login in another case counts as another user";
    const notes = dialect.ignoresCase ? [note] : [];
    return { kind: "limit", options: { per: "user" }, notes };
  }
  if (word !== "GROUP" || name !== dialect.everyGroup) return undefined;
  const who = book.ofUsers;
  if (who.length === 0) return refusing("the file defines no group", "define the groups");
  if (who.length > WHO_MAX) {
    return refusing(`a rule names ${WHO_MAX} groups at most`, "write several rules");
  }
  return { kind: "limit", options: { per: "group", who }, notes: [] };
}

function limitForOne(
  { dialect, book }: Surroundings,
  { statement }: WrittenLine,
  type: string,
  name: string,
): Limit | Refused {
  const subject = subjectOf(book, dialect, statement, [type, name]);
  if (subject.kind === "refused") return subject;
  // Per group also for one user: the limit is the same however the login is spelled.
  return { kind: "limit", options: { per: "group", who: subject.name }, notes: [] };
}

function maximumAmong(
  { dialect, maxima }: Surroundings,
  max: Parameters<Maxima["add"]>[0],
): Reading | undefined {
  if (dialect.name !== "FlexNet") return undefined;
  const standing = maxima.add({ ...max, type: max.type.toUpperCase() });
  if (standing.kind === "void") return ignoring(standing.why);
  return standing.kind === "refused" ? standing : undefined;
}
