import {
  after,
  type Millis,
  type Moment,
  type MonoMillis,
  millis,
  type UnixMillis,
  unixMillis,
} from "../../src/base/time.ts";
import type { Clock, Timer } from "../../src/clock/clock.ts";

interface Alarm {
  due: MonoMillis;
  readonly run: () => void;
}

/**
 * Time that goes on in steps as wide as a test likes. What fell due meanwhile runs once at the end
 * of the step, as after a sleep of the machine: so a year needs as many turns as it has steps.
 */
export class ManualClock implements Clock {
  #now: Moment;
  readonly #alarms = new Set<Alarm>();

  constructor(now: Moment) {
    this.#now = now;
  }

  now(): Moment {
    return this.#now;
  }

  soon(run: () => void): Timer {
    const handle = setImmediate(run);
    return { cancel: () => clearImmediate(handle) };
  }

  after(span: Millis, run: () => void): Timer {
    const alarm = { due: after(this.#now.mono, span), run };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  every(span: Millis, run: () => void): Timer {
    let timer = this.after(span, ring.bind(this));
    function ring(this: ManualClock): void {
      timer = this.after(span, ring.bind(this));
      run();
    }
    return { cancel: () => timer.cancel() };
  }

  /** Cron lines are not read: it runs when `longest` has passed. */
  schedule(_line: string, longest: Millis, run: () => void | Promise<void>): Timer {
    return this.every(longest, () => void run());
  }

  /** Somebody sets the time of day. */
  set(wall: UnixMillis): void {
    this.#now = { ...this.#now, wall };
  }

  advance(span: number): void {
    const { wall, mono } = this.#now;
    this.#now = { wall: unixMillis(wall + span), mono: after(mono, millis(span)) };
    // What these plan anew is for a later step.
    const due = [...this.#alarms].filter((alarm) => alarm.due <= this.#now.mono);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.run();
  }
}
