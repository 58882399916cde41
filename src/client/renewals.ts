import type { LeaseId } from "../base/ids.ts";
import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { LEASES_PER_REQUEST } from "../protocol/limits.ts";
import type { RenewResult } from "../protocol/results.ts";
import { freshNonce, grantOf } from "./acquisition.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Link } from "./link.ts";
import type { HeldSeat, Loss } from "./seat.ts";
import type { Session } from "./session.ts";

export interface RenewalsParts {
  readonly clock: Clock;
  readonly link: Link;
  /** Looks whether the computer has slept, before it is said why a seat is lost. */
  readonly suspectSleep: () => void;
}

/** `seat.resume` is the first on a connection that the seats were not granted on. */
type RenewalMethod = "seat.renew" | "seat.resume";

/** The shortest wait before a renewal is tried again. */
const SHORTEST_POSTPONEMENT: Millis = millis(1_000);

/** Asks the daemon to go on with seats, and tells each seat what became of it. */
export class Renewals {
  readonly #parts: RenewalsParts;

  constructor(parts: RenewalsParts) {
    this.#parts = parts;
  }

  /** In as many requests as they take; who asks does not wait for the answers. */
  ask(method: RenewalMethod, session: Session, seats: readonly HeldSeat[]): void {
    for (let start = 0; start < seats.length; start += LEASES_PER_REQUEST) {
      void this.#ask(method, session, seats.slice(start, start + LEASES_PER_REQUEST));
    }
  }

  async #ask(method: RenewalMethod, session: Session, seats: readonly HeldSeat[]): Promise<void> {
    const leases = seats.map((seat) => seat.leaseId);
    const nonce = freshNonce();
    const from = this.#parts.clock.now().mono;
    try {
      const result =
        method === "seat.renew"
          ? await session.request(method, { leases, nonce, ...quietIn(seats) })
          : await session.request(method, { leases, nonce });
      this.#settle(result, seats, session, nonce, from);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      for (const seat of seats) seat.renewalUnheard();
      if (error.code === "LEASE_NOTE") session.fail(error);
      // A connection that is gone is resumed on the next one.
      if (this.#parts.link.session === session) postpone(seats, error);
    }
  }

  #settle(
    result: RenewResult,
    seats: readonly HeldSeat[],
    session: Session,
    nonce: string,
    from: MonoMillis,
  ): void {
    const byLease = new Map(seats.map((seat) => [seat.leaseId, seat]));
    for (const lease of result.leases) {
      const seat = byLease.get(lease.id);
      if (seat === undefined) continue;
      const { feature, count } = seat.wish;
      seat.confirm(grantOf(session, lease, { feature, count, nonce }, from));
    }
    for (const lost of result.lost) this.refuse(byLease.get(lost.id), lost);
  }

  /** If it was the computer's sleep that a renewal was missed by, the seat shall say so. */
  refuse(seat: HeldSeat | undefined, why: Omit<Loss, "final">): void {
    if (why.reason === "LEASE_EXPIRED") this.#parts.suspectSleep();
    seat?.refuse(why);
  }
}

/** The leases that nobody has worked with since their last renewal. */
function quietIn(seats: readonly HeldSeat[]): { readonly quiet?: readonly LeaseId[] } {
  const quiet = seats.filter((seat) => seat.takeQuiet()).map(({ leaseId }) => leaseId);
  return quiet.length === 0 ? {} : { quiet };
}

/** What the daemon refused as a whole says nothing about the seats: each is tried again soon. */
function postpone(seats: readonly HeldSeat[], error: ClientError): void {
  const asked = error instanceof SeatDeniedError ? error.retryAfter : undefined;
  const delay = millis(Math.max(asked ?? 0, SHORTEST_POSTPONEMENT));
  for (const seat of seats) seat.postpone(delay);
}
