import { days, type UnixMillis, unixMillis } from "../../base/time.ts";
import { usageError } from "../shared/errors.ts";

/** The moment that `--from` names: a day of UTC begins at midnight. */
export function fromMoment(text: string): UnixMillis {
  return dayOf(text) ?? momentOf(text, "--from");
}

/** The moment before which `--to` ends: a day is meant with all its hours. */
export function toMoment(text: string): UnixMillis {
  const day = dayOf(text);
  return day === undefined ? momentOf(text, "--to") : unixMillis(day + days(1));
}

function dayOf(text: string): UnixMillis | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? strictly(text, `${text}T00:00:00.000Z`) : undefined;
}

function momentOf(text: string, option: string): UnixMillis {
  const written = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{3})?Z$/.exec(text);
  const moment = written && strictly(text, `${written[1]}${written[2] ?? ".000"}Z`);
  if (moment) return moment;
  throw usageError(
    `${option} ${text} is not a day`,
    "write it like 2026-11-30, or 2026-11-30T12:00:00Z",
  );
}

/** The 30th of February would silently become the 2nd of March. */
function strictly(text: string, full: string): UnixMillis {
  const moment = new Date(full);
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== full)
    throw usageError(`${text} is not a day of the calendar`);
  return unixMillis(moment.getTime());
}
