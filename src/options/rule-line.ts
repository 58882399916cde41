import { aboutWhom, malformed, whomForAll } from "./about-whom.ts";
import { readBorrowBan, readBorrowHours, readBorrowLimit } from "./borrow-line.ts";
import { readFeatureSpec } from "./feature-spec.ts";
import { readTimeout } from "./idle-line.ts";
import type { Keyword } from "./keyword.ts";
import { readMax } from "./max-line.ts";
import { readSetting } from "./setting-line.ts";
import { SEATS_MAX, type Surroundings } from "./surroundings.ts";
import { countOf, ignoring, type Reading, refusing, type WrittenLine } from "./written-line.ts";

const DAY_SECONDS = 86_400;
const PRIORITY_MAX = 1_000;

/** Reads a line that may become a rule. */
export function readRuleLine(around: Surroundings, keyword: Keyword, line: WrittenLine): Reading {
  const { treatment } = keyword;
  switch (treatment.kind) {
    case "include":
    case "exclude":
      return readAccess(around, keyword, treatment, line);
    case "reserve":
      return readReserve(around, keyword, line);
    case "max":
      return readMax(around, keyword, line);
    case "priority":
      return readPriority(around, keyword, line);
    case "linger":
      return readLinger(around, keyword, line);
    case "borrow-ban":
      return readBorrowBan(around, keyword, treatment.all, line);
    case "borrow-limit":
      return readBorrowLimit(around, keyword, treatment.option, line);
    case "borrow-hours":
      return readBorrowHours(around, keyword, line);
    case "timeout":
      return readTimeout(around, keyword, treatment.all, line);
    case "untranslated":
      return { ...treatment, kind: "refused" };
    case "ignored":
      return ignoring(treatment.why);
    case "host-matching":
    case "express":
      return readSetting(treatment.kind, keyword, line);
    case "group":
    case "group-case":
      return ignoring("it was read before");
  }
}

function readAccess(
  around: Surroundings,
  keyword: Keyword,
  { kind, all }: { readonly kind: "include" | "exclude"; readonly all: boolean },
  line: WrittenLine,
): Reading {
  if (kind === "include" && !all && around.hasIncludeAll && around.dialect.includeAllBinds) {
    return refusing(
      "it lets in only who is on the INCLUDEALL list too, and here one include is enough",
      "write include rules for each feature, and none for all",
    );
  }
  const about = all
    ? whomForAll(around, keyword, line)
    : aboutWhom(around, keyword, line, line.words);
  if (about.kind === "refused") return about;
  return { kind: "rule", rule: kind, options: { feature: about.feature, who: about.who } };
}

function readReserve(around: Surroundings, keyword: Keyword, line: WrittenLine): Reading {
  const [count = "", ...words] = line.words;
  const seats = countOf(count);
  if (seats === undefined) return malformed(keyword);
  if (seats === 0) return ignoring("it reserves nothing");
  if (seats > SEATS_MAX) return refusing(`a rule is about ${SEATS_MAX} seats at most`, "lower it");
  const about = aboutWhom(around, keyword, line, words);
  if (about.kind === "refused") return about;
  return {
    kind: "rule",
    rule: "reserve",
    options: { feature: about.feature, seats, for: about.who },
  };
}

/** A lower number is served first there, a higher one here; both before those without a number. */
function readPriority(around: Surroundings, keyword: Keyword, line: WrittenLine): Reading {
  const [count = "", ...words] = line.words;
  const place = countOf(count);
  if (place === undefined) return malformed(keyword);
  if (place >= PRIORITY_MAX) {
    return refusing(`priorities here have ${PRIORITY_MAX} steps`, "use numbers below 1000");
  }
  const about = aboutWhom(around, keyword, line, words);
  if (about.kind === "refused") return about;
  const value = PRIORITY_MAX - place;
  return {
    kind: "rule",
    rule: "priority",
    options: { feature: about.feature, value, who: about.who },
  };
}

function readLinger({ saidOnce }: Surroundings, keyword: Keyword, line: WrittenLine): Reading {
  const [spec = "", count = "", ...more] = line.words;
  const seconds = countOf(count);
  if (seconds === undefined || more.length > 0) return malformed(keyword);
  const feature = readFeatureSpec(spec);
  if (feature.kind === "refused") return feature;
  const again = saidOnce.again(keyword, feature.name, line.statement);
  if (again !== undefined) return again;
  if (seconds === 0) return ignoring("it keeps nothing");
  if (seconds > DAY_SECONDS) {
    return refusing(
      "a seat lingers for a day at most",
      `write linger: { feature: ${feature.name}, for: 1d }`,
    );
  }
  return { kind: "rule", rule: "linger", options: { feature: feature.name, for: `${seconds}s` } };
}
