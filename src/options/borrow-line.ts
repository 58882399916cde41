import { aboutWhom, malformed, oneLicense, whomForAll } from "./about-whom.ts";
import { readFeatureSpec } from "./feature-spec.ts";
import type { Keyword } from "./keyword.ts";
import { SEATS_MAX, type Surroundings } from "./surroundings.ts";
import { countOf, ignoring, type Reading, refusing, type WrittenLine } from "./written-line.ts";

/** The longest borrowing that any license allows. */
const DAYS_MAX = 366;

/** Reads a line that keeps somebody from borrowing, of one feature or of all. */
export function readBorrowBan(
  around: Surroundings,
  keyword: Keyword,
  all: boolean,
  line: WrittenLine,
): Reading {
  const about = all
    ? whomForAll(around, keyword, line)
    : aboutWhom(around, keyword, line, line.words);
  if (about.kind === "refused") return about;
  return {
    kind: "rule",
    rule: "borrow",
    options: { feature: about.feature, days: 0, who: about.who },
  };
}

/** Reads `ROAM_MAX_DAYS n product` or `ROAM_MAX_COUNT n product`. */
export function readBorrowLimit(
  around: Surroundings,
  keyword: Keyword,
  option: "days" | "seats",
  { words, statement }: WrittenLine,
): Reading {
  const [count = "", spec = "", ...more] = words;
  const most = countOf(count);
  if (most === undefined || spec === "" || more.length > 1) return malformed(keyword);
  if (more[0] !== undefined) return oneLicense(around.dialect, keyword, more[0]);
  if (option === "days" && most > DAYS_MAX) return ignoring("no license allows so many days");
  if (option === "seats" && most > SEATS_MAX) return ignoring("no license has so many seats");
  const feature = readFeatureSpec(spec);
  if (feature.kind === "refused") return feature;
  const above = around.saidOnce.again(keyword, feature.name, statement);
  if (above !== undefined) return above;
  return { kind: "rule", rule: "borrow", options: { feature: feature.name, [option]: most } };
}

/** Reads `MAX_BORROW_HOURS feature hours`; of several for a feature the last one counts. */
export function readBorrowHours(
  around: Surroundings,
  keyword: Keyword,
  { words, statement }: WrittenLine,
): Reading {
  const [spec = "", count = "", ...more] = words;
  const hours = countOf(count);
  if (hours === undefined || more.length > 0) return malformed(keyword);
  const feature = readFeatureSpec(spec);
  if (feature.kind === "refused") return feature;
  const last = around.lastBorrowHours.get(feature.name) ?? statement.line;
  if (last > statement.line) return ignoring(`line ${last} says it again, and the last one counts`);
  if (hours > DAYS_MAX * 24) return ignoring("no license allows so many days");
  if (hours % 24 === 0) {
    return { kind: "rule", rule: "borrow", options: { feature: feature.name, days: hours / 24 } };
  }
  return refusing(
    "a borrow rule counts whole days",
    `write borrow: { feature: ${feature.name}, days: ${Math.floor(hours / 24)} }, which is less, or one day more`,
  );
}
