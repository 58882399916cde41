import { EventEmitter } from "node:events";
import { type LeaseId, PRODUCT_NAME } from "../base/ids.ts";
import { type Millis, type MonoMillis, millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { SleepWatch } from "../clock/sleep-watch.ts";
import { LEASES_PER_REQUEST, SEATS_PER_REQUEST, SHORTEST_BORROW_MS } from "../protocol/limits.ts";
import type { Notification, NotificationOf } from "../protocol/notifications.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { FeatureStatus, RenewResult } from "../protocol/results.ts";
import { Acquisitions, freshNonce, grantOf } from "./acquisition.ts";
import { Borrowings, type BorrowingsListener } from "./borrowings.ts";
import { Claims } from "./claims.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Borrowed } from "./held-ticket.ts";
import { Link, type LinkListener, type OpenSession } from "./link.ts";
import { giveBackTo, Relocation } from "./relocation.ts";
import { HeldSeat, type Loss, type Seat, type SeatDesk } from "./seat.ts";
import type { SeatMemory } from "./seat-memory.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Session } from "./session.ts";
import type { Spool } from "./spool.ts";
import { type StatusListener, StatusWatch } from "./status-watch.ts";
import type { TicketOwner } from "./ticket-proof.ts";
import type { ReturnOutcome } from "./ticket-requests.ts";
import type { TicketStore } from "./ticket-store.ts";
import type { Usage } from "./usage.ts";
import { type UsageDesk, UsageQueue } from "./usage-queue.ts";
import type { Contradiction } from "./witness.ts";

export interface AcquireOptions {
  /** The version of the application; the license may not cover newer ones. */
  readonly version?: string;
  /**
   * When that version was released, in Unix milliseconds. Compile it in: a license whose maintenance
   * has an end covers only versions that say they were released before it.
   */
  readonly versionDate?: number;
  /** Seats, 1 when left out. */
  readonly count?: number;
  /** Join the queue when there is no free seat. */
  readonly wait?: boolean;
  /** Ends the request, also one that waits; nothing stays taken. */
  readonly signal?: AbortSignal;
  /** Told the place in the queue, from 1, each time the daemon says it. */
  readonly onQueued?: (position: number) => void;
}

export interface BorrowOptions {
  /** For how many days from now; parts of a day are allowed. */
  readonly days: number;
  /** As in `AcquireOptions`. */
  readonly version?: string;
  readonly versionDate?: number;
  readonly count?: number;
  /**
   * Borrowed anew for as many days at half of its time, by any process of this computer that has a
   * connection then: a short time that is renewed loses less with the computer than a long one.
   */
  readonly renew?: boolean;
}

/** What a seatkeeper tells its application, over all its seats. */
export interface SeatkeeperEvents {
  granted: [seat: Seat];
  lost: [seat: Seat, loss: Loss];
  regained: [seat: Seat, loss: Loss];
  /** The computer slept for so long. Seats are renewed at once; `lost` tells which did not last. */
  slept: [span: Millis];
  expiring: [seat: Seat, remaining: Millis];
  /** Also the first time, before `connect` resolves: then nobody can hear it yet. */
  connected: [server: string];
  /** The next attempt comes in `retryIn` milliseconds. Seats stay valid for their time. */
  disconnected: [error: ClientError, retryIn: Millis];
  /** Features or meters that end soon, with their end; in grace until the second moment, if there is one. */
  licenseExpiring: [names: readonly string[], endsAt: UnixMillis, graceUntil: UnixMillis | null];
  /** The daemon stops in so many milliseconds. */
  draining: [afterMs: Millis];
  /** Usage of this application has brought a quota to 80, 90 or 100 percent. */
  quota: [warning: NotificationOf["quota.warning"]];
  /** A borrowed seat nears its end: said once in a day, or a tenth of its time, before it is over. */
  borrowEnding: [borrowed: Borrowed, remaining: Millis];
  /**
   * The daemon's ledger does not go on from what this computer has seen of it: it was put back to an older
   * state, or there are two of it. Told once for each thing that it contradicts.
   */
  contradicted: [contradiction: Contradiction];
  /** The daemon will not count usage, or a refund, that was only spooled, or left by an earlier process. */
  refused: [usage: UsageRecord, error: Error];
}

/** The connection of one process to the license server, and the seats it holds. */
export interface Seatkeeper extends EventEmitter<SeatkeeperEvents> {
  readonly usage: Usage;
  /** The server of this moment; `undefined` while there is no connection. */
  readonly server: string | undefined;
  readonly seats: readonly Seat[];
  /**
   * Takes seats of a feature, and renews them until they are released. Without a connection it
   * waits for one; bound it with `signal`.
   * @throws SeatDeniedError when license or rules refuse, and `wait` does not help.
   * @throws ClientError LEASE_NOTE, SERVER_REFUSED, CLIENT_CLOSED; the signal's reason.
   * @throws RangeError for a feature, version, date or count that no daemon would take.
   */
  acquire(feature: string, options?: AcquireOptions): Promise<Seat>;
  /** What this computer has borrowed and not returned, the soonest end first. */
  readonly borrowed: readonly Borrowed[];
  /**
   * Takes seats off the network for some days, or borrows them for longer. From then on this computer
   * has them, whichever process uses them, with or without a server: `acquire` takes them first.
   * Without a connection it waits for one.
   * @throws SeatDeniedError when license or rules refuse.
   * @throws ClientError TICKET, TICKET_FILE, SERVER_REFUSED, CLIENT_CLOSED.
   * @throws RangeError as `acquire`, and for days that no daemon would take.
   */
  borrow(feature: string, options: BorrowOptions): Promise<Borrowed>;
  /**
   * Gives a borrowed seat back, by its lease. From then on it is of no use here; `pending` when the
   * daemon will be told at the next connection.
   * @throws ClientError TICKET when another process uses it, or nothing is borrowed under the lease.
   */
  return(lease: LeaseId): Promise<ReturnOutcome>;
  /** What the licenses have and what is free. */
  status(): Promise<readonly FeatureStatus[]>;
  /**
   * Tells what there is to have and where this process waits: soon, and each time it changes, at
   * most about once a second. Goes on through lost connections and on whichever server is there;
   * while there is none, nothing is told.
   * @returns ends it.
   */
  watch(listener: StatusListener): () => void;
  /**
   * Releases every seat, waits a moment for usage that the daemon has not answered, and says
   * goodbye. Usage that is unanswered then stays on disk for the next start, and its promise
   * rejects.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long `close` waits for answers. */
const FAREWELL_TIME: Millis = millis(3_000);

/** The shortest wait before a renewal is tried again. */
const SHORTEST_POSTPONEMENT: Millis = millis(1_000);

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/;

/** What a keeper has on disk, and as whom. */
export interface KeeperFiles {
  readonly spool: Spool;
  readonly memory: SeatMemory;
  readonly tickets: TicketStore;
  readonly owner: TicketOwner;
}

export class Keeper
  extends EventEmitter<SeatkeeperEvents>
  implements Seatkeeper, SeatDesk, LinkListener, UsageDesk, BorrowingsListener
{
  readonly clock: Clock;
  readonly #link: Link;
  readonly #acquisitions: Acquisitions;
  readonly #claims: Claims;
  readonly #usage: UsageQueue;
  readonly #seats = new Set<HeldSeat>();
  readonly #relocation: Relocation;
  readonly #borrowings: Borrowings;
  /** Why there was no connection from the first; `undefined` once there was one. */
  #unreached: ClientError | undefined;
  readonly #statusWatch: StatusWatch;
  /** What was heard before the application had the keeper; undefined from then on. */
  #early: (() => void)[] | undefined = [];
  /** What the application was told of. */
  readonly #contradicted = new Set<string>();
  #sleepWatch: SleepWatch | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    servers: readonly ServerAddress[],
    open: OpenSession,
    clock: Clock,
    { spool, memory, tickets, owner }: KeeperFiles,
  ) {
    super();
    this.clock = clock;
    this.#link = new Link(servers, open, clock, this);
    this.#acquisitions = new Acquisitions(this.#link, clock);
    this.#claims = new Claims(this.#acquisitions, memory, clock);
    this.#usage = new UsageQueue(this, spool);
    this.#statusWatch = new StatusWatch(clock, () => this.#link.session);
    this.#borrowings = new Borrowings({
      link: this.#link,
      clock,
      store: tickets,
      owner,
      listener: this,
    });
    this.#relocation = new Relocation({
      clock,
      seats: this.#seats,
      session: () => this.#link.session,
      isBusy: () => this.#acquisitions.isBusy,
    });
  }

  get usage(): Usage {
    return this.#usage;
  }

  get server(): string | undefined {
    return this.#link.session?.server;
  }

  get seats(): readonly Seat[] {
    return [...this.#seats, ...this.#ownSeats];
  }

  get borrowed(): readonly Borrowed[] {
    return this.#borrowings.list;
  }

  /** @throws ClientError when no server will do, and nothing is borrowed. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    await this.#borrowings.load();
    try {
      await this.#link.start(signal);
    } catch (error) {
      if (!(error instanceof ClientError) || signal?.aborted === true) throw error;
      if (!this.#borrowings.isUsable) throw this.#withoutServer(error);
      // Whoever answers at the server's address abroad, the seats that are here need nobody.
      this.#unreached = error;
      this.#link.goOn(error);
    }
    this.#borrowings.watch();
    this.#sleepWatch = new SleepWatch(this.clock, (span) => this.#woke(span));
    await this.#usage.adopt();
    // By then the application has its keeper and has said what it listens to.
    this.clock.soon(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const tell of early) tell();
    });
  }

  async acquire(feature: string, options: AcquireOptions = {}): Promise<Seat> {
    const wish = wishOf(feature, options);
    const own = await this.#takeOwn(wish);
    if (own !== undefined) return own;
    if (this.#unreached !== undefined) throw this.#withoutServer(this.#unreached, feature);
    const { name, grant } = await this.#claims.claim(wish, options.signal, options.onQueued);
    const seat = new HeldSeat(wish, name, grant, this);
    this.#seats.add(seat);
    this.#relocation.granted(seat);
    this.emit("granted", seat);
    return seat;
  }

  borrow(feature: string, options: BorrowOptions): Promise<Borrowed> {
    const { wait: _, ...wish } = wishOf(feature, options);
    const span = spanOf(options.days);
    return this.#borrowings.borrow({ ...wish, span, renew: options.renew === true });
  }

  return(lease: LeaseId): Promise<ReturnOutcome> {
    return this.#borrowings.giveBack(lease);
  }

  async status(): Promise<readonly FeatureStatus[]> {
    return (await this.#link.call("status.get", {})).result.features;
  }

  watch(listener: StatusListener): () => void {
    return this.#statusWatch.watch(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#sayGoodbye();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // What seats ask for.

  renew(seat: HeldSeat): void {
    const { session } = this.#link;
    // Without a connection the next one resumes; another daemon does not know the lease.
    if (session?.chainId === seat.chainId) void this.#ask("seat.renew", session, [seat]);
  }

  reacquire(seat: HeldSeat): void {
    void this.#reacquire(seat);
  }

  active(seat: HeldSeat): void {
    const { session } = this.#link;
    if (session?.chainId !== seat.chainId) return;
    // What is not heard now is said by the next renewal.
    session.request("seat.activity", { leases: [seat.leaseId] }).catch(ignoreRefusal);
  }

  async release(seat: HeldSeat): Promise<void> {
    this.#seats.delete(seat);
    const { session } = this.#link;
    // A daemon that is out of reach gives the seat to others when its time is over.
    const isElsewhere = session !== undefined && session.chainId !== seat.chainId;
    if (!isElsewhere) await this.#acquisitions.giveBack(seat.leaseId);
    // Out of reach, it may never hear of it: then the next process has the seat again.
    if (session !== undefined) await seat.name.forget();
  }

  borrowEnding(borrowed: Borrowed, remaining: Millis): void {
    this.emit("borrowEnding", borrowed, remaining);
  }

  lost(seat: Seat, loss: Loss): void {
    this.emit("lost", seat, loss);
  }

  regained(seat: Seat, loss: Loss): void {
    this.emit("regained", seat, loss);
  }

  expiring(seat: Seat, remaining: Millis): void {
    this.emit("expiring", seat, remaining);
  }

  // What usage asks for.

  online(): Promise<Session> {
    return this.#link.online();
  }

  refused(usage: UsageRecord, error: Error): void {
    this.emit("refused", usage, error);
  }

  // What the link tells.

  connected(session: Session): void {
    const seats = this.#seatsOf(session);
    this.#relocation.arrived(session);
    this.#askAll("seat.resume", session, seats);
    this.#unreached = undefined;
    this.#borrowings.connected(session);
    this.#usage.wake();
    this.#statusWatch.connected();
    this.emit("connected", session.server);
  }

  disconnected(error: ClientError, retryIn: Millis): void {
    this.#acquisitions.room.disconnected();
    this.emit("disconnected", error, retryIn);
  }

  homecoming(home: Session): Promise<boolean> {
    return this.#relocation.prepare(home);
  }

  left(session: Session): void {
    void this.#relocation.leave(session, this.#acquisitions.room.keys, this.#usage.sending);
    this.#acquisitions.room.disconnected();
  }

  contradicted(contradiction: Contradiction): void {
    const { known, evidence = "" } = contradiction;
    const name = `${known} ${evidence}`;
    if (this.#contradicted.has(name)) return;
    this.#contradicted.add(name);
    this.#tell(() => this.emit("contradicted", contradiction));
  }

  notified(notification: Notification, session: Session): void {
    const { method, params } = notification;
    switch (method) {
      case "queue.granted": {
        const { key, lease } = params;
        // From a server that was left for a better one.
        if (session !== this.#link.session) return void giveBackTo(session, lease.id);
        const outcome = { kind: "granted", lease, session, at: this.#now() } as const;
        // Nobody wants it any more: the cancellation crossed the grant on its way.
        if (!this.#acquisitions.room.tell(key, outcome)) void this.#acquisitions.giveBack(lease.id);
        return;
      }
      case "queue.dropped":
        this.#acquisitions.room.tell(params.key, { kind: "dropped", denial: params.denial });
        return;
      case "lease.revoked":
        return this.#refuse(this.#seatOf(params.lease), params);
      case "lease.expiring":
        return this.#seatOf(params.lease)?.warn(params.afterMs);
      case "license.expiring":
        // Also said with the greeting, when nobody can listen yet.
        return this.#tell(() => {
          this.emit("licenseExpiring", params.names, params.endsAt, params.graceUntil);
        });
      case "quota.warning":
        this.emit("quota", params);
        return;
      case "status.changed":
        return this.#statusWatch.changed(params, session);
      case "server.draining":
        this.emit("draining", params.afterMs);
        return;
      // What was denied may be asked again; that is for the application to decide.
      case "license.changed":
      // The wire lets one through only as the first word of a connection.
      case "challenge":
    }
  }

  /** That no server can be reached, and why what is borrowed does not help, if anything is. */
  #withoutServer(cause: ClientError, feature?: string): ClientError {
    const why = this.#borrowings.whyNot(feature);
    if (why === undefined) return cause;
    const { hint = "" } = why;
    return new ClientError(why.code, `${cause.message}, and ${why.message}`, { hint, cause });
  }

  async #takeOwn(wish: SeatWish): Promise<Seat | undefined> {
    const seat = await this.#borrowings.take(wish);
    if (seat !== undefined) this.emit("granted", seat);
    return seat;
  }

  get #ownSeats(): readonly Seat[] {
    return this.#borrowings.seats;
  }

  /** What the daemon may still know. */
  #seatsOf({ chainId }: Session): readonly HeldSeat[] {
    return [...this.#seats].filter((seat) => seat.isResumable && seat.chainId === chainId);
  }

  #woke(span: Millis): void {
    for (const seat of this.#seats) seat.slept(span);
    this.emit("slept", span);
    const { session } = this.#link;
    if (session === undefined) this.#link.retryNow();
    else this.#askAll("seat.renew", session, this.#seatsOf(session));
  }

  #askAll(
    method: "seat.renew" | "seat.resume",
    session: Session,
    seats: readonly HeldSeat[],
  ): void {
    for (let start = 0; start < seats.length; start += LEASES_PER_REQUEST) {
      void this.#ask(method, session, seats.slice(start, start + LEASES_PER_REQUEST));
    }
  }

  #tell(event: () => void): void {
    if (this.#early === undefined) event();
    else this.#early.push(event);
  }

  #seatOf(lease: string): HeldSeat | undefined {
    return [...this.#seats].find((seat) => seat.leaseId === lease);
  }

  #now(): MonoMillis {
    return this.clock.now().mono;
  }

  async #ask(
    method: "seat.renew" | "seat.resume",
    session: Session,
    seats: readonly HeldSeat[],
  ): Promise<void> {
    const leases = seats.map((seat) => seat.leaseId);
    const nonce = freshNonce();
    const from = this.#now();
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
      if (this.#link.session === session) postpone(seats, error);
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
    for (const lost of result.lost) this.#refuse(byLease.get(lost.id), lost);
  }

  /** If it was the computer's sleep that a renewal was missed by, the seat shall say so. */
  #refuse(seat: HeldSeat | undefined, why: Omit<Loss, "final">): void {
    if (why.reason === "LEASE_EXPIRED") this.#sleepWatch?.glance();
    seat?.refuse(why);
  }

  async #reacquire(seat: HeldSeat): Promise<void> {
    try {
      const { wish, name, releasedSignal } = seat;
      seat.confirm(await this.#acquisitions.acquire(wish, name.key, releasedSignal));
    } catch (error) {
      if (error instanceof SeatDeniedError) seat.deny(lossOf(error));
      else if (seat.state !== "released") seat.giveUp();
    }
  }

  async #sayGoodbye(): Promise<void> {
    const farewell = Promise.all([
      this.#usage.drained(),
      ...[...this.#seats].map((seat) => seat.release()),
    ]);
    const isOnline = this.#link.session !== undefined;
    if (isOnline) await within(this.clock, FAREWELL_TIME, farewell);
    this.#sleepWatch?.stop();
    this.#relocation.close();
    this.#statusWatch.close();
    this.#link.close();
    await this.#borrowings.close();
    await this.#usage.close();
  }
}

function lossOf(denied: SeatDeniedError): Omit<Loss, "final"> {
  const { reason, hint = "", ruleId, ruleReason } = denied;
  return {
    reason,
    hint,
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(ruleReason === undefined ? {} : { ruleReason }),
  };
}

/** Resolves with the work, or after `span` without it. */
function within(clock: Clock, span: Millis, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(span, resolve);
    void work.finally(() => {
      timer.cancel();
      resolve();
    });
  });
}

/** The leases that nobody has worked with since their last renewal. */
function quietIn(seats: readonly HeldSeat[]): { readonly quiet?: readonly LeaseId[] } {
  const quiet = seats.filter((seat) => seat.takeQuiet()).map(({ leaseId }) => leaseId);
  return quiet.length === 0 ? {} : { quiet };
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}

/** @throws RangeError. */
function spanOf(count: number): Millis {
  const span = Math.round(count * 86_400_000);
  if (!Number.isFinite(count) || span < SHORTEST_BORROW_MS || count > MOST_DAYS) {
    throw new RangeError(`days must be a number up to ${MOST_DAYS}, and at least a minute`);
  }
  return millis(span);
}

/** As long as a license may allow. */
const MOST_DAYS = 366;

function wishOf(feature: string, options: Omit<AcquireOptions, "signal" | "onQueued">): SeatWish {
  const { version = "0", count = 1, wait = false } = options;
  if (!PRODUCT_NAME.test(feature)) throw new RangeError("not the name of a feature");
  if (!VERSION.test(version)) throw new RangeError("not a version");
  if (!Number.isSafeInteger(count) || count < 1 || count > SEATS_PER_REQUEST) {
    throw new RangeError(`count must be a whole number from 1 to ${SEATS_PER_REQUEST}`);
  }
  const { versionDate } = options;
  const released = versionDate === undefined ? {} : { versionDate: unixMillis(versionDate) };
  return { feature, version, ...released, count, wait };
}

/** What the daemon refused as a whole says nothing about the seats: each is tried again soon. */
function postpone(seats: readonly HeldSeat[], error: ClientError): void {
  const asked = error instanceof SeatDeniedError ? error.retryAfter : undefined;
  const delay = millis(Math.max(asked ?? 0, SHORTEST_POSTPONEMENT));
  for (const seat of seats) seat.postpone(delay);
}
