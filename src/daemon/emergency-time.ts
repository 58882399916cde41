import type { ChainId } from "../base/ids.ts";
import {
  between,
  days,
  type Millis,
  type Moment,
  millis,
  minutes,
  type UnixMillis,
  unixMillis,
} from "../base/time.ts";
import type { Store } from "../store/database.ts";

const DAY: Millis = days(1);

/** A later end than was told before by less than this is the same: clocks drift. */
const DRIFT: Millis = minutes(1);

/**
 * How long an emergency has lasted. While the daemon runs, the monotonic clock counts, which nobody can
 * set; a time without the daemon counts by the believed time of day. So a clock that is set back gains
 * nothing, and one that jumps ahead costs nothing until it is believed at a start.
 */
export class EmergencyTime {
  readonly #store: Store;
  readonly #key: string;
  readonly #now: () => Moment;
  /** What had passed when this run began. */
  readonly #before: Millis;
  readonly #began: Moment;
  readonly #told = new Map<number, UnixMillis>();

  /** @param licensed the ledger that was lost: a second restore of it goes on counting. */
  constructor(store: Store, vendor: string, licensed: ChainId, now: () => Moment) {
    this.#store = store;
    this.#key = `emergency ${vendor} ${licensed}`;
    this.#now = now;
    this.#began = now();
    this.#before = passedBefore(store.meta(this.#key), this.#began);
  }

  get passed(): Millis {
    return millis(this.#before + between(this.#began.mono, this.#now().mono));
  }

  /** 1 for the first. */
  get day(): number {
    return Math.floor(this.passed / DAY) + 1;
  }

  /** When it began, by the believed time of day. */
  get since(): UnixMillis {
    return unixMillis(this.#now().wall - this.passed);
  }

  /** The first moment after so many days. */
  endAfter(count: number): UnixMillis {
    const end = this.since + days(count);
    const told = this.#told.get(count);
    if (told !== undefined && Math.abs(end - told) < DRIFT) return told;
    const fresh = unixMillis(end);
    this.#told.set(count, fresh);
    return fresh;
  }

  /** Takes down how much has passed; to be called twice a minute. */
  keep(): void {
    this.#store.putMeta(this.#key, `${this.passed} ${this.#now().wall}`);
  }
}

function passedBefore(kept: string | undefined, { wall }: Moment): Millis {
  if (kept === undefined) return millis(0);
  const [passed, at] = kept.split(" ").map(Number);
  const away = Math.max(0, wall - (at ?? Number.NaN));
  return millis((passed ?? Number.NaN) + away);
}
