import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { CliError } from "../../shared/errors.ts";
import type { Output } from "../../shared/output.ts";

/** The executables that play. */
export type ProgramName = "seatkeeper" | "seatkeeper-vendor";

/** What a finished command said, and how it ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const HERE = new URL(".", import.meta.url);
const PROGRAMS: Readonly<Record<ProgramName, string>> = {
  seatkeeper: fileURLToPath(new URL("../main.js", HERE)),
  "seatkeeper-vendor": fileURLToPath(new URL("../../vendor/main.js", HERE)),
};
const WORKSTATION = fileURLToPath(new URL("./workstation.js", HERE));

/**
 * Tells the story of the demo and runs its commands as the real programs in processes of their own,
 * with each command line shown, so that what is seen can be typed.
 */
export class Stage {
  readonly #out: Output;
  readonly #children = new Set<ChildProcess>();

  constructor(out: Output) {
    this.#out = out;
  }

  /** The heading of an act. */
  act(title: string): void {
    this.#out.line();
    this.#out.line(this.#out.paint("bold", title));
  }

  /** What just happened, in one line. */
  tell(text: string): void {
    this.#out.line(`  ${text}`);
  }

  paint(...[style, text]: Parameters<Output["paint"]>): string {
    return this.#out.paint(style, text);
  }

  /**
   * Runs a command to its end and shows its command line and its words.
   * @throws CliError DEMO_FAILED when it ends otherwise than `expected`.
   */
  async command(program: ProgramName, args: readonly string[], expected = 0): Promise<Finished> {
    this.#showCommand(program, args);
    const finished = await this.quietly(program, args);
    for (const line of lines(finished.stdout)) this.tell(`  ${line}`);
    for (const line of lines(finished.stderr)) this.tell(`  ${this.#out.paint("dim", line)}`);
    if (finished.code !== expected) {
      throw failed(`${program} ${args[0] ?? ""} ended with ${finished.code}, not ${expected}`);
    }
    return finished;
  }

  /** The same without a word. */
  async quietly(program: ProgramName, args: readonly string[]): Promise<Finished> {
    const script = PROGRAMS[program];
    if (!existsSync(script)) {
      throw new CliError("DEMO_FAILED", `${program} is not installed beside this program`, {
        hint: "the demo plays both sides: install the vendor's package on this machine too",
      });
    }
    return finish(this.#start([script, ...args]));
  }

  /** Starts the daemon; its log goes to a file. */
  daemon(config: string, logFile: string): ChildProcess {
    const args = ["serve", "--config", config];
    this.#showCommand("seatkeeper", args);
    const child = this.#start([PROGRAMS.seatkeeper, ...args]);
    const log = createWriteStream(logFile);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log);
    return child;
  }

  /** Starts one workstation with its plan. */
  workstation(plan: object): ChildProcess {
    return this.#start([WORKSTATION, JSON.stringify(plan)], "pipe");
  }

  /** Ends whatever is still running, however the demo ends. */
  clear(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #start(args: readonly string[], stdin: "ignore" | "pipe" = "ignore"): ChildProcess {
    const child = spawn(process.execPath, args, { stdio: [stdin, "pipe", "pipe"] });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  #showCommand(program: string, args: readonly string[]): void {
    const words = args.map((word) => shortened(word));
    this.tell(`${this.#out.paint("cyan", "$")} ${[program, ...words].join(" ")}`);
  }
}

export const failed = (message: string): CliError =>
  new CliError("DEMO_FAILED", message, {
    hint: "this is a defect; the data of the demo is kept for looking at, please report it",
  });

/** Text of a child from now to its end. */
export function finish(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({
        code: code ?? (signal === null ? 1 : 128),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

/** A path inside the working folder as a person would type it. */
function shortened(word: string): string {
  const here = `${process.cwd()}/`;
  return word.startsWith(here) ? word.slice(here.length) : word;
}
