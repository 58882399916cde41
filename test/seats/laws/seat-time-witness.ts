import type { LeaseId } from "../../../src/base/ids.ts";
import type { Moment } from "../../../src/base/time.ts";
import type { Decision, SeatCut } from "../../../src/seats/decision.ts";
import type { Lease, StoredLease } from "../../../src/seats/lease.ts";

interface Watched {
  /** Zero while it shares the seats of another. */
  count: number;
  since: number;
  expiresAt: number;
  /** It lingers or is borrowed: its end is set, and no renewal moves it. */
  isSet: boolean;
  /** After a restart, until the client comes back: no later moment counts. */
  sureUntil: number;
}

const LEASE_TIME = 90_000;

/**
 * Counts seat time in its own way: per lease from its grant to its end, knowing nothing of
 * checkpoints. The engine's ends and cuts must add up to the same.
 */
export class SeatTimeWitness {
  readonly #open = new Map<LeaseId, Watched>();
  #ended = 0;
  #claimed = 0;

  /** Some restored lease has not been renewed yet. */
  get isUnsure(): boolean {
    return [...this.#open.values()].some(({ sureUntil }) => sureUntil < Infinity);
  }

  see({ answer, events, changes }: Decision, before: readonly Lease[], now: Moment): void {
    for (const event of events) {
      if (event.type === "grant") this.#begin(event.lease, event.count, now);
      if (event.type !== "end") continue;
      const idleAt = before.find(({ id }) => id === event.lease)?.idleAt ?? Infinity;
      this.#end(event.lease, event.reason === "expired" ? Infinity : Math.min(now.mono, idleAt));
      this.#claimed += event.seatMillis;
    }
    for (const change of changes) {
      if (change.kind === "lease-changed") this.#change(change.lease, now);
    }
    if (answer.kind === "renewed") for (const lease of answer.leases) this.#renew(lease, now);
    if (answer.kind === "granted") this.#renew(answer.lease, now);
  }

  seeCut({ open }: SeatCut): void {
    for (const { seatMillis } of open) this.#claimed += seatMillis;
  }

  seeRestart(lastAlive: Moment, now: Moment): void {
    for (const lease of this.#open.values()) {
      if (lease.isSet) continue;
      lease.sureUntil = lastAlive.mono + LEASE_TIME;
      lease.expiresAt = now.mono + LEASE_TIME;
    }
  }

  /** What the engine has reported in ends and cuts. */
  get claimed(): number {
    return this.#claimed;
  }

  /** What it should have reported, if its last cut was at `now`. */
  due(now: Moment): number {
    const open = [...this.#open.values()].map(
      ({ count, since, expiresAt, sureUntil }) =>
        count * Math.max(0, Math.min(now.mono, expiresAt, sureUntil) - since),
    );
    return open.reduce((sum, part) => sum + part, this.#ended);
  }

  /** It has got the seats that it shared before, or they linger, or are away. */
  #change({ id, count, seatSince, borrowed, lingersUntil }: StoredLease, now: Moment): void {
    const lease = this.#open.get(id);
    if (lease === undefined) return;
    if (lease.count === 0 && seatSince !== null) {
      lease.count = count;
      lease.since = now.mono;
    }
    const until = lingersUntil ?? borrowed?.until;
    if (until === undefined) return;
    lease.isSet = true;
    lease.expiresAt = now.mono + until - now.wall;
    lease.sureUntil = Infinity;
  }

  #begin(id: LeaseId, count: number, now: Moment): void {
    const expiresAt = now.mono + LEASE_TIME;
    this.#open.set(id, { count, since: now.mono, expiresAt, sureUntil: Infinity, isSet: false });
  }

  #renew({ id }: Lease, now: Moment): void {
    const lease = this.#open.get(id);
    if (lease === undefined) throw new Error("renewed, but never granted");
    if (!lease.isSet) lease.expiresAt = now.mono + LEASE_TIME;
    lease.sureUntil = Infinity;
  }

  #end(id: LeaseId, at: number): void {
    const lease = this.#open.get(id);
    if (lease === undefined) throw new Error("ended, but never granted");
    this.#open.delete(id);
    const until = Math.min(at, lease.expiresAt, lease.sureUntil);
    this.#ended += lease.count * Math.max(0, until - lease.since);
  }
}
