import { CodedError } from "../../base/errors.ts";

export const CLI_CODES = [
  "USAGE",
  "FILE_NOT_FOUND",
  "FILE_UNREADABLE",
  "FILE_NOT_REGULAR",
  "FILE_TOO_LARGE",
  "OUTPUT_EXISTS",
  "OUTPUT_FAILED",
  "PASSPHRASE_MISSING",
  "PASSPHRASE_REFUSED",
  "PASSPHRASE_MISMATCH",
  "PROMPT_CANCELLED",
  "VENDOR_FILE_MISSING",
  "SERVER_NOT_NAMED",
  "SERVER_NEEDED",
  "NOTHING_BORROWED",
  "COMMAND_NOT_STARTED",
  "SEAT_LOST",
  "INTERRUPTED",
  "DEMO_FAILED",
  "WORKING_FOLDER_GONE",
  "INTERNAL",
] as const;

/** What goes wrong between a person's command line and the work behind it. */
export class CliError extends CodedError<(typeof CLI_CODES)[number]> {}

/** The command line asks for something that does not exist. Ends with exit code 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError("USAGE", message, hint === undefined ? {} : { hint });
}
