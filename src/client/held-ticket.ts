import type { LeaseId } from "../base/ids.ts";
import { days, type Millis, millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { BorrowTicket } from "../license/borrow-ticket.ts";
import type { KeptTicket } from "./ticket-file.ts";
import type { ProvenTicket } from "./ticket-proof.ts";
import { TicketTime } from "./ticket-time.ts";

/** A borrowed seat of this computer, as its application sees it. */
export interface Borrowed {
  readonly feature: string;
  /** As asked for; `0` when none was. */
  readonly version: string;
  readonly count: number;
  readonly leaseId: LeaseId;
  /** By the daemon's clock: from the first moment until before the second. */
  readonly from: UnixMillis;
  readonly until: UnixMillis;
  /** 0 when its time is over. */
  readonly remaining: Millis;
  /** Borrowed anew for so long at half of its time, whenever there is a connection; null for never. */
  readonly renewFor: Millis | null;
}

/** A proven ticket while this process knows it. */
export class HeldTicket {
  readonly #clock: Clock;
  #proven: ProvenTicket;
  #kept: KeptTicket;
  #time: TicketTime;
  #seenAt: UnixMillis;
  #noting: Promise<void> = Promise.resolve();
  unlock: (() => Promise<void>) | undefined;
  isWarned = false;

  constructor(proven: ProvenTicket, kept: KeptTicket, clock: Clock) {
    this.#clock = clock;
    this.#proven = proven;
    this.#kept = kept;
    this.#seenAt = kept.seenAt;
    this.#time = new TicketTime(clock, proven.ticket, kept.seenAt);
  }

  /** The file says something else now: a later end, another time that was seen, or that it went back. */
  follow(proven: ProvenTicket, kept: KeptTicket): void {
    const isSame = kept.ticket === this.#kept.ticket;
    const seenAt = isSame ? unixMillis(Math.max(kept.seenAt, this.#seenAt)) : kept.seenAt;
    if (!isSame) this.isWarned = false;
    this.#proven = proven;
    this.#kept = kept;
    this.#seenAt = seenAt;
    this.#time = new TicketTime(this.#clock, proven.ticket, seenAt);
  }

  /** The latest time that is on the disk, or on its way there. */
  get seenAt(): UnixMillis {
    return this.#seenAt;
  }

  /** Ends when that is on the disk. */
  get noting(): Promise<void> {
    return this.#noting;
  }

  noted(seenAt: UnixMillis, noting: Promise<void>): void {
    this.#seenAt = seenAt;
    this.#noting = noting;
  }

  get proven(): ProvenTicket {
    return this.#proven;
  }

  get kept(): KeptTicket {
    return this.#kept;
  }

  get ticket(): BorrowTicket {
    return this.#proven.ticket;
  }

  get now(): UnixMillis {
    return this.#time.now();
  }

  get left(): Millis {
    return this.#time.left(this.ticket);
  }

  get isUsable(): boolean {
    return !this.#kept.isReturned && this.left > 0;
  }

  /** The last tenth of its time, a day at most. */
  get isEnding(): boolean {
    const { from, until } = this.ticket;
    return this.left <= Math.min((until - from) / 10, days(1));
  }

  /** Half of its time is over, and it is to be borrowed anew. */
  get isDue(): boolean {
    const { from, until } = this.ticket;
    return this.#kept.renewFor !== null && this.left <= (until - from) / 2;
  }

  /** How long until something of it is to be told or asked. */
  get untilNews(): Millis {
    const { from, until } = this.ticket;
    const span = until - from;
    const marks = [this.#kept.renewFor === null ? 0 : span / 2, Math.min(span / 10, days(1)), 0];
    const next = marks.map((mark) => this.left - mark).filter((wait) => wait > 0);
    return millis(next.length === 0 ? days(1) : Math.ceil(Math.min(...next)));
  }

  get told(): Borrowed {
    const { feature, version, count, leaseId, from, until } = this.ticket;
    const { renewFor } = this.#kept;
    return { feature, version, count, leaseId, from, until, remaining: this.left, renewFor };
  }
}
