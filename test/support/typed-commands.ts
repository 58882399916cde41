import { PassThrough } from "node:stream";
import { PROGRAM as AUDITOR } from "../../src/cli/auditor/program.ts";
import { flagForm } from "../../src/cli/operator/flag-form.ts";
import { PROGRAM as OPERATOR } from "../../src/cli/operator/program.ts";
import { Output } from "../../src/cli/shared/output.ts";
import { type Program, parse } from "../../src/cli/shared/program.ts";
import { PROGRAM as VENDOR } from "../../src/cli/vendor/program.ts";

export const PROGRAMS: readonly Program[] = [OPERATOR, VENDOR, AUDITOR];

/** A command of ours as a text has it: `seatkeeper usage export --out usage.skb`. */
export interface TypedCommand {
  readonly program: Program;
  readonly line: string;
  readonly words: readonly string[];
}

/** Neither a user nor a unit of that name, nor a part of a path. */
const COMMAND =
  /(?<![\w./=-])(?<!-[gou] |systemctl [\w-]+ )(seatkeeper(?:-vendor|-audit)?) ((?!-- )[a-z-].*)$/;

/**
 * The commands of our programs in a page of Markdown: those of its blocks of code, and those in the
 * running text, which may leave out what they need (`seatkeeper usage export`).
 */
export function commandsIn(page: string): readonly TypedCommand[] {
  const blocks = [...page.matchAll(/^ *```(?:sh|console|ini)\n(.*?)^ *```/gms)].flatMap(
    ([, block = ""]) => block.split("\n").filter((line) => !/^\w*: |^ *#/.test(line)),
  );
  const spans = page.replaceAll(/^ *```.*?^ *```/gms, "").matchAll(/`(seatkeeper[^`]+)`/g);
  return [...blocks, ...[...spans].map(([, span = ""]) => span.replaceAll("\n", " "))].flatMap(
    (text) => text.split(OPERATOR_BETWEEN).flatMap(commandOf),
  );
}

/** What ends a command for a shell, and a remark. */
const OPERATOR_BETWEEN = / (?:\||&&|#) ?|; /;

function commandOf(text: string): readonly TypedCommand[] {
  const [, name = "", rest = ""] = COMMAND.exec(text) ?? [];
  const program = PROGRAMS.find((each) => each.name === name);
  if (program === undefined) return [];
  const words = wordsOf(rest);
  return [{ program, line: [name, ...words].join(" "), words }];
}

/** Words of the first command of a line as a shell would see them; quotes keep blanks together. */
export function wordsOf(line: string): readonly string[] {
  const [command = ""] = line.split(/ (?:\||&&|#|>) /);
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|((?:\$\([^)]*\)|[^\s"'])+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}

/** What the program's own parser has against a command line; nothing is run. */
export async function complaintAbout(
  program: Program,
  words: readonly string[],
): Promise<string | undefined> {
  const nowhere = new PassThrough();
  const out = new Output({ name: program.name, stdout: nowhere, stderr: nowhere, env: {} });
  try {
    await parse(program, program.name === "seatkeeper" ? flagForm(words) : words, out);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same of a command in a sentence, which names no more of its arguments than it speaks of. */
export async function complaintAboutMention(
  program: Program,
  words: readonly string[],
): Promise<string | undefined> {
  const complaint = await complaintAbout(program, words);
  const filled = complaint === undefined ? undefined : filledIn(words, complaint);
  if (filled !== undefined) return complaintAboutMention(program, filled);
  return /^name a command$|^--\S+ cannot be (?:1|true):/.test(complaint ?? "")
    ? undefined
    : complaint;
}

/** The words with what the complaint misses; undefined where it misses nothing that may be left out. */
function filledIn(words: readonly string[], complaint: string): readonly string[] | undefined {
  const [, option] = /^(--\S+) (?:is missing|needs a value)$/.exec(complaint) ?? [];
  if (complaint !== "an argument is missing" && option === undefined) return undefined;
  const given = words.filter((word) => word !== option);
  // More would not help: the word was there before.
  if (given.length > LONGEST) return undefined;
  // Before the options: some of them take all that follows.
  const options = given.findIndex((word) => word.startsWith("-"));
  const at = options === -1 ? given.length : options;
  return given.toSpliced(at, 0, option === undefined ? "1" : `${option}=1`);
}

/** Words of the longest command that a page has, and then some. */
const LONGEST = 40;
