import { type Millis, type Moment, millis, seconds } from "../base/time.ts";
import { bootTime } from "./boot-time.ts";
import type { Clock, Timer } from "./clock.ts";

/** How often the clocks are compared. */
const GLANCE: Millis = seconds(5);

/** Rounding, a stepped wall clock, a busy process: less is no sleep. */
const TOLERANCE: Millis = seconds(5);

interface Reading {
  readonly moment: Moment;
  readonly boot: Millis | undefined;
}

/**
 * Notices that the computer slept: the monotonic clock stood still meanwhile, and with it every
 * timer. Where the system does not tell the time since its start the wall clock is asked instead,
 * and one that is set forward looks like sleep.
 */
export class SleepWatch {
  readonly #clock: Clock;
  readonly #slept: (span: Millis) => void;
  readonly #bootTime: () => Millis | undefined;
  readonly #timer: Timer;
  #last: Reading;

  /** @param slept told within seconds of waking up how long the monotonic clock stood still. */
  constructor(
    clock: Clock,
    slept: (span: Millis) => void,
    readBootTime: () => Millis | undefined = bootTime,
  ) {
    this.#clock = clock;
    this.#slept = slept;
    this.#bootTime = readBootTime;
    this.#last = this.#read();
    this.#timer = clock.every(GLANCE, () => this.glance());
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Looks now: who wonders why something is late need not wait for the next look. */
  glance(): void {
    const before = this.#last;
    this.#last = this.#read();
    const stood = Math.floor(passed(before, this.#last) - awake(before, this.#last));
    if (stood > TOLERANCE) this.#slept(millis(stood));
  }

  #read(): Reading {
    return { moment: this.#clock.now(), boot: this.#bootTime() };
  }
}

const awake = (before: Reading, now: Reading): number => now.moment.mono - before.moment.mono;

function passed(before: Reading, now: Reading): number {
  const known = before.boot !== undefined && now.boot !== undefined;
  return known ? now.boot - before.boot : now.moment.wall - before.moment.wall;
}
