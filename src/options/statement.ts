import { OptionsError } from "./errors.ts";

/** One option of the file, with the lines it is written on. */
export interface Statement {
  /** The first line, from 1. */
  readonly line: number;
  /** The last one; another than the first where a `\` ends a line. */
  readonly last: number;
  /** What stands there, on one line, without the blanks around it. */
  readonly text: string;
  /** The words; what stands in double quotes is one, without them. Empty for blanks and comments. */
  readonly words: readonly string[];
}

/** Characters of a file, and its lines. Real ones have some thousand and some hundred. */
const LONGEST_FILE = 1_048_576;
const LINES_MAX = 100_000;

/**
 * Takes a file apart. Every line of it is in exactly one statement.
 * @param continues whether a `\` at the end of a line goes on at the next one
 * @throws {@link OptionsError} `OPTIONS_TOO_LARGE`
 */
export function readStatements(text: string, continues: boolean): readonly Statement[] {
  if (text.length > LONGEST_FILE) throw tooLarge(LONGEST_FILE, "characters");
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > LINES_MAX) throw tooLarge(LINES_MAX, "lines");
  const statements: Statement[] = [];
  for (let first = 0; first < lines.length; ) {
    const last = continues ? lastLineOf(lines, first) : first;
    const joined = lines
      .slice(first, last + 1)
      .map(withoutBackslash(continues))
      .join(" ");
    statements.push(statementOf(joined, first + 1, last + 1));
    first = last + 1;
  }
  return statements;
}

function tooLarge(limit: number, what: string): OptionsError {
  return new OptionsError("OPTIONS_TOO_LARGE", `the options file has more than ${limit} ${what}`, {
    hint: "this is probably another kind of file",
    facts: { limit },
  });
}

const CONTINUED = /\\\s*$/;

/** A comment ends with its line, whatever it ends with. */
function lastLineOf(lines: readonly string[], first: number): number {
  let last = first;
  if (/^\s*#/.test(lines[first] ?? "")) return first;
  while (last + 1 < lines.length && CONTINUED.test(lines[last] ?? "")) last += 1;
  return last;
}

const withoutBackslash =
  (continues: boolean) =>
  (line: string): string =>
    continues ? line.replace(CONTINUED, "") : line;

function statementOf(joined: string, line: number, last: number): Statement {
  const text = joined.trim().replaceAll(/\s+/g, " ");
  const words = text.startsWith("#")
    ? []
    : [...text.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
  return { line, last, text, words };
}
