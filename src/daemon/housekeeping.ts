import {
  hours,
  type Millis,
  type MonoMillis,
  seconds,
  type UnixMillis,
  unixMillis,
} from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { failure, type Log } from "../log/log.ts";
import type { Store } from "../store/database.ts";
import type { AuditTrail } from "./audit-trail.ts";
import type { Enrolments } from "./enrolments.ts";
import { isUnavailable } from "./failure-kind.ts";
import type { SiteTime } from "./site-time.ts";

/** How often what is past the retention is removed, and how soon again when that was not all. */
const BEAT: Millis = hours(1);
const AGAIN: Millis = seconds(1);

/**
 * How much faster than time really passes the retention may catch up with the time of day. A server
 * that runs for five hours a day, five days a week, still keeps up; and a clock that was set a year
 * ahead, and held until it was believed, needs two months to cost a year of history.
 */
const PACE = 7;

/** In the database: up to which time of day the retention has come. */
const KEY = "retention";

interface HouseParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly time: SiteTime;
  /** How long the history stays. */
  readonly keep: Millis;
  readonly vendors: () => Iterable<string>;
  readonly enrolments: Pick<Enrolments, "forget">;
  readonly trail: Pick<AuditTrail, "forget">;
  /** How long the audit trail stays. */
  readonly keepTrail: Millis;
}

/**
 * Removes what is past the retention. Not while the clock is not believed, and never faster than time
 * has really been lived through allows: what is removed by a wrong clock is gone for good.
 */
export class Housekeeping {
  readonly #parts: HouseParts;
  #lived: MonoMillis;
  #timer: Timer | undefined;

  constructor(parts: HouseParts) {
    this.#parts = parts;
    this.#lived = parts.clock.now().mono;
  }

  start(): void {
    const isMore = this.#parts.time.isTrusted && this.#prune();
    this.#timer = this.#parts.clock.after(isMore ? AGAIN : BEAT, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** @returns whether there may be more. */
  #prune(): boolean {
    const { store, enrolments, keep, trail, keepTrail, log } = this.#parts;
    try {
      const reached = this.#reach();
      const before = unixMillis(Math.max(0, reached - keep));
      enrolments.forget(before);
      trail.forget(unixMillis(Math.max(0, reached - keepTrail)));
      let isMore = false;
      for (const vendor of this.#parts.vendors()) isMore = store.prune(vendor, before) || isMore;
      return isMore;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn("store.unavailable", failure(error));
      return false;
    }
  }

  /** The time of day by which the retention is judged now: that of the site, or one behind it. */
  #reach(): UnixMillis {
    const { clock, store, time } = this.#parts;
    const { wall } = time.now();
    const { mono } = clock.now();
    const kept = store.meta(KEY);
    const paced = kept === undefined ? wall : Number(kept) + PACE * (mono - this.#lived);
    const reached = unixMillis(Math.min(wall, Math.floor(Math.max(paced, this.#oldest()))));
    store.putMeta(KEY, String(reached));
    // If we crash before the rows are gone, they go by this mark at the next start.
    this.#lived = mono;
    return reached;
  }

  /** The retention need not creep where no history is: from 1970, for a site that began before its clock was set. */
  #oldest(): number {
    const { store, vendors } = this.#parts;
    return Math.min(...Array.from(vendors(), (vendor) => store.firstHour(vendor) ?? Infinity));
  }
}
