import { describe, expect, it } from "vitest";
import { PROGRAM as AUDITOR } from "../../../src/cli/auditor/program.ts";
import { PROGRAM as OPERATOR } from "../../../src/cli/operator/program.ts";
import type { Command } from "../../../src/cli/shared/command.ts";
import { manPage } from "../../../src/cli/shared/man-page.ts";
import type { Program } from "../../../src/cli/shared/program.ts";
import { PROGRAM as VENDOR } from "../../../src/cli/vendor/program.ts";

const EDGES = { date: "2026-12-01", version: "0.1.0" };

/** The page as a reader sees it: without the marks of man(7). */
async function read(program: Program): Promise<string> {
  const page = await manPage(program, EDGES, { files: ["/etc/seatkeeper/config.yaml: settings"] });
  return page
    .replaceAll(/\\f[BIR]|\\&/g, "")
    .replaceAll("\\-", "-")
    .replaceAll("\\e", "\\");
}

/** Everything that can be typed, as `usage export --out`. */
function typed(command: Command, before = ""): readonly string[] {
  const path = `${before}${command.name}`;
  if (command.subcommands.length === 0) return command.optionNames.map((name) => `${path} ${name}`);
  return command.subcommands.flatMap((each) => typed(each, `${path} `));
}

describe.each([OPERATOR, VENDOR, AUDITOR])("the manual page of $name", (program) => {
  it("tells every command and every option, each under its command", async () => {
    const sections = (await read(program)).split(/^\.SS /m).slice(1);
    const commands = await Promise.all(program.commands.map((each) => each.load()));
    const missing = commands
      .flatMap((each) => typed(each))
      .filter((line) => {
        const [, path = "", option = ""] = /^(.*) (-\S+)$/.exec(line) ?? [];
        const section = sections.find((text) => text.startsWith(`${program.name} ${path}`));
        return section?.includes(option) !== true;
      });
    expect(missing).toEqual([]);
    expect(sections.length).toBeGreaterThanOrEqual(program.commands.length);
  });

  it("has the headings of a manual, and the exit codes", async () => {
    const page = await read(program);
    expect([...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title)).toEqual(
      ["NAME", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "FILES"].toSpliced(
        3,
        0,
        ...(program.examples === undefined ? [] : ["EXAMPLES"]),
      ),
    );
    expect(page).toMatch(/^3$\n^verification failed$/m);
  });

  it("begins no line with what man(7) would take for a request of its own", async () => {
    const page = await manPage(program, EDGES);
    const known = /^\.(?:TH|SH|SS|B|TP|PP|RS|RE|nf|fi)\b|^[^.']|^$/;
    expect(page.split("\n").filter((line) => !known.test(line))).toEqual([]);
  });
});
