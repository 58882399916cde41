import { isoTime, type UnixMillis, unixMillis } from "../../base/time.ts";
import { productNameField, seatCountField, versionField } from "../../protocol/fields.ts";
import { SEATS_PER_REQUEST } from "../../protocol/limits.ts";
import { usageError } from "../shared/errors.ts";

/** What a command line asks the license server for. */
export interface SeatWish {
  readonly feature: string;
  readonly count: number;
  /** Left out: any version that the license covers. */
  readonly version?: string;
  /** Left out: covered only where no license has an end of maintenance. */
  readonly versionDate?: UnixMillis;
}

/** @throws CliError USAGE for what no server could grant. */
export function seatWish(options: {
  readonly feature: string;
  readonly count: number;
  readonly featureVersion?: string | undefined;
  readonly versionDate?: string | undefined;
}): SeatWish {
  const { feature, count, featureVersion: version } = options;
  if (!productNameField.safeParse(feature).success) {
    throw usageError(
      `${JSON.stringify(feature)} is not the name of a feature`,
      "it has lower-case letters, digits, dots, dashes and underscores, such as cad.pro",
    );
  }
  if (!seatCountField.safeParse(count).success) {
    throw usageError(`--count is a whole number from 1 to ${SEATS_PER_REQUEST}`);
  }
  const released =
    options.versionDate === undefined ? {} : { versionDate: releaseDate(options.versionDate) };
  if (version === undefined) return { feature, count, ...released };
  if (versionField.safeParse(version).success) return { feature, count, version, ...released };
  throw usageError(
    `${JSON.stringify(version)} is not a version`,
    "it has letters, digits, dots, dashes, plus signs and underscores, such as 2026.1",
  );
}

/**
 * The first moment of a day in UTC: a version is as old as its vendor says, and no older.
 * @throws CliError USAGE.
 */
function releaseDate(day: string): UnixMillis {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(moment) || isoTime(unixMillis(Math.max(0, moment))).slice(0, 10) !== day) {
    throw usageError(`${JSON.stringify(day)} is not a day`, "write it like 2026-11-30");
  }
  return unixMillis(moment);
}
