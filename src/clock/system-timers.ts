import {
  after,
  type Millis,
  type Moment,
  type MonoMillis,
  millis,
  monoMillis,
  unixMillis,
} from "../base/time.ts";
import type { Clock, Timer } from "./clock.ts";

/**
 * The clock of this machine, without schedules: what an application needs. It asks the global `Date`,
 * `performance` and timers each time, so a test that replaces those replaces this.
 */
export class SystemTimers implements Clock {
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
