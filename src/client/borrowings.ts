import { toHex, utf8 } from "../base/bytes.ts";
import { idempotencyKey, type LeaseId } from "../base/ids.ts";
import { after, type Millis, type MonoMillis, millis, minutes, unixMillis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { sha256 } from "../crypto/hash.ts";
import { LEASES_PER_REQUEST } from "../protocol/limits.ts";
import type { BorrowParams } from "../protocol/requests.ts";
import type { BorrowResult } from "../protocol/results.ts";
import { freshNonce } from "./acquisition.ts";
import { BorrowedSeat, type BorrowedSeatDesk } from "./borrowed-seat.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import { type Borrowed, HeldTicket } from "./held-ticket.ts";
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

/** What is borrowed, and for how long from now. */
export interface BorrowWish extends Omit<SeatWish, "wait"> {
  readonly span: Millis;
  /** Whether it is borrowed anew at half of its time. */
  readonly renew: boolean;
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
  readonly #held = new Map<LeaseId, HeldTicket>();
  /** Those that this process uses. */
  readonly #seats = new Map<LeaseId, BorrowedSeat>();
  /** Why tickets on disk are of no use here. */
  #refusals: readonly ClientError[] = [];
  #timer: Timer | undefined;
  #retryAt: MonoMillis | undefined;

  constructor(parts: BorrowingsParts) {
    this.#parts = parts;
    this.clock = parts.clock;
  }

  get list(): readonly Borrowed[] {
    return [...this.#held.values()]
      .filter(({ kept }) => !kept.isReturned)
      .map((held) => held.told)
      .toSorted((one, other) => one.until - other.until);
  }

  /** Those that this process uses. */
  get seats(): readonly BorrowedSeat[] {
    return [...this.#seats.values()];
  }

  get isUsable(): boolean {
    return [...this.#held.values()].some((held) => held.isUsable);
  }

  /** Reads what is on disk, also what other processes have changed there. @throws ClientError TICKET_FILE. */
  async load(): Promise<void> {
    const { store, owner } = this.#parts;
    const refusals: ClientError[] = [];
    const found = new Set<LeaseId>();
    for (const kept of await store.all()) {
      const proven = this.#provenBefore(kept) ?? proofOf(kept, owner);
      if (proven instanceof ClientError) refusals.push(proven);
      else {
        found.add(proven.ticket.leaseId);
        this.#know(proven, kept);
      }
    }
    this.#refusals = refusals;
    for (const lease of this.#held.keys()) {
      if (!found.has(lease) && !this.#seats.has(lease)) this.#held.delete(lease);
    }
  }

  /** Why nothing can be used without a server; `undefined` where nothing was borrowed. */
  whyNot(feature?: string): ClientError | undefined {
    const held = [...this.#held.values()].filter(
      ({ ticket, kept }) => !kept.isReturned && (feature ?? ticket.feature) === ticket.feature,
    );
    if (held.some(({ left }) => left === 0)) return refused("its time is over");
    if (held.length > 0)
      return refused("another program uses the seat, or it is for fewer seats or another version");
    return this.#refusals[0];
  }

  /** A borrowed seat for the wish, if there is one that no process uses. @throws ClientError TICKET_FILE. */
  async take(wish: SeatWish): Promise<BorrowedSeat | undefined> {
    await this.load();
    for (const held of this.#held.values()) {
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
    const present = [...this.#held.values()].find(
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
    const held = this.#held.get(lease);
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
    this.#noteSeen(held, millis(0));
    await held.noting;
    await unlock?.();
  }

  noteTime(held: HeldTicket): void {
    this.#noteSeen(held, SEEN_STEP);
  }

  lost(seat: Seat, loss: Loss): void {
    this.#parts.listener.lost(seat, loss);
  }

  expiring(seat: Seat, remaining: Millis): void {
    this.#parts.listener.expiring(seat, remaining);
  }

  async #ask(wish: BorrowWish, lease: LeaseId | undefined): Promise<HeldTicket> {
    const params = this.#paramsOf(wish, lease);
    const { result, session } = await this.#parts.link.call("seat.borrow", params);
    return this.#receive(wish, result, session);
  }

  /**
   * Safe on disk before anybody is told. What cannot be used or kept goes back at once, unless there
   * is a ticket for it from before.
   */
  async #receive(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    try {
      return await this.#accept(wish, result, session);
    } catch (error) {
      if (this.#held.has(result.lease)) throw error;
      await session.request("seat.return", { lease: result.lease }).catch(ignoreClientError);
      throw error;
    }
  }

  async #accept(wish: BorrowWish, result: BorrowResult, session: Session): Promise<HeldTicket> {
    const { ticket, license } = result;
    const proven = proveTicket({ ticket, license }, this.#parts.owner);
    if (!isAnswer(proven, wish, result, session)) throw refused("it is for another request");
    if (this.clock.now().wall >= proven.ticket.until)
      throw refused("the clock of this computer is ahead of the license server's");
    const renewFor = wish.renew ? wish.span : null;
    // Of this ticket's life nothing was seen yet.
    const kept = { ticket, license, renewFor, isReturned: false, seenAt: unixMillis(0) };
    return this.#keep(proven, kept);
  }

  async #keep(proven: ProvenTicket, kept: KeptTicket): Promise<HeldTicket> {
    await this.#parts.store.put(proven.ticket.leaseId, kept);
    const held = this.#know(proven, kept);
    this.#plan();
    return held;
  }

  /** A ticket with a later end takes the place of the one before, and its user goes on with it. */
  #know(proven: ProvenTicket, kept: KeptTicket): HeldTicket {
    const { leaseId } = proven.ticket;
    const known = this.#held.get(leaseId);
    if (known !== undefined && JSON.stringify(known.kept) === JSON.stringify(kept)) return known;
    const held = known ?? new HeldTicket(proven, kept, this.clock);
    held.follow(proven, kept);
    this.#held.set(leaseId, held);
    return held;
  }

  /** Signatures are checked once for each text. */
  #provenBefore({ ticket, license }: KeptTicket): ProvenTicket | undefined {
    return [...this.#held.values()].find(
      ({ kept }) => kept.ticket === ticket && kept.license === license,
    )?.proven;
  }

  async #review(session: Session): Promise<void> {
    try {
      await this.load();
      const own = [...this.#held.values()].filter((held) => isOf(held, session));
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
    const own = [...this.#held.values()].filter((held) => isOf(held, session));
    const leases = own.map(({ ticket }) => ticket.leaseId).slice(0, LEASES_PER_REQUEST);
    if (leases.length === 0) return;
    const { lost } = await session.request("seat.renew", { leases, nonce: freshNonce() });
    for (const { id, reason, hint } of lost) {
      // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
      await this.#lose(id, { reason, hint });
    }
  }

  async #lose(lease: LeaseId, why: Pick<Loss, "reason" | "hint">): Promise<void> {
    this.#held.delete(lease);
    await this.#parts.store.drop(lease);
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
    this.#held.delete(lease);
    await this.#parts.store.drop(lease);
    return "returned";
  }

  async #renewDue(): Promise<void> {
    const now = this.clock.now().mono;
    if (this.#retryAt !== undefined && now < this.#retryAt) return;
    const { session } = this.#parts.link;
    if (session === undefined) return;
    for (const held of this.#held.values()) {
      if (!held.isUsable || !held.isDue || !isOf(held, session)) continue;
      const { feature, version, versionDate, count, leaseId } = held.ticket;
      const product = versionDate === null ? { version } : { version, versionDate };
      const wish = {
        feature,
        ...product,
        count,
        span: held.kept.renewFor ?? millis(0),
        renew: true,
      };
      this.#retryAt = after(now, RETRY);
      // oxlint-disable-next-line no-await-in-loop -- few, and nothing waits for them
      await this.#renew(wish, leaseId, session);
    }
  }

  /** On this connection alone: nobody waits for it. Denied, it stays ours until its end. */
  async #renew(wish: BorrowWish, lease: LeaseId, session: Session): Promise<void> {
    try {
      const result = await session.request("seat.borrow", this.#paramsOf(wish, lease));
      await this.#accept(wish, result, session);
      this.#retryAt = undefined;
    } catch (error) {
      ignoreClientError(error);
    }
  }

  #paramsOf(wish: BorrowWish, lease: LeaseId | undefined): BorrowParams {
    const { feature, version, versionDate, count, span } = wish;
    const { workstation } = this.#parts.owner;
    const what = { feature, version, count, key: requestKey(wish, workstation) };
    const date = versionDate === undefined ? {} : { versionDate };
    return {
      ...what,
      ...date,
      borrowMs: span,
      workstation,
      ...(lease === undefined ? {} : { lease }),
    };
  }

  #look(): void {
    for (const held of this.#held.values()) {
      if (held.kept.isReturned || !held.isEnding || held.isWarned) continue;
      held.isWarned = true;
      this.#parts.listener.borrowEnding(held.told, held.left);
    }
    void this.#renewDue().finally(() => this.#plan());
  }

  #plan(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#held.size === 0 || this.#parts.link.isClosed) return;
    const waits = [...this.#held.values()].map((held) => held.untilNews);
    const soonest = Math.max(Math.min(GLANCE, ...waits), this.#retryAt === undefined ? 0 : RETRY);
    this.#timer = this.clock.after(millis(Math.ceil(soonest)), () => this.#look());
  }

  #noteSeen(held: HeldTicket, step: Millis): void {
    const seenAt = held.now;
    if (seenAt - held.seenAt <= step) return;
    held.seenAt = seenAt;
    const latest = (now: KeptTicket): KeptTicket => ({
      ...now,
      seenAt: unixMillis(Math.max(now.seenAt, seenAt)),
    });
    // A disk that is full forgets what was seen, and takes nobody's seat.
    const before = held.noting;
    held.noting = before
      .then(() => this.#parts.store.change(held.ticket.leaseId, latest))
      .catch(ignoreClientError);
  }
}

/** What is borrowed here, without a connection. @throws ClientError TICKET_FILE. */
export async function ticketsHere(
  store: TicketStore,
  owner: TicketOwner,
  clock: Clock,
): Promise<readonly Borrowed[]> {
  const kept = (await store.all()).filter(({ isReturned }) => !isReturned);
  return kept
    .flatMap((each) => {
      const proven = proofOf(each, owner);
      return proven instanceof ClientError ? [] : [new HeldTicket(proven, each, clock).told];
    })
    .toSorted((one, other) => one.until - other.until);
}

/** One wish has one name: who asks again after a crash gets what was granted. */
function requestKey({ feature, version, count }: BorrowWish, workstation: string) {
  const wish = JSON.stringify([feature, version, count, workstation]);
  return idempotencyKey(`borrow.${toHex(sha256(utf8(wish))).slice(0, 32)}`);
}

function proofOf(kept: KeptTicket, owner: TicketOwner): ProvenTicket | ClientError {
  try {
    return proveTicket(kept, owner);
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
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

function isAnswer(
  { ticket }: ProvenTicket,
  wish: BorrowWish,
  { lease }: BorrowResult,
  { chainId }: Session,
): boolean {
  const { feature, version, count } = wish;
  return (
    ticket.chainId === chainId &&
    ticket.leaseId === lease &&
    ticket.feature === feature &&
    ticket.version === version &&
    ticket.count === count
  );
}

function ignoreClientError(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
