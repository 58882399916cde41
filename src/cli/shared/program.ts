import process from "node:process";
import yargs, { type Argv } from "yargs";
import { CodedError, messageOf } from "../../base/errors.ts";
import type { Choice, Command } from "./command.ts";
import { complaint } from "./complaint.ts";
import { CliError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { allCommands, commandsFor, type ListedCommand } from "./listed-command.ts";
import { Output } from "./output.ts";
import { packageVersion } from "./version.ts";

/** A command-line program: `seatkeeper`, `seatkeeper-vendor`. */
export interface Program {
  readonly name: string;
  /** One sentence under the usage line. */
  readonly summary: string;
  readonly commands: readonly ListedCommand[];
  /** Shown by `--help` of the program itself. */
  readonly examples?: readonly (readonly [command: string, says: string])[];
  /** Lines at the end of `--help`. */
  readonly epilogue?: string;
  /** Codes of errors that mean "examined, and does not verify": exit 3 instead of 1. */
  readonly unverified?: ReadonlySet<string>;
}

/** What every program says at the end of its help. */
export const EXIT_WORDS: string =
  "exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 verification failed";

/**
 * Runs the program over this process's arguments and sets its exit code. The process ends by
 * itself once nothing is left to do, so that everything written reaches its pipe.
 */
export async function main(
  program: Program,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const broken = watchPipes();
  const { stdout, stderr, env } = process;
  const out = new Output({ name: program.name, stdout, stderr, env });
  process.exitCode = await runProgram(program, argv, out, env);
  const failure = await broken();
  if (failure === undefined) return;
  out.error(new CliError("OUTPUT_FAILED", `cannot write to stdout: ${failure}`), false);
  process.exitCode = EXIT.refused;
}

/** Parses, runs, and turns every error into words on stderr and an exit code. */
async function runProgram(
  program: Program,
  argv: readonly string[],
  out: Output,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  try {
    const choice = await parse(program, argv, out);
    return choice === undefined ? EXIT.done : await choice.run({ out, env });
  } catch (error) {
    const coded = isCoded(error) ? error : (withoutFolder(error) ?? internal(error, env));
    out.error(coded, wantsJson(argv));
    if (coded.code === "USAGE") return EXIT.usage;
    return program.unverified?.has(coded.code) === true ? EXIT.unverified : EXIT.refused;
  }
}

/** The chosen command, or nothing when help, version or completion were all that was asked for. */
export async function parse(
  program: Program,
  argv: readonly string[],
  out: Output,
): Promise<Choice | undefined> {
  let chosen: Choice | undefined;
  let output = "";
  const commands = await commandsFor(argv, program.commands);
  const parser = build(program, commands, out.columns, (choice) => {
    chosen = choice;
  });
  try {
    await parser.parseAsync(argv, {}, (_error, _args, text) => {
      output = text;
    });
  } catch (error) {
    if (isCoded(error)) throw error;
    throw await complaintOf(messageOf(error), argv, program);
  }
  if (output !== "") out.text(output.endsWith("\n") ? output : `${output}\n`);
  // yargs counts what stands after `--` as a command; an asking shell may get no suggestion.
  else if (chosen === undefined && !argv.includes(COMPLETING)) {
    throw await complaintOf("name a command", argv, program);
  }
  return chosen;
}

/** What was wrong with the line, and what may have been meant. */
async function complaintOf(
  message: string,
  argv: readonly string[],
  { name, commands }: Program,
): Promise<CliError> {
  return complaint(message, argv, { name, commands: await allCommands(commands) });
}

/** What a completion script asks the program with. */
const COMPLETING = "--get-yargs-completions";

function build(
  program: Program,
  commands: readonly Command[],
  columns: number,
  choose: (choice: Choice) => void,
): Argv {
  const parser = yargs()
    .scriptName(program.name)
    // One wording everywhere: scripts and tests read it, and so does the person on the telephone.
    .detectLocale(false)
    .locale("en")
    .parserConfiguration({
      "populate--": true,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "boolean-negation": false,
    })
    .usage(`$0 <command>\n\n${program.summary}`)
    .completion("completion", "print a completion script for bash or zsh")
    .demandCommand(1, "name a command")
    .strict()
    .strictCommands()
    .showHelpOnFail(false)
    .exitProcess(false)
    .help("help", "show help")
    .alias("help", "h")
    .version("version", "show the version", packageVersion())
    .alias("version", "v")
    .epilogue([program.epilogue, EXIT_WORDS].filter((part) => part !== undefined).join("\n"))
    .wrap(Math.min(100, columns))
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(message ?? "wrong usage");
    });
  for (const [line, says] of program.examples ?? []) parser.example(`$0 ${line}`, says);
  for (const each of commands) each.attach(parser, choose);
  return parser;
}

const isCoded = (error: unknown): error is CodedError => error instanceof CodedError;

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}

/** The shell stands in a folder that somebody has removed: nothing can be named from there. */
function withoutFolder(error: unknown): CliError | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || error.syscall !== "uv_cwd") {
    return undefined;
  }
  return new CliError("WORKING_FOLDER_GONE", "the working folder is gone or cannot be read", {
    cause: error,
    hint: "change to a folder that is there, as with cd /, and run it again",
  });
}

function internal(error: unknown, env: Readonly<Record<string, string | undefined>>): CliError {
  const trace = error instanceof Error ? error.stack : undefined;
  const shown = env["SEATKEEPER_DEBUG"] === "1" && trace !== undefined ? trace : messageOf(error);
  return new CliError("INTERNAL", `unexpected: ${shown}`, {
    cause: error,
    hint: "this is a defect; set SEATKEEPER_DEBUG=1 to see where, and report it",
  });
}

/**
 * A reader that goes away (`seatkeeper seats list | head -1`) is no failure: the rest is dropped
 * and the work goes on to its end. Any other failed write is told to the caller at the end.
 */
function watchPipes(): () => Promise<string | undefined> {
  let failure: string | undefined;
  const { stdout, stderr } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failure = error.message;
  });
  stderr.on("error", () => undefined);
  // The answer is known only when everything written so far has met the disk or the pipe.
  return () =>
    new Promise((resolve) => stdout.write("", () => setImmediate(() => resolve(failure))));
}
