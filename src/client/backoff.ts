import { type Millis, millis } from "../base/time.ts";

/** The longest wait of the first retry. */
const FIRST_RETRY: Millis = millis(500);

/** The longest wait of any retry. */
const LONGEST_RETRY: Millis = millis(30_000);

/**
 * How long to wait before retry number `attempt`, from 0: anything between nothing and a bound
 * that doubles each time ("full jitter"), so that clients that lost one server together do not
 * come back together.
 * @param random in [0, 1).
 */
export function retryDelay(attempt: number, random: number): Millis {
  const bound = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempt, 30));
  return millis(Math.floor(random * bound));
}
