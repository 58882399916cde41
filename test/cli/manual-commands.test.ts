import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Command } from "../../src/cli/shared/command.ts";
import { allCommands } from "../../src/cli/shared/listed-command.ts";
import {
  commandsIn,
  complaintAbout,
  complaintAboutMention,
  PROGRAMS,
  wordsOf,
} from "../support/typed-commands.ts";

const PAGES = [
  "README.md",
  "docs/OPERATIONS.md",
  "docs/ADMINISTRATION.md",
  "docs/RECOVERY.md",
  "docs/VENDOR-KEYS.md",
  "docs/AUDITOR.md",
  "docs/CLIENT.md",
  "docs/ERRORS.md",
] as const;

/** The commands of a page that mean nothing to the program, each with the parser's word for it. */
async function wrongIn(page: string): Promise<readonly string[]> {
  const different = new Map(commandsIn(page).map((each) => [each.line, each]));
  const checked = await Promise.all(
    [...different.values()].map(async ({ program, line, words }) => {
      const complaint = await complaintAboutMention(program, words);
      return complaint === undefined ? [] : [`${line}: ${complaint}`];
    }),
  );
  return checked.flat();
}

describe("a command of the manual", () => {
  it.each(PAGES)("exists with its options, in %s", async (page) => {
    const text = readFileSync(page, "utf8");
    expect(commandsIn(text).length).toBeGreaterThan(page === "docs/OPERATIONS.md" ? 50 : 2);
    expect(await wrongIn(text)).toEqual([]);
  });

  it("would be missed if it did not", async () => {
    const page = [
      "Say `seatkeeper usage exprot`, or `systemctl reload seatkeeper` and `journalctl -u seatkeeper --since today`.",
      "```sh",
      "runuser -u seatkeeper -- seatkeeper backup --ouput site.skbackup   # every night",
      "seatkeeper-vendor sites > sites.txt && seatkeeper-audit verify",
      "```",
    ].join("\n");
    expect(commandsIn(page).map(({ line }) => line)).toEqual([
      "seatkeeper backup --ouput site.skbackup",
      "seatkeeper-vendor sites",
      "seatkeeper-audit verify",
      "seatkeeper usage exprot",
    ]);
    expect(await wrongIn(page)).toEqual([
      "seatkeeper backup --ouput site.skbackup: unknown option: --ouput",
      "seatkeeper usage exprot: unknown command: exprot",
    ]);
  });
});

describe.each(PROGRAMS)("the help of $name", (program) => {
  it("has examples of every command, which the program understands", async () => {
    const commands = (await allCommands(program.commands)).flatMap((each) => leaves(each, []));
    expect(commands.filter(({ examples }) => examples.length === 0)).toEqual([]);
    const lines = [
      ...commands.flatMap(({ examples }) => examples),
      ...(program.examples ?? []).map(([line]) => line),
    ];
    const complaints = await Promise.all(
      lines.map(async (line) => {
        const complaint = await complaintAbout(program, wordsOf(line));
        return complaint === undefined ? [] : [`${line}: ${complaint}`];
      }),
    );
    expect(complaints.flat()).toEqual([]);
  });
});

/** A command that does something, as it is typed, and its examples. */
interface Leaf {
  readonly path: string;
  readonly examples: readonly string[];
}

function leaves(command: Command, before: readonly string[]): readonly Leaf[] {
  const path = [...before, command.name];
  if (command.subcommands.length > 0)
    return command.subcommands.flatMap((each) => leaves(each, path));
  return [{ path: path.join(" "), examples: command.examples.map(([line]) => line) }];
}
