import type { Millis } from "../base/time.ts";
import type { ScheduleClock, Timer } from "./clock.ts";
import { CronSchedule } from "./schedule.ts";
import { SystemTimers } from "./system-timers.ts";

/** The clock of this machine; {@link SystemTimers} says how it is asked. */
export function systemClock(): ScheduleClock {
  return new SystemClock();
}

class SystemClock extends SystemTimers implements ScheduleClock {
  schedule(line: string, longest: Millis, run: () => void | Promise<void>): Timer {
    return new CronSchedule(this, line, longest, run);
  }
}
