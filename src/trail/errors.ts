import { CodedError } from "../base/errors.ts";

export const TRAIL_CODES = [
  "TRAIL_FORMAT",
  "TRAIL_CHANGED",
  "TRAIL_ORDER",
  "TRAIL_CUT",
  "TRAIL_OTHER_HEAD",
] as const;
export type TrailCode = (typeof TRAIL_CODES)[number];

/** What can be wrong with an audit trail or a record of it. */
export class TrailError extends CodedError<(typeof TRAIL_CODES)[number]> {}
