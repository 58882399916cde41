import { CodedError } from "../base/errors.ts";

export const NOTE_CODES = [
  "NOTE_MALFORMED",
  "NOTE_CRLF",
  "NOTE_TRUNCATED",
  "NOTE_TOO_LARGE",
  "NOTE_UNSIGNED",
  "NOTE_SIGNATURE",
  "NOTE_KIND",
  "NOTE_VERSION",
  "NOTE_JSON",
  "NOTE_HEAD",
] as const;

/** A signed text that cannot be accepted. */
export class NoteError extends CodedError<(typeof NOTE_CODES)[number]> {}
