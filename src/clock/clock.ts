import type { Millis, Moment } from "../base/time.ts";

/** Something that will happen, until it is cancelled. Cancelling twice, or late, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The present moment and everything that waits for a later one. */
export interface Clock {
  now(): Moment;

  /** Runs once, when the I/O that is ready now has been served. */
  soon(run: () => void): Timer;

  /** Runs once, not before `span` of monotonic time has passed. */
  after(span: Millis, run: () => void): Timer;

  /**
   * Runs again and again, `span` of monotonic time apart. Beats that were missed, because the
   * machine slept or the process was busy, are not made up for.
   * @throws RangeError when `span` is zero.
   */
  every(span: Millis, run: () => void): Timer;
}

/** The same, with a calendar. */
export interface ScheduleClock extends Clock {
  /**
   * Runs at each moment that the cron line names, in the machine's time zone, and at the latest
   * `longest` of monotonic time after the last run began, whatever the wall clock does. A run that
   * is still going on when the next one is due lets that one pass: two never overlap.
   *
   * A rejected promise of `run` is left unhandled on purpose: who schedules decides what a failure
   * means.
   * @throws {@link ClockError} `CLOCK_SCHEDULE` when the line cannot be read.
   */
  schedule(line: string, longest: Millis, run: () => void | Promise<void>): Timer;
}
