import { EventEmitter } from "node:events";
import type { DenialReason } from "../base/denial.ts";
import type { ChainId, LeaseId } from "../base/ids.ts";
import { after, between, type Millis, type MonoMillis, millis, monoMillis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { SeatName } from "./seat-memory.ts";
import type { SeatWish } from "./seat-wish.ts";

/** Why a seat is not ours any more. */
export interface Loss {
  /** A denial reason of docs/ERRORS.md; `LEASE_EXPIRED` also when the server was out of reach for too long. */
  readonly reason: DenialReason;
  /** What the user can do next. */
  readonly hint: string;
  /** The rule of the site that took it, if one did, and the administrator's words for it. */
  readonly ruleId?: string;
  readonly ruleReason?: string;
  /** How long the computer slept, when that is why. */
  readonly slept?: Millis;
  /** True when nothing more is tried: `regained` will not follow. */
  readonly final: boolean;
}

/** What a seat tells its application. */
export interface SeatEvents {
  /** The seat is not valid any more. Said a second time only to say that it is final. */
  lost: [loss: Loss];
  /** The seat is valid again after that loss, perhaps under another lease id. */
  regained: [loss: Loss];
  /** Renewals do not come through: the seat will be lost in so many milliseconds. Once per outage. */
  expiring: [remaining: Millis];
}

/** A seat of a feature, renewed in the background until it is released. */
export interface Seat extends EventEmitter<SeatEvents> {
  readonly feature: string;
  /** As asked for; `0` when none was. */
  readonly version: string;
  readonly count: number;
  /** Of the present or last lease. */
  readonly leaseId: LeaseId;
  readonly state: "held" | "lost" | "released";
  /** Why the seat is lost; `undefined` while it is held. */
  readonly loss: Loss | undefined;
  /** How long the seat stays valid if the server is never heard again; 0 when it is not held. */
  readonly remaining: Millis;
  /**
   * Somebody works with the application: call it at input, as often as you like. From the first call on
   * the server is told at each renewal whether anybody worked, and where the site takes idle seats back
   * the seat is `lost` with `LEASE_IDLE` when nobody does for long enough. An application that never
   * calls it is never idle. It costs nothing; after a quiet time it sends one message.
   */
  active(): void;
  /**
   * Gives the seat back; a second call does nothing. Resolves when the daemon knows, or at once
   * when it is out of reach: it will be told on the next connection.
   */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a proven lease note gives, counted from the moment its request was sent. */
export interface Grant {
  readonly leaseId: LeaseId;
  /** The ledger of the daemon that granted it. */
  readonly chainId: ChainId;
  readonly from: MonoMillis;
  readonly leaseTime: Millis;
  readonly offlineGrace: Millis;
}

/** What a seat needs from the keeper that made it. */
export interface SeatDesk {
  readonly clock: Clock;
  /** Asks for a renewal, if there is a connection; the answer comes by `confirm`, `refuse` or `postpone`. */
  renew(seat: HeldSeat): void;
  /** Asks for the same under the same name after the lease is gone; the answer comes by `confirm` or `deny`. */
  reacquire(seat: HeldSeat): void;
  release(seat: HeldSeat): Promise<void>;
  /** Says at once, if there is a connection, that somebody works with the seat again. */
  active(seat: HeldSeat): void;
  lost(seat: Seat, loss: Loss): void;
  regained(seat: Seat, loss: Loss): void;
  expiring(seat: Seat, remaining: Millis): void;
}

/** The lease is gone without anybody's will: asking anew is what its user wants. */
const RECOVERABLE: ReadonlySet<DenialReason> = new Set(["LEASE_EXPIRED", "LEASE_UNKNOWN"]);

const OFFLINE_HINT = "the license server is out of reach; the seat comes back when it answers";

const SLEPT_HINT =
  "the computer slept for longer than the lease; the seat is being asked for again";

/** The life of one seat: renewals, deadlines, loss and return. */
export class HeldSeat extends EventEmitter<SeatEvents> implements Seat {
  readonly wish: SeatWish;
  /** Under which it is asked for, at whichever daemon and by whichever process. */
  readonly name: SeatName;
  readonly #desk: SeatDesk;
  #grant: Grant;
  #state: "held" | "lost" | "released" = "held";
  #loss: Loss | undefined;
  #isReacquiring = false;
  #renewal: Timer | undefined;
  #deadlines: readonly Timer[] = [];
  readonly #released = new AbortController();
  /** What the application says of the work with it; nothing as long as it is not watched. */
  #work = { isWatched: false, since: false, saidQuiet: false };

  constructor(wish: SeatWish, name: SeatName, grant: Grant, desk: SeatDesk) {
    super();
    this.wish = wish;
    this.name = name;
    this.#desk = desk;
    this.#grant = grant;
    this.#schedule();
  }

  get feature(): string {
    return this.wish.feature;
  }

  get version(): string {
    return this.wish.version;
  }

  get count(): number {
    return this.wish.count;
  }

  get leaseId(): LeaseId {
    return this.#grant.leaseId;
  }

  get state(): "held" | "lost" | "released" {
    return this.#state;
  }

  get loss(): Loss | undefined {
    return this.#loss;
  }

  get remaining(): Millis {
    if (this.#state !== "held") return millis(0);
    return between(this.#desk.clock.now().mono, this.#end());
  }

  get chainId(): ChainId {
    return this.#grant.chainId;
  }

  /** When its daemon, as far as we know, gives the seat to others. */
  get leaseEnd(): MonoMillis {
    return after(this.#grant.from, this.#grant.leaseTime);
  }

  /** A lease that the daemon may still know, and that we want. */
  get isResumable(): boolean {
    return this.#state !== "released" && !this.#isReacquiring && this.#loss?.final !== true;
  }

  /** Ends a request that asks for this seat anew. */
  get releasedSignal(): AbortSignal {
    return this.#released.signal;
  }

  active(): void {
    if (this.#state === "released") return;
    const comesBack = this.#work.saidQuiet;
    this.#work = { isWatched: true, since: true, saidQuiet: false };
    if (comesBack && this.#state === "held") this.#desk.active(this);
  }

  /**
   * Whether the renewal that is sent now must say that nobody has worked since the last one. Asked once
   * for each renewal.
   */
  takeQuiet(): boolean {
    const { isWatched, since } = this.#work;
    const isQuiet = isWatched && !since;
    this.#work = { isWatched, since: false, saidQuiet: isQuiet };
    return isQuiet;
  }

  /** The renewal may not have come through, and with it the word that somebody works. */
  renewalUnheard(): void {
    const { since, saidQuiet } = this.#work;
    this.#work = { ...this.#work, since: since || !saidQuiet };
  }

  async release(): Promise<void> {
    if (this.#state === "released") return;
    const mayHaveLease = this.isResumable;
    this.#state = "released";
    this.#loss = undefined;
    this.#cancelTimers();
    this.#released.abort();
    await (mayHaveLease ? this.#desk.release(this) : this.name.forget());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The daemon says that the seat is ours for another lease time. */
  confirm(grant: Grant): void {
    if (this.#state === "released") return;
    const loss = this.#loss;
    this.#grant = grant;
    this.#state = "held";
    this.#loss = undefined;
    this.#isReacquiring = false;
    this.#schedule();
    if (loss === undefined) return;
    this.emit("regained", loss);
    this.#desk.regained(this, loss);
  }

  /**
   * The daemon says that our lease is over. It may say so twice, unasked and in answer to a renewal,
   * which is no word about the seat that is asked for by then.
   */
  refuse(why: Omit<Loss, "final">): void {
    if (!this.#isReacquiring) this.#lose(why, !RECOVERABLE.has(why.reason));
  }

  /** The daemon will not give us the seat anew. */
  deny(why: Omit<Loss, "final">): void {
    this.#lose(why, true);
  }

  #lose({ reason, hint, ruleId, ruleReason }: Omit<Loss, "final">, final: boolean): void {
    if (this.#state === "released" || this.#loss?.final === true) return;
    this.#cancelTimers();
    this.#isReacquiring = !final;
    const isNews = final || this.#state === "held";
    this.#state = "lost";
    const rule = ruleId === undefined ? {} : { ruleId };
    const words = ruleReason === undefined ? {} : { ruleReason };
    const slept = final || this.#loss?.slept === undefined ? {} : { slept: this.#loss.slept };
    this.#loss = { reason, hint, ...rule, ...words, ...slept, final };
    if (isNews) this.#tellLoss(this.#loss);
    if (final) void this.name.forget();
    else this.#desk.reacquire(this);
  }

  /** The computer slept, and our clock stood still while the daemon's went on. */
  slept(span: Millis): void {
    if (this.#state === "released") return;
    this.#grant = { ...this.#grant, from: monoMillis(this.#grant.from - span) };
    if (this.#state !== "held") return;
    this.#schedule();
    if (this.remaining > 0) return;
    this.#cancelTimers();
    this.#runOut({ hint: SLEPT_HINT, slept: span });
  }

  /** The daemon could not renew just now. */
  postpone(delay: Millis): void {
    if (!this.isResumable) return;
    this.#renewal?.cancel();
    this.#renewal = this.#desk.clock.after(delay, () => this.#desk.renew(this));
  }

  /** The daemon announced that it will not renew past `span` from now. */
  warn(span: Millis): void {
    if (this.#state === "held") this.#tellExpiring(millis(Math.min(span, this.remaining)));
  }

  /** It cannot be asked for anew. */
  giveUp(): void {
    if (this.#loss !== undefined) this.deny(this.#loss);
  }

  #schedule(): void {
    this.#cancelTimers();
    const { from, leaseTime } = this.#grant;
    const third = millis(Math.floor(leaseTime / 3));
    this.#renewal = this.#at(after(from, third), () => this.#desk.renew(this));
    this.#deadlines = [
      this.#at(after(from, millis(2 * third)), () => this.#tellExpiring(this.remaining)),
      this.#at(this.#end(), () => this.#runOut({ hint: OFFLINE_HINT })),
    ];
  }

  #at(moment: MonoMillis, run: () => void): Timer {
    const { clock } = this.#desk;
    return clock.after(between(clock.now().mono, moment), run);
  }

  #end(): MonoMillis {
    const { from, leaseTime, offlineGrace } = this.#grant;
    return after(after(from, leaseTime), offlineGrace);
  }

  /** Nobody renewed in time. The daemon may still know the lease: a resume or renewal asks it. */
  #runOut(why: Pick<Loss, "hint" | "slept">): void {
    if (this.#state !== "held") return;
    this.#state = "lost";
    this.#loss = { reason: "LEASE_EXPIRED", ...why, final: false };
    this.#tellLoss(this.#loss);
  }

  #tellLoss(loss: Loss): void {
    this.emit("lost", loss);
    this.#desk.lost(this, loss);
  }

  #tellExpiring(remaining: Millis): void {
    this.emit("expiring", remaining);
    this.#desk.expiring(this, remaining);
  }

  #cancelTimers(): void {
    this.#renewal?.cancel();
    for (const timer of this.#deadlines) timer.cancel();
    this.#deadlines = [];
  }
}
