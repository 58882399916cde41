import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../vendor/given.ts";
import { PROGRAM } from "../vendor-desk.ts";

const CTRL_C = "\u0003";
const CTRL_U = "\u0015";
const BACKSPACE = "\u007f";

describe("a passphrase typed at a terminal", () => {
  it("is asked for twice when it is chosen, and never shown", () => {
    const { screen, status } = typing("init --name acme.example", [
      "long enough ü",
      "long enough ü",
    ]);
    expect(screen).toContain("new passphrase of acme.example: ");
    expect(screen).toContain("the same again: ");
    expect(screen).toContain("vendor file  vendor/acme.skvendor");
    expect(screen).not.toContain("long enough");
    expect(status).toBe(0);
  });

  it("can be corrected while it is typed", () => {
    const mistyped = `nonsense${CTRL_U}long enougg${BACKSPACE}h`;
    expect(typing("init --name acme.example", [mistyped, "long enough"]).status).toBe(0);
  });

  it("must be the same twice", () => {
    const { screen, status } = typing("init --name acme.example", ["long enough", "long enouhg"]);
    expect(screen).toContain("error: the two passphrases differ");
    expect(status).toBe(1);
  });

  it("can be given up", () => {
    const { screen, status } = typing("init --name acme.example", [CTRL_C]);
    expect(screen).toContain("error: cancelled");
    expect(status).toBe(1);
  });
});

/** Runs the program on a pseudo-terminal and answers each prompt with a line. */
function typing(
  line: string,
  answers: readonly string[],
): { readonly screen: string; readonly status: number | null } {
  const command = [process.execPath, PROGRAM, ...line.split(" ")];
  const { stdout, status } = spawnSync(
    "python3",
    ["-c", PTY, JSON.stringify({ command, answers })],
    {
      cwd: temporaryFolder(),
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TERM: "dumb" },
    },
  );
  return { screen: stdout, status };
}

/** Node has no pseudo-terminals of its own; Python is needed to build the project anyway. */
const PTY = `
import json, os, pty, sys
plan = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(plan["command"][0], plan["command"])
screen, answers = b"", list(plan["answers"])
asked = 0
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:
        break
    if not got:
        break
    screen += got
    if screen[asked:].endswith(b": ") and answers:
        asked = len(screen)
        os.write(terminal, (answers.pop(0) + "\\r").encode())
sys.stdout.buffer.write(screen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;
