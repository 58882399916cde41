import type { DenialReason } from "../base/denial.ts";
import { after, type Millis, type MonoMillis, seconds } from "../base/time.ts";
import type { HourTally } from "./hour-tally.ts";
import { type Journal, JournaledMap } from "./journal.ts";
import type { Caller } from "./lease.ts";
import type { SeatLimits } from "./terms.ts";
import type { Turn } from "./turn.ts";

const PRUNE_INTERVAL: Millis = seconds(10);

/**
 * Stands in the record for every name that no license knows: such a name is a client's free text,
 * and what is sealed leaves the site. No feature or meter can be called like this.
 */
export const UNLICENSED_NAME = "*";

/** Tells a new denial from the retry of a denied one, which is not recorded again. */
export class DenialMemory {
  readonly #limits: SeatLimits;
  readonly #hours: HourTally;
  readonly #forgetAt: JournaledMap<string, MonoMillis>;
  #pruneAt: MonoMillis | undefined;

  constructor(journal: Journal, limits: SeatLimits, hours: HourTally) {
    this.#limits = limits;
    this.#hours = hours;
    this.#forgetAt = new JournaledMap(journal);
  }

  /** Records the denial, of a licensed name or {@link UNLICENSED_NAME}, unless it repeats one within `span`; a repetition starts the span anew. */
  record(
    turn: Turn,
    by: Caller,
    feature: string,
    reason: DenialReason,
    span: Millis = this.#limits.denialWindow,
  ): void {
    const key = `${by.client} ${by.instance} ${reason} ${feature}`;
    const forgetAt = this.#forgetAt.get(key);
    if (forgetAt === undefined && this.#forgetAt.size >= this.#limits.denialsRemembered) return;
    this.#forgetAt.set(key, after(turn.now.mono, span));
    if (forgetAt !== undefined && turn.now.mono < forgetAt) return;
    turn.events.push({ type: "denial", wall: turn.now.wall, feature, reason, user: by.user });
    this.#hours.denied(turn.now, feature, reason);
  }

  /** Drops what is forgotten: a whole pass, so not at every turn. */
  prune(now: MonoMillis): void {
    if (this.#pruneAt !== undefined && now < this.#pruneAt) return;
    this.#pruneAt = after(now, PRUNE_INTERVAL);
    for (const [key, forgetAt] of this.#forgetAt.entries()) {
      if (forgetAt <= now) this.#forgetAt.forget(key);
    }
  }
}
