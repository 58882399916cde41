import type { LeaseId } from "../base/ids.ts";
import { after, type Millis, type MonoMillis, millis, minutes, unixMillis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { LEASES_PER_REQUEST } from "../protocol/limits.ts";
import type { BorrowResult } from "../protocol/results.ts";
import { freshNonce } from "./acquisition.ts";
import { againOf, type BorrowWish, borrowParams, isAnswer } from "./borrow-request.ts";
import { BorrowedSeat, type BorrowedSeatDesk } from "./borrowed-seat.ts";
import { BorrowRefusedError, ClientError, SeatDeniedError } from "./errors.ts";
import type { Borrowed, HeldTicket } from "./held-ticket.ts";
import type { Link } from "./link.ts";
import type { Loss, Seat } from "./seat.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { Session } from "./session.ts";
import type { KeptTicket } from "./ticket-file.ts";
import {
  covers,
  type ProvenTicket,
  proveTicket,
  refused,
  type TicketOwner,
} from "./ticket-proof.ts";
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

/** `pending` where the daemon will be told at the next connection. */
export type ReturnOutcome = "returned" | "pending";

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
  /** Those that this process uses. */
  readonly #seats = new Map<LeaseId, BorrowedSeat>();
  #timer: Timer | undefined;
  #retryAt: MonoMillis | undefined;

  constructor(parts: BorrowingsParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.#shelf = new TicketShelf(parts.store, parts.owner, parts.clock);
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
      await this.#keep(held.proven, { ...held.kept, isReturned: true });
      const { session } = this.#parts.link;
      if (session === undefined || !isOf(held, session)) return "pending";
      return await this.#tellReturned(lease, session);
    } finally {
      await unlock();
    }
  }

  /** There is a connection: what is due is told and asked. */
  connected(session: Session): void {
    void this.#review(session);
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
    const params = borrowParams(wish, this.#parts.owner, lease);
    try {
      const { result, session } = await this.#parts.link.call("seat.borrow", params);
      return await this.#receive(wish, result, session);
    } catch (error) {
      if (error instanceof BorrowRefusedError) this.#giveUp(error.lease);
      throw error;
    }
  }

  /** Goes back, unless there is a ticket for it from before. */
  #giveUp(lease: LeaseId): void {
    if (this.#shelf.get(lease) !== undefined) return;
    this.#parts.link.call("seat.return", { lease }).catch(ignoreClientError);
  }

  /**
   * Safe on disk before anybody is told. What cannot be used or kept goes back at once, unless there
   * is a ticket for it from before.
   */
  async #receive(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    try {
      return await this.#accept(wish, result, session);
    } catch (error) {
      if (this.#shelf.get(result.lease) !== undefined) throw error;
      await session.request("seat.return", { lease: result.lease }).catch(ignoreClientError);
      throw error;
    }
  }

  async #accept(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    const { ticket, license } = result;
    const proven = proveTicket({ ticket, license }, this.#parts.owner);
    const asked = { lease: result.lease, chainId: session.chainId };
    if (!isAnswer(proven, wish, asked)) throw refused("it is for another request");
    if (this.clock.now().wall >= proven.ticket.until)
      throw refused("the clock of this computer is ahead of the license server's");
    const renewFor = wish.renew ? wish.span : null;
    // Of this ticket's life nothing was seen yet.
    const kept = { ticket, license, renewFor, isReturned: false, seenAt: unixMillis(0) };
    return this.#keep(proven, kept);
  }

  async #keep(proven: ProvenTicket, kept: KeptTicket): Promise<HeldTicket> {
    const held = await this.#shelf.keep(proven, kept);
    this.#plan();
    return held;
  }

  async #review(session: Session): Promise<void> {
    try {
      await this.load();
      const own = this.#shelf.all.filter((held) => isOf(held, session));
      for (const { ticket } of own.filter(({ kept }) => kept.isReturned)) {
        // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
        await this.#tellReturned(ticket.leaseId, session);
      }
      await this.#checkStillOurs(session);
      await this.#renewDue();
    } catch (error) {
      // No connection any more, or no disk: the next connection tries again.
      ignoreClientError(error);
    }
    this.#plan();
  }

  /** The vendor may have given a seat up meanwhile. */
  async #checkStillOurs(session: Session): Promise<void> {
    const own = this.#shelf.all.filter((held) => isOf(held, session));
    const leases = own.map(({ ticket }) => ticket.leaseId).slice(0, LEASES_PER_REQUEST);
    if (leases.length === 0) return;
    const { lost } = await session.request("seat.renew", { leases, nonce: freshNonce() });
    for (const { id, reason, hint } of lost) {
      // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
      await this.#lose(id, { reason, hint });
    }
  }

  async #lose(lease: LeaseId, why: Pick<Loss, "reason" | "hint">): Promise<void> {
    await this.#shelf.drop(lease);
    this.#seats.get(lease)?.refuse(why);
  }

  async #tellReturned(lease: LeaseId, session: Session): Promise<ReturnOutcome> {
    try {
      await session.request("seat.return", { lease });
    } catch (error) {
      // Denied: it came back in another way.
      if (!(error instanceof ClientError)) throw error;
      if (!(error instanceof SeatDeniedError)) return "pending";
    }
    await this.#shelf.drop(lease);
    return "returned";
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
      await this.#renew(againOf(held), held.ticket.leaseId, session);
    }
  }

  /** On this connection alone: nobody waits for it. Denied, it stays ours until its end. */
  async #renew(wish: BorrowWish, lease: LeaseId, session: Session): Promise<void> {
    try {
      const result = await session.request(
        "seat.borrow",
        borrowParams(wish, this.#parts.owner, lease),
      );
      await this.#accept(wish, result, session);
      this.#retryAt = undefined;
    } catch (error) {
      ignoreClientError(error);
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

const isOf = ({ ticket }: HeldTicket, { chainId }: Session): boolean => ticket.chainId === chainId;

function ignoreClientError(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
