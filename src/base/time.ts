import type { Brand } from "./brand.ts";

/** A wall-clock moment: milliseconds since 1970-01-01T00:00:00Z. May jump; never used for leases. */
export type UnixMillis = Brand<number, "UnixMillis">;

/** A moment on the process's monotonic clock, in milliseconds. Negative before the process began. */
export type MonoMillis = Brand<number, "MonoMillis">;

/** A length of time in milliseconds, never negative. */
export type Millis = Brand<number, "Millis">;

/** One present moment, read once per decision from both clocks. */
export interface Moment {
  readonly wall: UnixMillis;
  readonly mono: MonoMillis;
}

/** @throws RangeError unless `value` is a whole, safe, non-negative number. */
export function unixMillis(value: number): UnixMillis {
  return wholeNumber(value, "unix milliseconds") as UnixMillis;
}

/** @throws RangeError unless `value` is finite. */
export function monoMillis(value: number): MonoMillis {
  if (!Number.isFinite(value)) throw new RangeError(`not a monotonic moment: ${value}`);
  return value as MonoMillis;
}

/** @throws RangeError unless `value` is a whole, safe, non-negative number. */
export function millis(value: number): Millis {
  return wholeNumber(value, "milliseconds") as Millis;
}

export const seconds = (count: number): Millis => millis(count * 1_000);
export const minutes = (count: number): Millis => seconds(count * 60);
export const hours = (count: number): Millis => minutes(count * 60);
export const days = (count: number): Millis => hours(count * 24);

/** The monotonic moment `span` after `start`. */
export function after(start: MonoMillis, span: Millis): MonoMillis {
  return monoMillis(start + span);
}

/** The whole milliseconds from `start` to `end`; zero when `end` is not later. */
export function between(start: MonoMillis, end: MonoMillis): Millis {
  return millis(Math.max(0, Math.floor(end - start)));
}

/** `2026-11-22T12:00:00.000Z`, the one written form of a wall-clock moment for people. */
export function isoTime(moment: UnixMillis): string {
  // oxlint-disable-next-line no-restricted-globals -- writes a given moment, does not ask for the present one
  return new Date(moment).toISOString();
}

/** The first moment of a day of UTC, as `2026-11-22`. @throws RangeError for what is no day, or before 1970. */
export function midnight(day: string): UnixMillis {
  // oxlint-disable-next-line no-restricted-globals -- reads a given moment, does not ask for the present one
  return unixMillis(Date.parse(`${day}T00:00:00Z`));
}

function wholeNumber(value: number, unit: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not ${unit}: ${value}`);
  return value;
}
