import { EventEmitter } from "node:events";
import type { LeaseId } from "../base/ids.ts";
import { type Millis, millis, minutes } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { HeldTicket } from "./held-ticket.ts";
import type { Loss, Seat, SeatEvents } from "./seat.ts";
import type { SeatWish } from "./seat-wish.ts";

/** How often a seat that is used looks at the clock, which may be set at any time. */
const GLANCE: Millis = minutes(1);

const OVER_HINT =
  "the borrowed time is over; connect to the license server for a seat of the network";

/** What a borrowed seat needs from whoever keeps its ticket. */
export interface BorrowedSeatDesk {
  readonly clock: Clock;
  /** Nobody uses it here any more. */
  putDown(held: HeldTicket): Promise<void>;
  /** Time was seen: it is kept, so that it does not come again. */
  noteTime(held: HeldTicket): void;
  lost(seat: Seat, loss: Loss): void;
  expiring(seat: Seat, remaining: Millis): void;
}

/** A seat that was taken off the network: it needs no server, and lasts as long as its ticket. */
export class BorrowedSeat extends EventEmitter<SeatEvents> implements Seat {
  readonly feature: string;
  readonly version: string;
  readonly count: number;
  readonly #held: HeldTicket;
  readonly #desk: BorrowedSeatDesk;
  #state: "held" | "lost" | "released" = "held";
  #loss: Loss | undefined;
  #isWarned = false;
  #timer: Timer | undefined;

  constructor(wish: SeatWish, held: HeldTicket, desk: BorrowedSeatDesk) {
    super();
    this.feature = wish.feature;
    this.version = wish.version;
    this.count = wish.count;
    this.#held = held;
    this.#desk = desk;
    this.#look();
  }

  get leaseId(): LeaseId {
    return this.#held.ticket.leaseId;
  }

  get state(): "held" | "lost" | "released" {
    return this.#state;
  }

  get loss(): Loss | undefined {
    return this.#loss;
  }

  get remaining(): Millis {
    return this.#state === "held" ? this.#held.left : millis(0);
  }

  /** No rule of the site ends a borrowed seat for being idle. */
  active(): void {}

  async release(): Promise<void> {
    if (this.#state === "released") return;
    this.#state = "released";
    this.#loss = undefined;
    this.#timer?.cancel();
    await this.#desk.putDown(this.#held);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** It is not ours any more, by the daemon's word or because its time is over. */
  refuse({ reason, hint }: Pick<Loss, "reason" | "hint">): void {
    if (this.#state !== "held") return;
    this.#state = "lost";
    this.#timer?.cancel();
    this.#loss = { reason, hint, final: true };
    this.emit("lost", this.#loss);
    this.#desk.lost(this, this.#loss);
    void this.#desk.putDown(this.#held);
  }

  #look(): void {
    const { left, isEnding } = this.#held;
    this.#desk.noteTime(this.#held);
    if (left === 0) return this.refuse({ reason: "LEASE_EXPIRED", hint: OVER_HINT });
    if (!isEnding) this.#isWarned = false;
    if (isEnding && !this.#isWarned) {
      this.#isWarned = true;
      this.emit("expiring", left);
      this.#desk.expiring(this, left);
    }
    const wait = millis(Math.min(left, GLANCE));
    this.#timer = this.#desk.clock.after(wait, () => this.#look());
  }
}
