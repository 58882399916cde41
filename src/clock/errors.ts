import { CodedError } from "../base/errors.ts";

export const CLOCK_CODES = ["CLOCK_SCHEDULE"] as const;

/** `CLOCK_SCHEDULE`: a cron line that cannot be read, or that never comes true. */
export class ClockError extends CodedError<(typeof CLOCK_CODES)[number]> {}
