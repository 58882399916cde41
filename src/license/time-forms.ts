import type { z } from "zod";
import { days, type Millis, millis, type UnixMillis, unixMillis } from "../base/time.ts";
import { fieldOf, moment } from "./fields.ts";

/**
 * How lengths of time and dates are written. A license says milliseconds; a vendor's own terms file
 * may also say `90s` and `2027-01-31`.
 */
export interface TimeForms {
  /** A length of time within bounds. */
  readonly span: (least: Millis, most: Millis) => z.ZodType<Millis>;
  /** The first moment of something; a date means the day's first millisecond in UTC. */
  readonly start: z.ZodType<UnixMillis>;
  /** The first moment after something; a date means the whole day in UTC is still inside. */
  readonly end: z.ZodType<UnixMillis>;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const DATE_FORM = "a date like 2027-01-31, or utc milliseconds";

export const SIGNED_FORMS: TimeForms = {
  span: (least, most) =>
    fieldOf(`milliseconds from ${least} to ${most}`, (value) => within(number(value), least, most)),
  start: moment,
  end: moment,
};

export const WRITTEN_FORMS: TimeForms = {
  span: (least, most) =>
    fieldOf(`a time from ${spoken(least)} to ${spoken(most)}, like 90s, 2h or 7d`, (value) =>
      within(typeof value === "string" ? spanIn(value) : number(value), least, most),
    ),
  start: fieldOf(DATE_FORM, (value) =>
    typeof value === "string" ? dayIn(value) : unixMillis(number(value)),
  ),
  end: fieldOf(DATE_FORM, (value) =>
    typeof value === "string" ? unixMillis(dayIn(value) + days(1)) : unixMillis(number(value)),
  ),
};

function spanIn(text: string): number {
  const { count, unit } = /^(?<count>\d{1,12})(?<unit>ms|s|m|h|d)$/.exec(text)?.groups ?? {};
  const factor = UNITS.get(unit ?? "");
  if (factor === undefined) throw new RangeError("not a length of time");
  return Number(count) * factor;
}

function dayIn(text: string): UnixMillis {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new RangeError("not a date");
  // oxlint-disable-next-line no-restricted-globals -- reads a written date, does not ask for the present one
  const day = new Date(`${text}T00:00:00.000Z`);
  // The 30th of February would silently become the 2nd of March.
  if (!day.toISOString().startsWith(text)) throw new RangeError("not a day of the calendar");
  return unixMillis(day.getTime());
}

function within(value: number, least: Millis, most: Millis): Millis {
  if (value < least || value > most) throw new RangeError("out of bounds");
  return millis(value);
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new RangeError("not a number");
  return value;
}

function spoken(span: Millis): string {
  const units = [...UNITS].toReversed();
  const [unit, factor] = units.find(([, size]) => span >= size && span % size === 0) ?? [
    "s",
    1_000,
  ];
  return `${span / factor}${unit}`;
}
