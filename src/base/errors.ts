/** What an error carries besides its text. */
export interface CodedErrorOptions {
  /** What the operator can do next: lower case, no full stop. */
  readonly hint?: string;
  /** The failure underneath, if any. */
  readonly cause?: unknown;
  /** The facts of this failure for `--json` and logs. Never a raw identity, never a secret. */
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * A broken promise with a name: malformed input, a damaged file, a failing disk. What a careful
 * user meets on a normal day is an answer instead, and a programmer's mistake a `TypeError`.
 *
 * Each module declares its codes in `errors.ts` as a `…_CODES` list with a subclass beside it.
 * A code never changes its meaning; each has a heading in docs/ERRORS.md, which a test compares.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
  }
}

/** The operating system's code (`ENOSPC`, `EACCES`) of a failed call, if the value carries one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
