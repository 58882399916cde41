import { type Millis, type MonoMillis, millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { BorrowTicket } from "../license/borrow-ticket.ts";

/**
 * What time it is for one ticket: the latest of the wall clock, the moment when the daemon lent the
 * seat, and the latest time that was seen before, which goes on with the monotonic clock. So a clock
 * that is set back does not lengthen a ticket; what passes while no process runs and the clock is
 * wrong is not seen.
 */
export class TicketTime {
  readonly #clock: Clock;
  readonly #seen: number;
  readonly #since: MonoMillis;

  /** @param seenAt the latest time that was seen before this process. */
  constructor(clock: Clock, { from }: Pick<BorrowTicket, "from">, seenAt: UnixMillis) {
    const { wall, mono } = clock.now();
    this.#clock = clock;
    this.#seen = Math.max(wall, from, seenAt);
    this.#since = mono;
  }

  now(): UnixMillis {
    const { wall, mono } = this.#clock.now();
    return unixMillis(Math.max(wall, Math.floor(this.#seen + (mono - this.#since))));
  }

  /** 0 from the ticket's end on. */
  left({ until }: Pick<BorrowTicket, "until">): Millis {
    return millis(Math.max(0, until - this.now()));
  }
}
