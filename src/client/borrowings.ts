import type { LeaseId } from "../base/ids.ts";
import { after, type Millis, type MonoMillis, millis, minutes } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { BorrowWish } from "./borrow-request.ts";
import { BorrowedSeat, type BorrowedSeatDesk } from "./borrowed-seat.ts";
import type { ClientError } from "./errors.ts";
import type { Borrowed, HeldTicket } from "./held-ticket.ts";
import type { Link } from "./link.ts";
import type { Loss, Seat } from "./seat.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { Session } from "./session.ts";
import { covers, refused, type TicketOwner } from "./ticket-proof.ts";
import { ignoreClientError, isOf, type ReturnOutcome, TicketRequests } from "./ticket-requests.ts";
import { TicketShelf } from "./ticket-shelf.ts";
import type { TicketStore } from "./ticket-store.ts";

/** Who hears of borrowed seats. */
export interface BorrowingsListener {
  borrowEnding(borrowed: Borrowed, remaining: Millis): void;
  lost(seat: Seat, loss: Loss): void;
  expiring(seat: Seat, remaining: Millis): void;
}

export interface BorrowingsParts {
  readonly link: Link;
  readonly clock: Clock;
  readonly store: TicketStore;
  readonly owner: TicketOwner;
  readonly listener: BorrowingsListener;
}

/** How often ends and renewals are looked at, whatever the clock does in between. */
const GLANCE: Millis = minutes(10);

/** Before a renewal that failed is tried again. */
const RETRY: Millis = minutes(1);

/** How much time may pass before it is kept on disk that it did. */
const SEEN_STEP: Millis = minutes(10);

/**
 * The seats that this computer has borrowed of one vendor: proven anew whenever a process starts, used
 * by one process at a time, renewed and given back while there is a connection.
 */
export class Borrowings implements BorrowedSeatDesk {
  readonly clock: Clock;
  readonly #parts: BorrowingsParts;
  readonly #shelf: TicketShelf;
  readonly #requests: TicketRequests;
  /** Those that this process uses. */
  readonly #seats = new Map<LeaseId, BorrowedSeat>();
  /** What is due at the present connection is told and asked. */
  #reviewing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #retryAt: MonoMillis | undefined;

  constructor(parts: BorrowingsParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.#shelf = new TicketShelf(parts.store, parts.owner, parts.clock);
    this.#requests = new TicketRequests({ ...parts, shelf: this.#shelf });
  }

  get list(): readonly Borrowed[] {
    return this.#shelf.told;
  }

  /** Those that this process uses. */
  get seats(): readonly BorrowedSeat[] {
    return [...this.#seats.values()];
  }

  get isUsable(): boolean {
    return this.#shelf.all.some((held) => held.isUsable);
  }

  load(): Promise<void> {
    return this.#shelf.load();
  }

  /** As `TicketShelf.whyNot`. */
  whyNot(feature?: string): ClientError | undefined {
    return this.#shelf.whyNot(feature);
  }

  /** A borrowed seat for the wish, if there is one that no process uses. @throws ClientError TICKET_FILE. */
  async take(wish: SeatWish): Promise<BorrowedSeat | undefined> {
    await this.load();
    for (const held of this.#shelf.all) {
      if (!held.isUsable || held.unlock !== undefined || !fits(held, wish)) continue;
      // oxlint-disable-next-line no-await-in-loop -- the first that is free is enough
      const unlock = await this.#parts.store.lock(held.ticket.leaseId);
      if (unlock === undefined) continue;
      held.unlock = unlock;
      const seat = new BorrowedSeat(wish, held, this);
      if (seat.state === "held") this.#seats.set(seat.leaseId, seat);
      this.#plan();
      return seat;
    }
    return undefined;
  }

  /**
   * Borrows, or borrows for longer what is borrowed already. The request has one name for ever, so that
   * who lost the answer gets the same seat.
   * @throws SeatDeniedError; ClientError TICKET, TICKET_FILE, SERVER_REFUSED, CLIENT_CLOSED.
   */
  async borrow(wish: BorrowWish): Promise<Borrowed> {
    await this.load();
    const session = await this.#parts.link.online();
    const present = this.#shelf.all.find(
      (held) => held.isUsable && isSameSeat(held, wish) && isOf(held, session),
    );
    const first = await this.#ask(wish, present?.ticket.leaseId);
    // The answer to an earlier request that got lost: it may end sooner than is wanted now.
    const { from, until } = first.proven.ticket;
    if (present === undefined && until - from < wish.span) {
      return (await this.#ask(wish, first.proven.ticket.leaseId)).told;
    }
    return first.told;
  }

  /**
   * Gives a borrowed seat back. From the first moment on it is of no use here, also where the daemon
   * hears of it only later.
   * @throws ClientError TICKET when another process uses it, TICKET_FILE.
   */
  async giveBack(lease: LeaseId): Promise<ReturnOutcome> {
    await this.load();
    const held = this.#shelf.get(lease);
    if (held === undefined) throw refused("nothing is borrowed under that lease here");
    await this.#seats.get(lease)?.release();
    const unlock = await this.#parts.store.lock(lease);
    if (unlock === undefined) throw refused("another program uses the seat; end it first");
    try {
      await this.#shelf.keep(held.proven, { ...held.kept, isReturned: true });
      this.#plan();
      const { session } = this.#parts.link;
      if (session === undefined || !isOf(held, session)) return "pending";
      return await this.#requests.tellReturned(lease, session);
    } finally {
      await unlock();
    }
  }

  /** There is a connection: what is due is told and asked. */
  connected(session: Session): void {
    this.#reviewing = this.#review(session);
  }

  /** Resolves when what was due at this connection has been told, or cannot be. Never rejects. */
  reviewed(): Promise<void> {
    return this.#reviewing;
  }

  /** Ends come by time alone. */
  watch(): void {
    this.#timer?.cancel();
    // Later, so that whoever has just connected can hear what ends.
    this.#timer = this.clock.after(millis(0), () => this.#look());
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all(this.seats.map((seat) => seat.release()));
  }

  // What seats ask for.

  async putDown(held: HeldTicket): Promise<void> {
    const { unlock } = held;
    this.#seats.delete(held.ticket.leaseId);
    held.unlock = undefined;
    this.#shelf.noteSeen(held, millis(0));
    await held.noting;
    await unlock?.();
  }

  noteTime(held: HeldTicket): void {
    this.#shelf.noteSeen(held, SEEN_STEP);
  }

  lost(seat: Seat, loss: Loss): void {
    this.#parts.listener.lost(seat, loss);
  }

  expiring(seat: Seat, remaining: Millis): void {
    this.#parts.listener.expiring(seat, remaining);
  }

  async #ask(wish: BorrowWish, lease: LeaseId | undefined): Promise<HeldTicket> {
    const held = await this.#requests.borrow(wish, lease);
    this.#plan();
    return held;
  }

  async #review(session: Session): Promise<void> {
    try {
      await this.load();
      const own = this.#shelf.all.filter((held) => isOf(held, session));
      for (const { ticket } of own.filter(({ kept }) => kept.isReturned)) {
        // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
        await this.#requests.tellReturned(ticket.leaseId, session);
      }
      for (const { id, reason, hint } of await this.#requests.notOurs(session)) {
        // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
        await this.#shelf.drop(id);
        this.#seats.get(id)?.refuse({ reason, hint });
      }
      await this.#renewDue();
    } catch (error) {
      // No connection any more, or no disk: the next connection tries again.
      ignoreClientError(error);
    }
    this.#plan();
  }

  async #renewDue(): Promise<void> {
    const now = this.clock.now().mono;
    if (this.#retryAt !== undefined && now < this.#retryAt) return;
    const { session } = this.#parts.link;
    if (session === undefined) return;
    for (const held of this.#shelf.all) {
      if (!held.isUsable || !held.isDue || !isOf(held, session)) continue;
      this.#retryAt = after(now, RETRY);
      // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
      if (await this.#requests.renew(held, session)) this.#retryAt = undefined;
    }
  }

  #look(): void {
    for (const held of this.#shelf.all) {
      if (held.kept.isReturned || !held.isEnding || held.isWarned) continue;
      held.isWarned = true;
      this.#parts.listener.borrowEnding(held.told, held.left);
    }
    void this.#renewDue().finally(() => this.#plan());
  }

  #plan(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#shelf.all.length === 0 || this.#parts.link.isClosed) return;
    const waits = this.#shelf.all.map((held) => held.untilNews);
    const soonest = Math.max(Math.min(GLANCE, ...waits), this.#retryAt === undefined ? 0 : RETRY);
    this.#timer = this.clock.after(millis(Math.ceil(soonest)), () => this.#look());
  }
}

function fits({ proven }: HeldTicket, wish: SeatWish): boolean {
  const { ticket } = proven;
  return ticket.feature === wish.feature && wish.count <= ticket.count && covers(proven, wish);
}

function isSameSeat({ ticket }: HeldTicket, wish: BorrowWish): boolean {
  const { feature, version, count } = ticket;
  return feature === wish.feature && version === wish.version && count === wish.count;
}
