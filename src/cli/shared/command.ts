import type { ArgumentsCamelCase, Argv, InferredOptionTypes, Options } from "yargs";
import { usageError } from "./errors.ts";
import type { ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";

/** What a running command has besides its options. */
export interface Shell {
  readonly out: Output;
  /** What stood after `--`. */
  readonly rest: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Options and positionals as yargs declares them; what they hold is inferred from here. */
export type Declared = Readonly<Record<string, Options>>;

/** What the declared options and positionals hold; `--passphrase-file` also as `passphraseFile`. */
type Values<Declarations extends Declared> = ArgumentsCamelCase<Inferred<Declarations>>;

/** Exactly what `Argv.options` makes of declarations; its first half is yargs' way of saying "no others". */
type Inferred<Declarations extends Declared> = {
  [Key in Exclude<keyof Nothing, keyof Declarations>]: Nothing[Key];
} & InferredOptionTypes<Declarations>;
type Nothing = Argv extends Argv<infer Before> ? Before : never;

/** A command before it is part of a program. */
export interface CommandSpec<Declarations extends Declared> {
  /** Name and positionals as yargs writes them: `ingest <file..>`. */
  readonly command: string;
  readonly summary: string;
  /** Every option, and one entry for each positional named in {@link command}. */
  readonly options: Declarations;
  /** Command line without the program's name, and what it does. */
  readonly examples?: readonly (readonly [command: string, says: string])[];
  /** True when everything after `--` belongs to this command. */
  readonly takesRest?: boolean;
  readonly run: (options: Values<Declarations>, shell: Shell) => ExitCode | Promise<ExitCode>;
}

/** A command as the program frame holds it: what it wants from the parser, and the work once chosen. */
export interface Command {
  /** Its first word. */
  readonly name: string;
  /** Name and positionals as yargs writes them. */
  readonly usage: string;
  readonly summary: string;
  readonly subcommands: readonly Command[];
  /** `--json`, `-j`: for suggestions. */
  readonly optionNames: readonly string[];
  /** Options and positionals as they were declared, for the manual. */
  readonly declared: Declared;
  readonly examples: readonly (readonly [command: string, says: string])[];
  attach(parent: Argv, choose: (choice: Choice) => void): void;
}

/** The one command that the command line names, its options bound. */
export interface Choice {
  run(shell: Omit<Shell, "rest">): ExitCode | Promise<ExitCode>;
}

export function command<const Declarations extends Declared>(
  spec: CommandSpec<Declarations>,
): Command {
  const positionals = positionalNames(spec.command);
  const named = Object.keys(spec.options).filter((name) => !positionals.includes(name));
  return {
    name: spec.command.split(" ")[0] ?? "",
    usage: spec.command,
    summary: spec.summary,
    subcommands: [],
    optionNames: named.flatMap((name) => spellings(name, spec.options[name])),
    declared: spec.options,
    examples: spec.examples ?? [],
    attach(parent, choose): void {
      parent.command(
        spec.command,
        spec.summary,
        (args) => {
          const declared = args.options(spec.options);
          // Declared once more so that the help lists them as what they are.
          for (const name of positionals) args.positional(name, {});
          for (const [line, says] of spec.examples ?? []) args.example(`$0 ${line}`, says);
          return declared;
        },
        (options) => {
          refuseOddValues(options, spec.options, positionals);
          choose({ run: (shell) => spec.run(options, { ...shell, rest: restOf(options, spec) }) });
        },
      );
    },
  };
}

/** Commands under a common first word: `license install`, `license show`. */
export function group(name: string, summary: string, subcommands: readonly Command[]): Command {
  return {
    name,
    usage: name,
    summary,
    subcommands,
    optionNames: [],
    declared: {},
    examples: [],
    attach(parent, choose): void {
      parent.command(
        name,
        summary,
        (args) => {
          for (const each of subcommands) each.attach(args, choose);
          return args.demandCommand(1, "name a command");
        },
        () => undefined,
      );
    },
  };
}

/** yargs turns a second `--out` into a list and a word into NaN; a person is told instead. */
function refuseOddValues(
  values: Readonly<Record<string, unknown>>,
  declared: Declared,
  positionals: readonly string[],
): void {
  for (const [name, declaration] of Object.entries(declared)) {
    const value = values[name];
    const spoken = positionals.includes(name) ? `<${name}>` : spelled(name);
    if (Array.isArray(value) && declaration.array !== true)
      throw usageError(`${spoken} is given twice`);
    if (Number.isNaN(value)) throw usageError(`${spoken} needs a number`);
    if (value === "" || (Array.isArray(value) && value.includes("")))
      throw usageError(`${spoken} is empty`);
  }
}

function restOf(
  values: Readonly<Record<string, unknown>>,
  spec: { readonly takesRest?: boolean },
): readonly string[] {
  const rest = values["--"];
  const words = Array.isArray(rest) ? rest.map(String) : [];
  if (words.length > 0 && spec.takesRest !== true)
    throw usageError(`unexpected arguments after --: ${words.join(" ")}`);
  return words;
}

/** The words in angle or square brackets. */
export const positionalNames = (usage: string): readonly string[] =>
  [...usage.matchAll(/[<[]([\w-]+)(?:\.\.)?[>\]]/g)].map((match) => match[1] ?? "");

function spellings(name: string, declaration: Options | undefined): readonly string[] {
  return [name, declaration?.alias ?? []].flat().map(spelled);
}

/** As it is typed: `--out`, `-o`. */
export const spelled = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
