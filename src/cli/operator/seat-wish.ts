import { productNameField, seatCountField, versionField } from "../../protocol/fields.ts";
import { SEATS_PER_REQUEST } from "../../protocol/limits.ts";
import { usageError } from "../shared/errors.ts";

/** What a command line asks the license server for. */
export interface SeatWish {
  readonly feature: string;
  readonly count: number;
  /** Left out: any version that the license covers. */
  readonly version?: string;
}

/** @throws CliError USAGE for what no server could grant. */
export function seatWish(options: {
  readonly feature: string;
  readonly count: number;
  readonly featureVersion?: string | undefined;
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
  if (version === undefined) return { feature, count };
  if (versionField.safeParse(version).success) return { feature, count, version };
  throw usageError(
    `${JSON.stringify(version)} is not a version`,
    "it has letters, digits, dots, dashes, plus signs and underscores, such as 2026.1",
  );
}
