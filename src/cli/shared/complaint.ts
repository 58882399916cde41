import { nearestWord } from "../../base/nearest-word.ts";
import type { Command } from "./command.ts";
import { type CliError, usageError } from "./errors.ts";

/** The parser's message about a command line, in this project's words and with a way out. */
export function complaint(
  message: string,
  argv: readonly string[],
  program: { readonly name: string; readonly commands: readonly Command[] },
): CliError {
  const path = commandPath(argv, program.commands);
  const help = `see ${[program.name, ...path.map((each) => each.name), "--help"].join(" ")}`;
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) return usageError(reworded(message), help);
  const here = path.at(-1);
  const option = argv.find((word) => isOption(word, unknown))?.split("=")[0];
  if (option !== undefined) {
    const names = [...(here?.optionNames ?? []), "--help", "-h", "--version", "-v"];
    return usageError(`unknown option: ${option}`, meant(option, names) ?? help);
  }
  const commands = here === undefined ? program.commands : here.subcommands;
  const what = commands.length > 0 ? "command" : "argument";
  const names = commands.map((each) => each.name);
  return usageError(`unknown ${what}: ${unknown}`, meant(unknown, names) ?? help);
}

function meant(word: string, candidates: readonly string[]): string | undefined {
  const near = nearestWord(word, candidates);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

function reworded(message: string): string {
  const rule = REWORDED.find(([pattern]) => pattern.test(message));
  return rule === undefined ? message : message.replace(...rule);
}

const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^Not enough non-option arguments.*$/s, "an argument is missing"],
  [/^Too many non-option arguments.*$/s, "too many arguments"],
  [/^Not enough arguments following: (.+)$/s, "--$1 needs a value"],
  [/^Missing required arguments?: ([^,]+).*$/s, "--$1 is missing"],
  [
    /^Invalid values:\s+Argument: ([^,]+), Given: (.+), Choices: (.+)$/s,
    "--$1 cannot be $2: choose one of $3",
  ],
  [/^Arguments (\S+) and (\S+) are mutually exclusive$/s, "--$1 and --$2 exclude each other"],
];

/** The command, and its subcommand, that the beginning of the line does name. */
function commandPath(argv: readonly string[], commands: readonly Command[]): readonly Command[] {
  const found = commands.find((each) => each.name === argv[0]);
  return found === undefined ? [] : [found, ...commandPath(argv.slice(1), found.subcommands)];
}

function isOption(word: string, name: string): boolean {
  const typed = /^--?([^=]+)/.exec(word)?.[1];
  // Grouped letters (`-xyz`) are complained about one by one.
  return typed === name || (/^-[^-]/.test(word) && name.length === 1 && word.includes(name));
}
