import { type Millis, type MonoMillis, seconds } from "../base/time.ts";
import { Rate } from "./rate.ts";

/**
 * How long an idle bucket is kept at least: by then it is full again, for no debt is longer than
 * half of it.
 */
const GENERATION: Millis = seconds(20);

/**
 * The same rate for each of many, such as addresses or keys. Who is not heard of any more is
 * forgotten, so the memory is bounded by how many come in some seconds.
 */
export class Rates {
  readonly #perSecond: number;
  readonly #debtSeconds: number;
  #young: Map<string, Rate> = new Map();
  #old: Map<string, Rate> = new Map();
  #turnedAt: MonoMillis | undefined;

  /** @param debtSeconds how long who was far too fast waits at the most: up to 10. */
  constructor(perSecond: number, debtSeconds: number) {
    this.#perSecond = perSecond;
    this.#debtSeconds = debtSeconds;
  }

  /** As {@link Rate.take}, of the bucket of `who`. */
  take(who: string, now: MonoMillis): Millis | undefined {
    this.#turn(now);
    const rate =
      this.#young.get(who) ??
      this.#old.get(who) ??
      new Rate(this.#perSecond, now, this.#debtSeconds);
    this.#young.set(who, rate);
    return rate.take(now);
  }

  #turn(now: MonoMillis): void {
    this.#turnedAt ??= now;
    if (now - this.#turnedAt < GENERATION) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = now;
  }
}
