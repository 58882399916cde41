import type { UnixMillis } from "../base/time.ts";

/** An hour as the clocks of a place name it. */
export interface LocalHour {
  /** `2026-11-22T13:00+01:00`; no other hour is called so, also when the clocks go back. */
  readonly hour: string;
  /** `2026-11-22` */
  readonly day: string;
  /** `2026-11` */
  readonly month: string;
  /** `0 13`: the day of the week, Monday first, and the hour of the day. */
  readonly weekdayHour: string;
}

export type LocalHours = (hour: UnixMillis) => LocalHour;

const WEEKDAYS: readonly string[] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * Names hours by the clocks of a time zone, daylight saving time included. Where those clocks are off
 * by half an hour, hours begin at half past, and the hour around midnight belongs to the day before.
 * @throws RangeError for a time zone that this system does not know.
 */
export function hoursIn(timeZone: string): LocalHours {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
    timeZoneName: "longOffset",
  });
  const known = new Map<UnixMillis, LocalHour>();
  return (moment) => {
    const found = known.get(moment) ?? localHour(format, moment);
    known.set(moment, found);
    return found;
  };
}

function localHour(format: Intl.DateTimeFormat, moment: UnixMillis): LocalHour {
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
  const month = `${part("year").padStart(4, "0")}-${part("month")}`;
  const day = `${month}-${part("day")}`;
  // `GMT+01:00`, and `GMT` alone where the clocks show UTC.
  const offset = part("timeZoneName").slice(3) || "+00:00";
  return {
    hour: `${day}T${part("hour")}:${part("minute")}${offset}`,
    day,
    month,
    weekdayHour: `${WEEKDAYS.indexOf(part("weekday"))} ${part("hour")}`,
  };
}
