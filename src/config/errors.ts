import { CodedError } from "../base/errors.ts";

export const CONFIG_CODES = ["CONFIG_YAML", "CONFIG_FIELD"] as const;

/** One thing to correct, and where. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The option as written with dots, `limits.frame_bytes`; empty for the file as a whole. */
  readonly field: string;
  readonly reason: string;
}

/**
 * `CONFIG_YAML`: the file is no YAML that we accept. `CONFIG_FIELD`: an option is unknown or its
 * value is not allowed. The message tells the first problem, `problems` has them all.
 */
export class ConfigError extends CodedError<(typeof CONFIG_CODES)[number]> {
  readonly problems: readonly ConfigProblem[];

  constructor(
    code: (typeof CONFIG_CODES)[number],
    problems: readonly [ConfigProblem, ...ConfigProblem[]],
    hint: string,
  ) {
    const [{ path, line, column, field, reason }, ...others] = problems;
    const name = field === "" ? "" : `${field}: `;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    const facts = { path, line, column, ...(field === "" ? {} : { field }) };
    super(code, `${path}:${line}:${column}: ${name}${reason}${more}`, { hint, facts });
    this.problems = problems;
  }
}
