import { type Millis, type MonoMillis, millis } from "../base/time.ts";

/** A token bucket: `perSecond` on average, as many at once. */
export class Rate {
  readonly #perSecond: number;
  readonly #deepest: number;
  #tokens: number;
  #at: MonoMillis;

  /** @param debtSeconds how long who was far too fast waits at the most. */
  constructor(perSecond: number, now: MonoMillis, debtSeconds: number = Number.POSITIVE_INFINITY) {
    this.#perSecond = perSecond;
    this.#deepest = -perSecond * debtSeconds;
    this.#tokens = perSecond;
    this.#at = now;
  }

  /** Takes one token: undefined when there was one, otherwise how long until there is. */
  take(now: MonoMillis): Millis | undefined {
    const earned = ((now - this.#at) / 1_000) * this.#perSecond;
    const left = Math.min(this.#perSecond, this.#tokens + earned) - 1;
    this.#tokens = Math.max(left, this.#deepest);
    this.#at = now;
    if (left >= 0) return undefined;
    return millis(Math.ceil((-this.#tokens / this.#perSecond) * 1_000));
  }
}
