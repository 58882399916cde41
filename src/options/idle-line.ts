import { malformed, oneLicense } from "./about-whom.ts";
import { readFeatureSpec } from "./feature-spec.ts";
import type { Dialect, Keyword } from "./keyword.ts";
import type { Surroundings } from "./surroundings.ts";
import type { DraftRule } from "./translation.ts";
import {
  countOf,
  ignoring,
  type Reading,
  type Refused,
  refusing,
  type WrittenLine,
} from "./written-line.ts";

/** The longest `idle_timeout`: seven days. */
const SECONDS_MAX = 604_800;

/** What RLM makes of a lower timeout, where the license does not say otherwise. */
const RLM_LEAST = 3_600;

/** What a line says about a feature, or about all with `*`. */
interface IdleTime {
  readonly kind: "idle-time";
  readonly feature: string;
  readonly seconds: number;
}

/** `TIMEOUT feature seconds`; in RLM `TIMEOUT seconds [product]`; `TIMEOUTALL seconds`. */
export function readIdleTime(
  dialect: Dialect,
  keyword: Keyword,
  all: boolean,
  words: readonly string[],
): IdleTime | Refused {
  const secondsFirst = all || dialect.name === "RLM";
  const [count = "", spec, ...more] = secondsFirst
    ? words
    : [words[1], words[0], ...words.slice(2)];
  const isForAll = spec === undefined && secondsFirst;
  const seconds = countOf(count);
  const hasTooMany = more.length > 1 || (all && spec !== undefined);
  if (seconds === undefined || hasTooMany) return malformed(keyword);
  if (more[0] !== undefined) return oneLicense(dialect, keyword, more[0]);
  if (isForAll) return { kind: "idle-time", feature: "*", seconds };
  const feature = readFeatureSpec(spec ?? "");
  if (feature.kind === "refused") return feature;
  return { kind: "idle-time", feature: feature.name, seconds };
}

/**
 * Reads a line that takes idle seats back. In RLM the last line about a feature counts; in FlexNet
 * nothing is documented of a second one.
 */
export function readTimeout(
  around: Surroundings,
  keyword: Keyword,
  all: boolean,
  { words, statement }: WrittenLine,
): Reading {
  const { dialect, timeouts, saidOnce } = around;
  const read = readIdleTime(dialect, keyword, all, words);
  if (read.kind === "refused") return read;
  const { feature, seconds } = read;
  if (dialect.name === "RLM") {
    const last = timeouts.below({ feature, line: statement.line });
    if (last !== undefined) return ignoring(`line ${last} says it again, and the last one counts`);
  } else {
    const above = saidOnce.again(keyword, feature, statement);
    if (above !== undefined) return above;
  }
  const name = feature === "*" ? '"*"' : feature;
  if (seconds === 0) {
    return refusing(
      "it stands for the least that the vendor allows, which the file does not say",
      `write idle_timeout: { feature: ${name}, for: what is wanted }`,
    );
  }
  if (seconds > SECONDS_MAX) {
    const place = feature === "*" ? "below those for one feature" : "above one for all features";
    return refusing(
      "a seat may be idle for seven days at most",
      `write idle_timeout: { feature: ${name}, for: 7d }, ${place}`,
    );
  }
  const options = { feature, for: `${seconds}s` };
  return { kind: "rule", rule: "idle_timeout", options, notes: notesOn(around, read) };
}

function notesOn({ dialect, timeouts }: Surroundings, { feature, seconds }: IdleTime) {
  const isRlm = dialect.name === "RLM";
  const notes: string[] = [];
  if (timeouts.tellOnce()) {
    notes.push(
      "an application is idle here only if it tells whether somebody works; see docs/CLIENT.md, Idle seats",
    );
    if (!isRlm) notes.push("FlexNet raises times to the vendor's least; here they are as written");
  }
  if (isRlm && seconds < RLM_LEAST) {
    notes.push(
      `RLM makes ${RLM_LEAST} seconds of it unless the license says otherwise; here it is as written`,
    );
  }
  if (!isRlm && feature === "*" && timeouts.hasOwn) {
    notes.push("features with a TIMEOUT of their own keep that; FlexNet does not document it");
  }
  return notes;
}

/** Of idle_timeout rules the first that fits counts, so those for all features come last. */
export function widestLast(rules: readonly DraftRule[]): readonly DraftRule[] {
  return [...rules.filter((rule) => !isForAll(rule)), ...rules.filter(isForAll)];
}

const isForAll = ({ kind, options }: DraftRule): boolean =>
  kind === "idle_timeout" && options["feature"] === "*";
