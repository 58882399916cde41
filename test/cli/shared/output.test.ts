import { describe, expect, it } from "vitest";
import { CodedError } from "../../../src/base/errors.ts";
import { nearestWord } from "../../../src/base/nearest-word.ts";
import { Output } from "../../../src/cli/shared/output.ts";
import { neutral } from "../../../src/cli/shared/text.ts";

const ESC = "\u001b";

describe("text from outside", () => {
  it("cannot move the cursor, retitle the window or turn the reading direction", () => {
    expect(neutral(`a${ESC}[2Jb`)).toBe("a\\u001b[2Jb");
    expect(neutral(`a${ESC}]0;root\u0007b`)).toBe("a\\u001b]0;root\\u0007b");
    expect(neutral("invoice\u202efdp.exe")).toBe("invoice\\u202efdp.exe");
    expect(neutral("over\rwritten")).toBe("over\\u000dwritten");
  });

  it("keeps letters, line ends, tabs and our own colours", () => {
    const text = `Müller ${ESC}[31m✓${ESC}[39m\n\tend`;
    expect(neutral(text)).toBe(text);
  });
});

describe("colours", () => {
  it("appear on a terminal", () => {
    const { out } = screen({ isTTY: true });
    expect(out.paint("red", "x")).toBe(`${ESC}[31mx${ESC}[39m`);
  });

  it.each([
    [{ isTTY: true, env: { NO_COLOR: "1" } }],
    [{ isTTY: true, env: { TERM: "dumb" } }],
    [{ isTTY: false }],
  ])("do not appear with %j", (options) => {
    expect(screen(options).out.paint("red", "x")).toBe("x");
  });
});

describe("progress", () => {
  it("is a line on a terminal's stderr that the next output replaces", () => {
    const { out, stdout, stderr } = screen({ isTTY: true });
    out.progress("verifying …");
    out.line("done");
    expect(stderr).toEqual(["verifying …", `\r${ESC}[2K`]);
    expect(stdout).toEqual(["done\n"]);
  });

  it("is silent everywhere else", () => {
    const { out, stderr } = screen({ isTTY: false });
    out.progress("verifying …");
    out.progressDone();
    expect(stderr).toEqual([]);
  });
});

describe("a table", () => {
  it("is aligned, two blanks between columns, one line per row", () => {
    const { out, stdout } = screen({ isTTY: false });
    out.table(
      [{ title: "feature" }, { title: "seats", align: "right" }, { title: "note" }],
      [
        ["cad.pro", "3", ""],
        ["sim", "12", "two\nlines"],
      ],
    );
    expect(stdout.join("")).toBe(
      "feature  seats  note\ncad.pro      3\nsim         12  two lines\n",
    );
  });
});

describe("an error", () => {
  const error = new CodedError("SITE_UNKNOWN", "no such site", { hint: "see sites" });

  it("is words with its code and a hint on stderr", () => {
    const { out, stdout, stderr } = screen({ isTTY: false });
    out.error(error, false);
    expect(stderr).toEqual([
      "seatkeeper: error: no such site (SITE_UNKNOWN)\n",
      "seatkeeper: hint: see sites\n",
    ]);
    expect(stdout).toEqual([]);
  });

  it("is one line of JSON on stderr where JSON was asked for", () => {
    const { out, stderr } = screen({ isTTY: false });
    out.error(error, true);
    expect(JSON.parse(stderr.join(""))).toEqual({
      error: { code: "SITE_UNKNOWN", message: "no such site", hint: "see sites", facts: {} },
    });
  });
});

describe("what was probably meant", () => {
  it.each([
    ["ingst", "ingest"],
    ["reprot", "report"],
    ["--jsno", "--json"],
    ["xyz", undefined],
  ])("by %s is %s", (typed, meant) => {
    expect(nearestWord(typed, ["ingest", "report", "sites", "--json"])).toBe(meant);
  });
});

function screen(options: { isTTY: boolean; env?: Record<string, string> }): {
  readonly out: Output;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
} {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const stream = (written: string[]): { isTTY: boolean; write(text: string): void } => ({
    isTTY: options.isTTY,
    write: (text) => void written.push(text),
  });
  const out = new Output({
    name: "seatkeeper",
    stdout: stream(stdout),
    stderr: stream(stderr),
    env: options.env ?? {},
  });
  return { out, stdout, stderr };
}
