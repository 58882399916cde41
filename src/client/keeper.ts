import { EventEmitter } from "node:events";
import type { LeaseId } from "../base/ids.ts";
import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { SleepWatch } from "../clock/sleep-watch.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { FeatureStatus } from "../protocol/results.ts";
import { Acquisitions } from "./acquisition.ts";
import { Borrowings, type BorrowingsListener } from "./borrowings.ts";
import { spanOf, wishOf } from "./checked-options.ts";
import { Claims } from "./claims.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Borrowed } from "./held-ticket.ts";
import { Link, type LinkListener, type OpenSession } from "./link.ts";
import { giveBackTo, Relocation } from "./relocation.ts";
import { Renewals } from "./renewals.ts";
import { HeldSeat, type Loss, type Seat, type SeatDesk } from "./seat.ts";
import type { SeatMemory } from "./seat-memory.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { AcquireOptions, BorrowOptions, Seatkeeper, SeatkeeperEvents } from "./seatkeeper.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Session } from "./session.ts";
import type { Spool } from "./spool.ts";
import { type StatusListener, StatusWatch } from "./status-watch.ts";
import type { TicketOwner } from "./ticket-proof.ts";
import type { ReturnOutcome } from "./ticket-requests.ts";
import type { TicketStore } from "./ticket-store.ts";
import type { Usage } from "./usage.ts";
import { type UsageDesk, UsageQueue } from "./usage-queue.ts";
import type { Contradiction, Superseded } from "./witness.ts";

/** How long `close` waits for answers. */
const FAREWELL_TIME: Millis = millis(3_000);

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
  readonly #renewals: Renewals;
  readonly #borrowings: Borrowings;
  /** Why there was no connection from the first; `undefined` once there was one. */
  #unreached: ClientError | undefined;
  readonly #statusWatch: StatusWatch;
  /** What was heard before the application had the keeper; undefined from then on. */
  #early: (() => void)[] | undefined = [];
  /** What the application was told of. */
  readonly #toldOf = new Set<string>();
  /** Features of seats that the ledger did not tell of. */
  readonly #untold = new Set<string>();
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
    this.#renewals = new Renewals({
      clock,
      link: this.#link,
      suspectSleep: () => this.#sleepWatch?.glance(),
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

  async borrow(feature: string, options: BorrowOptions): Promise<Borrowed> {
    const span = spanOf(options);
    const { wait: _, ...wish } = wishOf(feature, options);
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
    if (session?.chainId === seat.chainId) this.#renewals.ask("seat.renew", session, [seat]);
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
    this.#renewals.ask("seat.resume", session, seats);
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
    if (this.#toldOf.has(name)) return;
    this.#toldOf.add(name);
    this.#tell(() => this.emit("contradicted", contradiction));
  }

  superseded(superseded: Superseded): void {
    const name = `${superseded.number} ${superseded.known.join(" ")}`;
    if (this.#toldOf.has(name)) return;
    this.#toldOf.add(name);
    this.#tell(() => this.emit("superseded", superseded));
  }

  untold(feature: string): void {
    if (this.#untold.has(feature)) return;
    this.#untold.add(feature);
    this.#tell(() => this.emit("untold", feature));
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
        return this.#renewals.refuse(this.#seatOf(params.lease), params);
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
        return session.greetAnew();
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
    else this.#renewals.ask("seat.renew", session, this.#seatsOf(session));
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
      this.#borrowings.reviewed(),
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

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}
