import type { Options } from "yargs";
import { type Command, positionalNames, spelled } from "./command.ts";
import { allCommands } from "./listed-command.ts";
import { EXIT_WORDS, type Program } from "./program.ts";

/** Sections that only the manual has, by heading, each a list of paragraphs. */
export type ManSections = Readonly<Record<string, readonly string[]>>;

/** What stands at the edges of a page. */
export interface ManEdges {
  /** As in `2026-12-01`. */
  readonly date: string;
  readonly version: string;
}

/**
 * The manual page of a program in man(7): what `--help` says of it and of each command, in one place.
 */
export async function manPage(
  program: Program,
  { date, version }: ManEdges,
  sections: ManSections = {},
): Promise<string> {
  const commands = (await allCommands(program.commands)).flatMap((each) => leaves(each, []));
  return [
    `.TH ${program.name.toUpperCase()} 1 "${date}" "Seatkeeper ${roff(version)}" "Seatkeeper"`,
    ".SH NAME",
    `${roff(program.name)} \\- ${roff(program.summary.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${roff(program.name)}`,
    "\\fIcommand\\fR [\\fIoptions\\fR]",
    ".SH COMMANDS",
    ...commands.flatMap((each) => commandLines(program.name, each)),
    ...exampleLines(program.name, program.examples ?? []),
    ".SH EXIT STATUS",
    ...EXIT_WORDS.replace("exit codes: ", "").split(", ").flatMap(exitLines),
    ...Object.entries(sections).flatMap(([title, texts]) => [
      `.SH ${roff(title.toUpperCase())}`,
      ...texts.flatMap((text) => [".PP", roff(text)]),
    ]),
    "",
  ].join("\n");
}

/** A command that does something, with the words before it: `license` of `license install`. */
interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function leaves(command: Command, path: readonly string[]): readonly Leaf[] {
  if (command.subcommands.length === 0) return [{ path, command }];
  return command.subcommands.flatMap((each) => leaves(each, [...path, command.name]));
}

function commandLines(program: string, { path, command }: Leaf): readonly string[] {
  const positionals = positionalNames(command.usage);
  const declared = Object.entries(command.declared).toSorted(
    ([one], [other]) => Number(positionals.includes(other)) - Number(positionals.includes(one)),
  );
  return [
    `.SS ${roff([program, ...path, command.usage].join(" "))}`,
    roff(sentence(command.summary)),
    ...declared.flatMap(([name, option]) => optionLines(name, option, positionals.includes(name))),
    ...command.examples.flatMap(([line, says]) => exampleLine(program, line, says)),
  ];
}

function optionLines(name: string, option: Options, isPositional: boolean): readonly string[] {
  const names = isPositional
    ? `\\fI${roff(name)}\\fR`
    : [name, option.alias ?? []]
        .flat()
        .map((each) => `\\fB${roff(spelled(each))}\\fR`)
        .join(", ");
  const value =
    isPositional || option.type === "boolean" ? "" : ` \\fI${option.type ?? "value"}\\fR`;
  return [".TP", `${names}${value}`, roff(sentence(describe(option)))];
}

function describe({ describe: says = "", choices = [], default: usual }: Options): string {
  const one = choices.length === 0 ? "" : `; one of ${choices.join(", ")}`;
  const left = usual === undefined || usual === false ? "" : ` (${String(usual)} when left out)`;
  return `${says}${one}${left}`;
}

function exampleLines(program: string, examples: NonNullable<Program["examples"]>): string[] {
  if (examples.length === 0) return [];
  return [".SH EXAMPLES", ...examples.flatMap(([line, says]) => exampleLine(program, line, says))];
}

const exampleLine = (program: string, line: string, says: string): readonly string[] => [
  ".PP",
  roff(`For example: ${says}`),
  ".RS",
  ".nf",
  `\\fB${roff(`${program} ${line}`)}\\fR`,
  ".fi",
  ".RE",
];

function exitLines(code: string): readonly string[] {
  const [number = "", ...words] = code.split(" ");
  return [".TP", `\\fB${number}\\fR`, roff(words.join(" "))];
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

/** Backslashes and hyphens have meanings, and so has a period or quote that begins a line (man(7)). */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
