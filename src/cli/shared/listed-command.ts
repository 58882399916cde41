import type { Argv } from "yargs";
import type { Command } from "./command.ts";

/**
 * A command as the help of its program lists it. Its module, with all that it imports, is loaded
 * when a command line names it: `status` need not wait for the code of the daemon.
 */
export interface ListedCommand {
  /** Name and positionals, as the command itself writes them. */
  readonly usage: string;
  /** As the command itself says it. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** The commands of a program, those loaded that `argv` may mean: a word too many costs only time. */
export function commandsFor(
  argv: readonly string[],
  listed: readonly ListedCommand[],
): Promise<readonly Command[]> {
  const words = new Set(argv);
  return Promise.all(
    listed.map((each) => (words.has(nameOf(each)) ? each.load() : Promise.resolve(unloaded(each)))),
  );
}

/** Everything, for a complaint that suggests what may have been meant. */
export function allCommands(listed: readonly ListedCommand[]): Promise<readonly Command[]> {
  return Promise.all(listed.map((each) => each.load()));
}

const nameOf = ({ usage }: ListedCommand): string => usage.split(" ")[0] ?? "";

/** A line of the help and a word of the completion. */
function unloaded(listed: ListedCommand): Command {
  const { usage, summary } = listed;
  return {
    name: nameOf(listed),
    usage,
    summary,
    subcommands: [],
    optionNames: [],
    declared: {},
    examples: [],
    attach(parent: Argv): void {
      parent.command(usage, summary, {}, () => {
        throw new TypeError(`${usage} was chosen without its name`);
      });
    },
  };
}
