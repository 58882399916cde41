/** The part of a terminal's stream that a screen needs. */
interface ScreenStream {
  write(text: string): unknown;
  readonly rows?: number | undefined;
}

/** The second screen of the terminal, without cursor; long lines are cut, not wrapped. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

const HOME = "\u001b[H";
const REST_OF_LINE = "\u001b[K";
const REST_OF_SCREEN = "\u001b[J";

/** A full terminal on which each drawing takes the place of the last. What was there before comes back. */
export class Screen {
  readonly #stream: ScreenStream;
  #isOpen = false;

  constructor(stream: ScreenStream) {
    this.#stream = stream;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#stream.write(ENTER);
  }

  /** @param text made harmless already; what does not fit is left out, and the last line says so. */
  draw(text: string): void {
    const lines = text.trimEnd().split("\n");
    const rows = Math.max(2, this.#stream.rows ?? 24);
    const hidden = lines.length - rows;
    const shown =
      hidden <= 0
        ? lines
        : [...lines.slice(0, rows - 1), `... ${hidden + 1} more lines; use a taller window`];
    const body = shown.map((line) => `${line}${REST_OF_LINE}`).join("\n");
    this.#stream.write(`${HOME}${body}${REST_OF_SCREEN}`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.write(LEAVE);
  }
}
