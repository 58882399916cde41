import type { CodedError } from "../../base/errors.ts";
import { Screen } from "./screen.ts";
import { type Column, tableLines } from "./table.ts";
import { neutral } from "./text.ts";

/** The part of a writable stream that a command needs. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface OutputOptions {
  /** The program's name, as errors begin with it. */
  readonly name: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** `NO_COLOR` (any value but an empty one) and `TERM=dumb` turn colours off. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const STYLES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/**
 * Where a command speaks: facts on stdout, everything else on stderr. Text from outside is made
 * harmless on the way, colours appear only on a terminal, progress only on a terminal's stderr.
 */
export class Output {
  readonly name: string;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #env: OutputOptions["env"];
  readonly #colours: boolean;
  #progressShown = false;

  constructor(options: OutputOptions) {
    this.name = options.name;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.#env = options.env;
    this.#colours = (options.env["NO_COLOR"] ?? "") === "" && options.env["TERM"] !== "dumb";
  }

  /** Columns of the terminal on stdout; 100 when it is none. */
  get columns(): number {
    return this.#stdout.columns ?? 100;
  }

  /** A screen to draw on, where stdout is a terminal that can be drawn on. */
  screen(): Screen | undefined {
    const canDraw = this.#stdout.isTTY === true && this.#env["TERM"] !== "dumb";
    return canDraw ? new Screen(this.#stdout) : undefined;
  }

  /** What `show` would put on this stdout, as text. */
  drawn(show: (out: Output) => void): string {
    let drawn = "";
    const { isTTY, columns, rows } = this.#stdout;
    const paper = { isTTY, columns, rows, write: (text: string) => (drawn += text) };
    show(new Output({ name: this.name, stdout: paper, stderr: this.#stderr, env: this.#env }));
    return drawn;
  }

  /** True when a person watches stderr. */
  get interactive(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** One fact, or several lines of them. */
  line(text = ""): void {
    this.text(`${text}\n`);
  }

  /** Text that brings its own line ends: CSV, help, scripts. */
  text(text: string): void {
    this.#clearProgress();
    this.#stdout.write(neutral(text));
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const [heading = "", ...body] = tableLines(columns, rows);
    this.line(this.paint("bold", heading));
    for (const row of body) this.line(row);
  }

  /** Words for the person at the keyboard, not facts: `seatkeeper-vendor: wrote x`. */
  note(text: string): void {
    this.#remark(`${this.name}: ${text}`);
  }

  warn(text: string): void {
    this.#remark(`${this.name}: ${this.#onStderr("yellow", "warning:")} ${text}`);
  }

  /** An error and its hint; as one JSON object when the command was asked for JSON. */
  error(error: CodedError, json: boolean): void {
    if (json) {
      const { code, message, hint, facts } = error;
      this.#remark(JSON.stringify({ error: { code, message, hint: hint ?? null, facts } }));
      return;
    }
    // Wrong usage explains itself; every other code has a heading in docs/ERRORS.md.
    const code = error.code === "USAGE" ? "" : this.#onStderr("dim", ` (${error.code})`);
    this.#remark(`${this.name}: ${this.#onStderr("red", "error:")} ${error.message}${code}`);
    if (error.hint === undefined) return;
    this.#remark(`${this.name}: ${this.#onStderr("cyan", "hint:")} ${error.hint}`);
  }

  /** One line that the next output replaces. Nothing unless stderr is a terminal. */
  progress(text: string): void {
    if (!this.interactive) return;
    const room = Math.max(10, (this.#stderr.columns ?? 80) - 1);
    this.#clearProgress();
    this.#stderr.write(
      Array.from(neutral(text.replace(/[\n\t]/g, " ")))
        .slice(0, room)
        .join(""),
    );
    this.#progressShown = true;
  }

  /** Takes the progress line away. */
  progressDone(): void {
    this.#clearProgress();
  }

  /** The text in a style, for {@link line}; unchanged where colours are off. */
  paint(style: Style, text: string): string {
    return this.#colours && this.#stdout.isTTY === true ? styled(style, text) : text;
  }

  #onStderr(style: Style, text: string): string {
    return this.#colours && this.interactive ? styled(style, text) : text;
  }

  #remark(line: string): void {
    this.#clearProgress();
    this.#stderr.write(`${neutral(line)}\n`);
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    this.#stderr.write("\r\u001b[2K");
  }
}

function styled(style: Style, text: string): string {
  const [on, off] = STYLES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
