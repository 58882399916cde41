import { OptionsError } from "./errors.ts";
import type { DraftGroup, DraftRule, Translation } from "./translation.ts";

/** Characters of a configuration. */
const LONGEST_CONFIG = 1_048_576;

/** Members of a group on one line; more have a line each. */
const MEMBERS_ON_A_LINE = 6;

/** Characters of an option in a comment. */
const LONGEST_QUOTE = 120;

/**
 * The groups and rules as YAML for `config.yaml`, each below a comment that names its line.
 * @param file what the comments call the options file
 * @throws {@link OptionsError} `OPTIONS_TOO_LARGE`
 */
export function configText({ groups, rules }: Translation, file: string): string {
  const named = quoted(file);
  const text = [
    `# Groups and rules of ${named}. Compare them with what is meant:`,
    "#   seatkeeper config check FILE",
    groups.length === 0 ? "groups: {}" : "groups:",
    ...groups.flatMap((group) => groupLines(group, named)),
    rules.length === 0 ? "rules: []" : "rules:",
    ...rules.flatMap((rule) => ruleLines(rule, named)),
    "",
  ].join("\n");
  if (text.length <= LONGEST_CONFIG) return text;
  throw new OptionsError(
    "OPTIONS_TOO_LARGE",
    `the configuration would be longer than ${LONGEST_CONFIG} characters`,
    { hint: "use groups instead of one line for each user", facts: { limit: LONGEST_CONFIG } },
  );
}

function groupLines(group: DraftGroup, file: string): readonly string[] {
  const { name, lines, text, users, hosts, networks, ignoreCase } = group;
  const lists = [
    ...listLines("users", users),
    ...listLines("hosts", hosts),
    ...listLines("networks", networks),
    ...(ignoreCase ? ["    ignore_case: true"] : []),
  ];
  return [
    `  # ${file}:${lines.join(",")}: ${quoted(text)}`,
    lists.length === 0 ? `  ${scalar(name)}: {}` : `  ${scalar(name)}:`,
    ...lists,
  ];
}

function listLines(option: string, members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  if (members.length <= MEMBERS_ON_A_LINE) {
    return [`    ${option}: [${members.map(scalar).join(", ")}]`];
  }
  return [`    ${option}:`, ...members.map((member) => `      - ${scalar(member)}`)];
}

function ruleLines({ id, kind, options, line, text }: DraftRule, file: string): readonly string[] {
  const written = Object.entries(options).map(([name, value]) => `${name}: ${valueText(value)}`);
  return [
    `  # ${file}:${line}: ${quoted(text)}`,
    `  - id: ${id}`,
    `    ${kind}: { ${written.join(", ")} }`,
  ];
}

function valueText(value: string | number | readonly string[]): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? scalar(value) : `[${value.map(scalar).join(", ")}]`;
}

/** A text that YAML reads as this text, in quotes where it could be something else. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9._-]*$/.test(text) && !/^(?:true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** For a comment: on one line, and not too long. */
function quoted(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ");
  const letters = Array.from(line);
  return letters.length <= LONGEST_QUOTE ? line : `${letters.slice(0, LONGEST_QUOTE).join("")} …`;
}
