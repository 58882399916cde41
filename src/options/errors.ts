import { CodedError } from "../base/errors.ts";

export const OPTIONS_CODES = ["OPTIONS_TOO_LARGE"] as const;

/** `OPTIONS_TOO_LARGE`: the file, or what it would become, is beyond what a configuration may hold. */
export class OptionsError extends CodedError<(typeof OPTIONS_CODES)[number]> {}
