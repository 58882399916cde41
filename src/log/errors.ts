import { CodedError } from "../base/errors.ts";

export const LOG_CODES = ["LOG_FILE"] as const;

/** The log cannot be kept where the configuration wants it. */
export class LogError extends CodedError<(typeof LOG_CODES)[number]> {}
