import { type Millis, type MonoMillis, millis } from "../base/time.ts";

/** A token bucket: `perSecond` on average, as many at once. */
export class Rate {
  readonly #perSecond: number;
  #tokens: number;
  #at: MonoMillis;

  constructor(perSecond: number, now: MonoMillis) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#at = now;
  }

  /** Takes one token: undefined when there was one, otherwise how long until there is. */
  take(now: MonoMillis): Millis | undefined {
    const earned = ((now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned) - 1;
    this.#at = now;
    if (this.#tokens >= 0) return undefined;
    return millis(Math.ceil((-this.#tokens / this.#perSecond) * 1_000));
  }
}
