import { createTask, type ScheduledTask, validateDetailed } from "node-cron";
import { messageOf } from "../base/errors.ts";
import {
  after,
  type Millis,
  type MonoMillis,
  millis,
  seconds,
  type UnixMillis,
  unixMillis,
} from "../base/time.ts";
import type { Clock, Timer } from "./clock.ts";
import { ClockError } from "./errors.ts";

/** How long a change of the wall clock may stay unnoticed. */
const GLANCE: Millis = seconds(10);

/**
 * A cron line with a monotonic deadline beside it.
 *
 * node-cron reads the line and says which moment comes next; its own timer is not started. That
 * timer stays silent for an hour when the clock is set back an hour, and walks through every
 * missed minute, for tens of seconds of blocked event loop, when it is set forward two years. Here
 * the next moment is asked anew after each glance at the clock, so neither can happen.
 */
export class CronSchedule implements Timer {
  readonly #clock: Clock;
  readonly #line: ScheduledTask;
  readonly #longest: Millis;
  readonly #run: () => void | Promise<void>;
  #next: UnixMillis;
  #lastGlance: UnixMillis;
  #deadline: MonoMillis;
  #timer: Timer;
  #running = false;
  #cancelled = false;

  /** @throws {@link ClockError} `CLOCK_SCHEDULE` when the line cannot be read. */
  constructor(clock: Clock, line: string, longest: Millis, run: () => void | Promise<void>) {
    if (longest === 0) throw new RangeError("a schedule needs a deadline above zero");
    this.#clock = clock;
    this.#line = readLine(line);
    this.#longest = longest;
    this.#run = run;
    const now = clock.now();
    this.#next = this.#nextRun();
    this.#lastGlance = now.wall;
    this.#deadline = after(now.mono, longest);
    this.#timer = this.#wait();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#timer.cancel();
    void this.#line.destroy();
  }

  #wait(): Timer {
    const now = this.#clock.now();
    const left = Math.min(this.#next - now.wall, this.#deadline - now.mono, GLANCE);
    return this.#clock.after(millis(Math.max(1, Math.ceil(left))), () => this.#glance());
  }

  #glance(): void {
    const now = this.#clock.now();
    const due = now.wall >= this.#next || now.mono >= this.#deadline;
    // Set back: what was next may now be an hour away while the line names each minute.
    const setBack = now.wall < this.#lastGlance;
    if (due || setBack) this.#next = this.#nextRun();
    this.#lastGlance = now.wall;
    if (due) this.#deadline = after(now.mono, this.#longest);
    this.#timer = this.#wait();
    if (due) void this.#runAlone();
  }

  async #runAlone(): Promise<void> {
    if (this.#running || this.#cancelled) return;
    this.#running = true;
    try {
      await this.#run();
    } finally {
      this.#running = false;
    }
  }

  #nextRun(): UnixMillis {
    const [next] = this.#line.getNextRuns(1);
    if (next === undefined) throw new RangeError("a cron line without a next moment");
    return unixMillis(next.getTime());
  }
}

/** The line as node-cron understands it; never started, it is asked for moments only. */
function readLine(line: string): ScheduledTask {
  const { valid, errors } = validateDetailed(line);
  if (!valid) {
    const reason = errors.map((error) => `${error.field}: ${error.message}`).join("; ");
    throw refusal(line, reason);
  }
  try {
    const task = createTask(line, () => {});
    // Throws for a line that is well formed but never comes true.
    task.getNextRuns(1);
    return task;
  } catch (cause) {
    throw refusal(line, messageOf(cause), cause);
  }
}

function refusal(line: string, reason: string, cause?: unknown): ClockError {
  return new ClockError("CLOCK_SCHEDULE", `cannot read the schedule "${line}": ${reason}`, {
    hint: 'write five cron fields, such as "*/5 * * * *" for every five minutes',
    facts: { schedule: line },
    cause,
  });
}
