import { uptime } from "node:os";
import { type Millis, millis } from "../base/time.ts";

/**
 * Time since the machine started, with the time it slept in suspend, which the monotonic clock
 * leaves out. `undefined` where the system does not tell.
 */
export function bootTime(): Millis | undefined {
  const seconds = uptime();
  return Number.isFinite(seconds) && seconds > 0 ? millis(Math.floor(seconds * 1_000)) : undefined;
}
