import { days, hours, type Millis, millis, minutes, seconds } from "../base/time.ts";

const UNITS: Readonly<Record<string, (count: number) => Millis>> = {
  ms: millis,
  s: seconds,
  m: minutes,
  h: hours,
  d: days,
};

/** Reads `250ms`, `90s`, `5m`, `2h` or `7d`; `undefined` for anything else. */
export function readDuration(text: string): Millis | undefined {
  const [, count = "", unit = ""] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return UNITS[unit]?.(Number(count));
}
