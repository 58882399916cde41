import {
  after,
  type Millis,
  type Moment,
  type MonoMillis,
  millis,
  monoMillis,
  unixMillis,
} from "../base/time.ts";
import { CronSchedule } from "./schedule.ts";

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

/**
 * The clock of this machine. It asks the global `Date`, `performance` and timers each time, so
 * a test that replaces those replaces this.
 */
export function systemClock(): Clock {
  return new SystemClock();
}

class SystemClock implements Clock {
  now(): Moment {
    return { wall: unixMillis(Math.max(0, Date.now())), mono: mono() };
  }

  soon(run: () => void): Timer {
    const handle = setImmediate(run);
    return { cancel: () => clearImmediate(handle) };
  }

  after(span: Millis, run: () => void): Timer {
    return new Alarm(after(mono(), span), run);
  }

  every(span: Millis, run: () => void): Timer {
    if (span === 0) throw new RangeError("a beat needs a span above zero");
    return new Beat(span, run);
  }

  schedule(line: string, longest: Millis, run: () => void | Promise<void>): Timer {
    return new CronSchedule(this, line, longest, run);
  }
}

const mono = (): MonoMillis => monoMillis(performance.now());

/** The longest wait that `setTimeout` accepts; a longer one would fire at once. */
const LONGEST_WAIT = 2 ** 31 - 1;

class Alarm implements Timer {
  readonly #due: MonoMillis;
  readonly #run: () => void;
  #handle: NodeJS.Timeout;

  constructor(due: MonoMillis, run: () => void) {
    this.#due = due;
    this.#run = run;
    this.#handle = this.#wait();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #wait(): NodeJS.Timeout {
    const left = Math.ceil(this.#due - mono());
    return setTimeout(() => this.#ring(), Math.min(Math.max(left, 0), LONGEST_WAIT));
  }

  #ring(): void {
    // Node keeps timers in whole milliseconds and may be a fraction early.
    if (mono() < this.#due) this.#handle = this.#wait();
    else this.#run();
  }
}

class Beat implements Timer {
  readonly #span: Millis;
  readonly #run: () => void;
  #due: MonoMillis;
  #alarm: Alarm;

  constructor(span: Millis, run: () => void) {
    this.#span = span;
    this.#run = run;
    this.#due = after(mono(), span);
    this.#alarm = new Alarm(this.#due, () => this.#ring());
  }

  cancel(): void {
    this.#alarm.cancel();
  }

  #ring(): void {
    const missed = Math.floor((mono() - this.#due) / this.#span);
    this.#due = after(this.#due, millis((missed + 1) * this.#span));
    this.#alarm = new Alarm(this.#due, () => this.#ring());
    this.#run();
  }
}
