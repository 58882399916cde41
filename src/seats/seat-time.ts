import type { LeaseId } from "../base/ids.ts";
import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import { type Journal, JournaledMap, Slot } from "./journal.ts";
import { endOf, type Lease } from "./lease.ts";

/** Seats that were in use for a stretch of time. */
export interface SeatSpan {
  readonly seats: number;
  /** Whole milliseconds of the monotonic clock, `to` not before `from`. */
  readonly from: number;
  readonly to: number;
}

/**
 * Counts seat time: seats times milliseconds on the monotonic clock, cut at each checkpoint. Each
 * moment of a lease is counted in exactly one cut or in its end. Moments are rounded down before
 * they are subtracted, so that no fraction is lost or counted twice from cut to cut.
 */
export class SeatTime {
  readonly #lastCut: Slot<MonoMillis | undefined>;
  /** Restored leases that nobody has claimed yet: until when they were surely in use. */
  readonly #unclaimed: JournaledMap<LeaseId, MonoMillis>;
  /**
   * Leases claimed after a cut that had stopped short of it: where counting goes on. Not stored:
   * a second crash before the next cut loses that time, in the customer's favour.
   */
  readonly #resumed: JournaledMap<LeaseId, MonoMillis>;

  constructor(journal: Journal) {
    this.#lastCut = new Slot<MonoMillis | undefined>(journal, undefined);
    this.#unclaimed = new JournaledMap(journal);
    this.#resumed = new JournaledMap(journal);
  }

  /** When `lease` had its seats up to `until`, as far as no cut has counted it. */
  span(lease: Lease, until: MonoMillis): SeatSpan {
    const { seatFrom, count: seats } = lease;
    if (seatFrom === null) return { seats, from: 0, to: 0 };
    const from = this.#resumed.get(lease.id) ?? Math.max(seatFrom, this.#lastCut.value ?? seatFrom);
    const sure = this.#unclaimed.get(lease.id) ?? Number.POSITIVE_INFINITY;
    const to = Math.min(until, endOf(lease), sure);
    return { seats, from: Math.floor(from), to: Math.max(Math.floor(from), Math.floor(to)) };
  }

  /** Seat time was counted up to `moment`, for every lease. */
  cut(moment: MonoMillis): void {
    this.#lastCut.set(moment);
    for (const [lease] of this.#resumed.entries()) this.#resumed.delete(lease);
  }

  /** A restored lease counts up to `sure` at most, unless it is claimed. */
  restored(lease: Lease, sure: MonoMillis): void {
    this.#unclaimed.set(lease.id, sure);
  }

  /** Its client has come back: it was in use all the time, also where a cut had its doubts. */
  claimed({ id, seatFrom }: Lease): void {
    const sure = this.#unclaimed.get(id);
    if (sure === undefined) return;
    this.#unclaimed.delete(id);
    const cut = this.#lastCut.value;
    if (cut === undefined || seatFrom === null || cut <= sure) return;
    this.#resumed.set(id, sure > seatFrom ? sure : seatFrom);
  }

  ended(lease: LeaseId): void {
    this.#unclaimed.delete(lease);
    this.#resumed.delete(lease);
  }
}

export const spent = ({ seats, from, to }: SeatSpan): Millis => seatMillis(seats * (to - from));

/** A sum of seat time. Beyond 2^53 (after a wall clock gone astray) it stays there: it is no reason to stop. */
export function seatMillis(value: number): Millis {
  return millis(Math.min(value, Number.MAX_SAFE_INTEGER));
}
