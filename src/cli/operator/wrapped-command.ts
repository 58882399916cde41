import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { messageOf, systemCode } from "../../base/errors.ts";
import { type Millis, seconds } from "../../base/time.ts";
import type { Clock } from "../../clock/clock.ts";
import { CliError } from "../shared/errors.ts";

/** Time between asking a command to end and ending it. */
const KILL_AFTER: Millis = seconds(10);

/** Signals that are handed on; the terminal itself sends SIGINT and SIGQUIT to the whole group. */
const PASSED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT"];
const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];

/**
 * A program that runs while a seat is held. It has this process's standard streams, gets its
 * signals, and its end decides this process's exit code.
 */
export class WrappedCommand {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  /** The exit code: the program's own, or 128 plus the number of the signal that ended it. */
  readonly ended: Promise<number>;

  constructor(words: readonly string[], env: Readonly<Record<string, string>>, clock: Clock) {
    const [file = "", ...args] = words;
    this.#clock = clock;
    // First: from its first moment on the program can make somebody send us a signal.
    const stopPassing = this.#passSignals();
    this.#child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...env } });
    this.ended = new Promise<number>((resolve, reject) => {
      this.#child.once("error", (cause) => reject(notStarted(file, cause)));
      this.#child.once("exit", (code, signal) => resolve(exitCode(code, signal)));
    }).finally(stopPassing);
  }

  /** Asks the program to end, and ends it if it does not within ten seconds. */
  end(): void {
    this.#child.kill("SIGTERM");
    const last = this.#clock.after(KILL_AFTER, () => this.#child.kill("SIGKILL"));
    this.#child.once("exit", () => last.cancel());
  }

  #passSignals(): () => void {
    const pass = (signal: NodeJS.Signals): void => {
      if (FROM_TERMINAL.includes(signal) && process.stdin.isTTY) return;
      this.#child.kill(signal);
    };
    const all = [...PASSED, ...FROM_TERMINAL];
    for (const signal of all) process.on(signal, pass);
    return () => {
      for (const signal of all) process.off(signal, pass);
    };
  }
}

function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  // What shells answer for a program that a signal ended.
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function notStarted(file: string, cause: unknown): CliError {
  const missing = systemCode(cause) === "ENOENT";
  return new CliError(
    "COMMAND_NOT_STARTED",
    missing ? `no such command: ${file}` : `cannot start ${file}: ${messageOf(cause)}`,
    { cause, hint: "name a program that is on the PATH, or its path" },
  );
}
