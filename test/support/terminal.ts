import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { later } from "./leftovers.ts";

const DIST = new URL("../../dist/", import.meta.url);
const PROGRAMS: Readonly<Record<string, string>> = {
  seatkeeper: fileURLToPath(new URL("cli/operator/main.js", DIST)),
  "seatkeeper-vendor": fileURLToPath(new URL("cli/vendor/main.js", DIST)),
  "seatkeeper-audit": fileURLToPath(new URL("cli/auditor/main.js", DIST)),
};

/** What a program said, and how it ended. */
export interface Ended {
  /** The exit code; 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which somebody types commands. */
export class Terminal {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly #prefix: readonly string[];

  /** @param prefix a command that runs the commands, such as `setpriv …`. */
  constructor(folder: string, env: Record<string, string> = {}, prefix: readonly string[] = []) {
    this.folder = folder;
    this.env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home"), TZ: "UTC", ...env };
    this.#prefix = prefix;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  bytes(name: string): Uint8Array {
    return readFileSync(this.path(name));
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  /** The same terminal with every command run by another one. */
  through(...prefix: readonly string[]): Terminal {
    return new Terminal(this.folder, this.env, prefix);
  }

  /** Types a command, which need not be one of ours, and waits for its end. */
  type(line: string): Promise<Ended> {
    return this.start(line).ended;
  }

  /** Types a command that the test goes on beside. It is killed with the test if it still runs. */
  start(line: string): Running {
    const [program = "", ...args] = words(line);
    const script = PROGRAMS[program];
    const own = script === undefined ? [program, ...args] : [process.execPath, script, ...args];
    const [file = "", ...rest] = [...this.#prefix, ...own];
    // Detached: in a process group of its own, so that nothing it starts outlives the test.
    return new Running(spawn(file, rest, { cwd: this.folder, env: this.env, detached: true }));
  }

  /** What the command prints as JSON. @throws when it ends otherwise than with `code`. */
  async json(line: string, code = 0): Promise<unknown> {
    const ended = await this.type(`${line} --json`);
    if (ended.code !== code) throw new Error(`${line}: exit ${ended.code}\n${ended.stderr}`);
    return JSON.parse(ended.stdout);
  }

  /** One command of a session, as {@link expectSession} has it. */
  transcript(line: string, { code, stdout, stderr }: Ended): string {
    const remarks = stderr.replace(/^(?=.)/gm, "! ");
    return `$ ${line}\n${this.#normalised(`${stdout}${remarks}`)}= ${code}\n`;
  }

  /** The same for a page of the manual: no marks, no exit codes. */
  page(prompt: string, { stdout, stderr }: Ended): string {
    return `${prompt}\n${this.#normalised(`${stdout}${stderr}`)}`;
  }

  /** What differs from run to run, by name; of the same width where a column depends on it. */
  #normalised(text: string): string {
    return text
      .replaceAll(this.folder, "<folder>")
      .replaceAll(this.env["SEATKEEPER_VENDOR_DIR"] ?? "<folder>/vendor", "<vendor>")
      .replace(/\b[0-9a-f]{64}\b/g, "<hash>")
      .replace(/\b[0-9a-f]{32}\b/g, "<id>")
      .replace(/\b[uh]_[\w-]{22}/g, "<pseudonym>")
      .replace(/^(root key {5})[\w-]{43}$/gm, "$1<key>")
      .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<moment>")
      .replaceAll(new Date().toISOString().slice(0, 10), "<today-->")
      .replace(/\b(127\.0\.0\.1|localhost):\d+/g, "$1:<port>")
      .replace(/\bnote( +)\d{10}\b/g, "note$1<number>")
      .replace(/\bup \d[^,]*,/g, "up <span>,")
      .replace(/\bfree in about \d.*$/gm, "free in about <span>")
      .replace(/\b\d+s(?= {2}(?:connected|away))/g, "<n>s")
      .replace(/\b(?:\d+ of )?\d+ bytes\b/g, "<n> bytes")
      .replace(/\bat byte \d+/g, "at byte <n>");
  }
}

/**
 * Types the commands of a session and expects to see what it shows: lines that begin with `$` are
 * typed, `!` marks what goes to standard error, `=` the exit code, and what differs from run to run
 * has a name in angle brackets.
 */
export async function expectSession(terminal: Terminal, session: string): Promise<void> {
  const expected = unindented(session);
  const seen: string[] = [];
  for (const [, line = ""] of expected.matchAll(/^\$ (.*)$/gm)) {
    // oxlint-disable-next-line no-await-in-loop -- one command after the other
    seen.push(terminal.transcript(line, await terminal.type(line)));
  }
  expect(seen.join("\n")).toBe(expected);
}

/**
 * Types what a session of a manual's page types (`admin$ …`, whoever is in front of the dollar) and
 * expects to see what the page shows.
 */
export async function expectPage(terminal: Terminal, session: string): Promise<void> {
  let seen = "";
  for (const [prompt, line = ""] of session.matchAll(/^\w+\$ (.*)$/gm)) {
    // oxlint-disable-next-line no-await-in-loop -- one command after the other
    seen += terminal.page(prompt, await terminal.type(line));
  }
  expect(seen).toBe(session);
}

/** A program that runs. */
export class Running {
  /** How it ended, once it has and has said everything. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#tell();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#tell();
    });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.#hasEnded = true;
        this.#tell();
        resolve({ code: codeOf(code, signal), stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    later(async () => {
      endGroup(child);
      await this.ended;
    });
  }

  /** Everything on standard error up to now. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until the program has said something that matches. @throws when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
        if (found === null && !this.#hasEnded) return;
        this.#watchers.delete(look);
        if (found !== null) resolve(found);
        else reject(new Error(`never said ${pattern}:\n${this.#stdout}${this.#stderr}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Something it gets on standard input, with more to come. */
  types(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Everything it gets on standard input. */
  hears(text: string): void {
    this.#child.stdin?.end(text);
  }

  /** Sends a signal that does not end it: SIGSTOP, SIGCONT, SIGHUP. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  #tell(): void {
    for (const look of this.#watchers) look();
  }
}

/** Kills a program and what it has started: each has a process group of its own. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}

/** Words as a shell would see them; quotes keep blanks together. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

function codeOf(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : (SIGNALS[signal] ?? 0));
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGTERM: 15, SIGKILL: 9 };

/** A template literal without its first line's feed and the indentation of the source around it. */
function unindented(text: string): string {
  const lines = text.replace(/^\n/, "").replace(/\n *$/, "\n").split("\n");
  const indents = lines.filter((line) => line !== "").map((line) => line.search(/[^ ]|$/));
  const indent = Math.min(...indents);
  return lines.map((line) => line.slice(indent)).join("\n");
}
