import type { LeaseId } from "../base/ids.ts";
import type { Moment, MonoMillis } from "../base/time.ts";
import type { OpenSeatTime } from "../base/usage-event.ts";
import { acquire } from "./acquiring.ts";
import { borrow, giveUp, returnBorrowed } from "./borrowing.ts";
import type { AcquireCommand, Command } from "./command.ts";
import {
  cancel,
  disconnect,
  markActive,
  reconnect,
  release,
  renew,
  resume,
  revoke,
} from "./continuing.ts";
import type { Answer, Decision, SeatChange, SeatCut } from "./decision.ts";
import { doWhatIsDue, isMereRenewal, nextDue, serveTheStirred } from "./due.ts";
import { type Explanation, explain } from "./explaining.ts";
import type { FeatureHour } from "./feature-hour.ts";
import type { Lease } from "./lease.ts";
import { setTerms } from "./licensing.ts";
import { editNames } from "./naming.ts";
import { restoreState } from "./restoring.ts";
import { type SeatSpan, seatMillis, spent } from "./seat-time.ts";
import type { SeatSnapshot } from "./snapshot.ts";
import type { SeatState } from "./state.ts";
import type { SeatLimits, SeatTerms } from "./terms.ts";
import { newTurn, type Turn } from "./turn.ts";
import type { FeatureView, SeatSummary, SeatView } from "./view.ts";
import { viewFeatures, viewSeats, viewSummary } from "./viewing.ts";

/**
 * The leases, queues and meters of one vendor's licenses at one site. It decides and applies at
 * once, and remembers how to take back: nothing may be told to anybody before the changes of a
 * decision are durable and `keep` was called. No input or output, no clock, no randomness; the
 * same commands at the same moments give the same decisions.
 */
export class SeatBook {
  readonly #state: SeatState;
  #now: Moment;

  private constructor(state: SeatState, now: Moment) {
    this.#state = state;
    this.#now = now;
  }

  /**
   * The book as the store has it. What fell due since happens at the first decision.
   * @throws RangeError when two pools have one name.
   */
  static restore(
    snapshot: SeatSnapshot,
    terms: SeatTerms,
    limits: SeatLimits,
    now: Moment,
  ): SeatBook {
    return new SeatBook(restoreState(snapshot, terms, limits, now), now);
  }

  /**
   * Does first what was due by `now`, then what is asked. Only renewals do not wait for what else
   * is due, so that they never have anything to write. `now.mono` must not go back.
   * @throws RangeError when a number is out of its range or a lease id is taken: a mistake of the
   * program, which changes nothing.
   */
  decide(command: Command, now: Moment): Decision {
    this.#now = now;
    const { journal } = this.#state;
    const before = journal.length;
    try {
      const turn = newTurn(now);
      this.#state.hours.follow(now, this.#state.features.value);
      if (!isMereRenewal(this.#state, command, turn)) doWhatIsDue(this.#state, turn);
      // New terms also say who is served with the seats that have just come free.
      if (command.kind !== "terms") serveTheStirred(this.#state, turn);
      const answer = this.#obey(command, turn);
      serveTheStirred(this.#state, turn);
      const { changes, events, notices } = turn;
      return { answer, changes, events, notices };
    } catch (error) {
      journal.undoTo(before);
      throw error;
    }
  }

  /**
   * What would be decided for the request now, and why, without changing anything. `now.mono` must
   * not go back.
   */
  explain(asked: AcquireCommand, now: Moment): Explanation {
    const { journal } = this.#state;
    const before = journal.length;
    const then = this.#now;
    try {
      this.decide({ kind: "tick" }, now);
      return explain(this.#state, newTurn(now), asked);
    } finally {
      journal.undoTo(before);
      this.#now = then;
    }
  }

  /** What was decided since the last `keep` is durable and cannot be undone any more. */
  keep(): void {
    this.#state.journal.keep();
    this.#state.sweepClients(this.#now.mono);
    this.#state.ended.prune(this.#now.mono);
    this.#state.denials.prune(this.#now.mono);
    this.#state.hours.prune();
    this.#state.metering.keys.prune();
  }

  /** The commit failed: as if nothing had been asked since the last `keep`. */
  undo(): void {
    this.#state.journal.undoTo(0);
  }

  /**
   * Counts the seat time of open leases up to `now`. Kept or undone like a decision. Decide a
   * `tick` before it in the same group: a lease that has expired is then ended, not cut.
   */
  cut(now: Moment): SeatCut {
    const spans = this.#countOpen(now);
    this.#state.seatTime.cut(now.mono);
    const forgetUsageKeysBefore = this.#state.metering.keysNeededFrom(now.wall);
    this.#state.metering.keys.forgetBefore(forgetUsageKeysBefore);
    return {
      open: seatTimeIn(spans),
      change: { kind: "cut", wall: now.wall, forgetUsageKeysBefore },
      hours: this.takeHours(),
    };
  }

  /** The seat time of open leases that a cut at `now` would count. Changes nothing. */
  openUntil(now: Moment): readonly OpenSeatTime[] {
    const { journal } = this.#state;
    const before = journal.length;
    try {
      return seatTimeIn(this.#countOpen(now));
    } finally {
      journal.undoTo(before);
    }
  }

  /** Whether {@link takeHours} has anything to give. */
  get hasHours(): boolean {
    return !this.#state.hours.isEmpty;
  }

  /**
   * Whether the group that is decided must be written with {@link takeHours} at its end. After a crash
   * the figures since then are counted again from events, which do not tell of new licenses or rules.
   */
  get areHoursDue(): boolean {
    return this.#state.hours.isDue;
  }

  /** What a cut at `now` would add to the history. Changes nothing. */
  hoursUntil(now: Moment): readonly FeatureHour[] {
    const { journal, hours } = this.#state;
    const before = journal.length;
    try {
      this.#countOpen(now);
      return hours.take();
    } finally {
      journal.undoTo(before);
    }
  }

  /**
   * Figures of the history that are not stored yet, to be written with whatever is written next.
   * Kept or undone like a decision.
   */
  takeHours(): readonly SeatChange[] {
    return this.#state.hours.take().map((hour) => ({ kind: "hour-counted", ...hour }));
  }

  /**
   * When a `tick` has something to do; undefined when never. Starts and ends of licenses follow
   * the wall clock, which may jump: tick now and then in any case.
   */
  nextDeadline(): MonoMillis | undefined {
    return nextDue(this.#state);
  }

  /** The live lease of that id as of the last decision. */
  lease(id: LeaseId): Lease | undefined {
    return this.#state.leases.get(id);
  }

  /** Seats per feature as of the last decision, by name; cheap. */
  features(): readonly FeatureView[] {
    return viewFeatures(this.#state);
  }

  /** Features, those who wait and meters as of the last decision; costs a pass over those who wait. */
  summary(now: Moment): SeatSummary {
    return viewSummary(this.#state, now);
  }

  /** Everything as of the last decision; costs a pass over all leases. */
  view(now: Moment): SeatView {
    return viewSeats(this.#state, now);
  }

  /** Tells the history of the seat time of live leases that no cut has counted; by feature. */
  #countOpen(now: Moment): ReadonlyMap<string, readonly SeatSpan[]> {
    const { hours, features } = this.#state;
    hours.follow(now, features.value);
    const spans = new Map<string, SeatSpan[]>();
    for (const lease of this.#state.leases.values()) {
      const span = this.#state.seatTime.span(lease, now.mono);
      if (span.to === span.from) continue;
      const others = spans.get(lease.feature);
      if (others === undefined) spans.set(lease.feature, [span]);
      else others.push(span);
    }
    for (const [name, some] of spans) hours.used(now, this.#state.featureOrNew(name), some);
    return spans;
  }

  #obey(command: Command, turn: Turn): Answer {
    const state = this.#state;
    switch (command.kind) {
      case "acquire":
        return acquire(state, turn, command);
      case "borrow":
        return borrow(state, turn, command);
      case "return":
        return returnBorrowed(state, turn, command.by, command.lease);
      case "give-up":
        return giveUp(state, turn, command.lease);
      case "renew":
        return renew(state, turn, command.by, command.leases, command.quiet);
      case "release":
        return release(state, turn, command.by, command.lease);
      case "resume":
        return resume(state, turn, command.by, command.leases, command.liveInstances);
      case "record": {
        const licensed = state.licensed.value;
        const { by, records } = command;
        const results = records.map((record) => state.metering.record(turn, by, record, licensed));
        return { kind: "recorded", results };
      }
      case "activity":
        return markActive(state, turn, command.by, command.leases);
      case "name-user":
      case "unname-user":
        return editNames(state, turn, command);
      case "cancel":
        return cancel(state, turn, command.by, command.key);
      case "disconnect":
        return disconnect(state, turn, command.by);
      case "reconnect":
        return reconnect(state, turn, command.by);
      case "revoke":
        return revoke(state, turn, command.lease);
      case "tick":
        return { kind: "done" };
      case "terms":
        setTerms(state, turn, command);
        return { kind: "done" };
    }
  }
}

/** Per feature, ascending by name. */
function seatTimeIn(spans: ReadonlyMap<string, readonly SeatSpan[]>): readonly OpenSeatTime[] {
  const open = [...spans].map(([feature, some]) => {
    const sum = some.reduce((so, span) => so + spent(span), 0);
    return { feature, seatMillis: seatMillis(sum) };
  });
  return open.toSorted((one, other) => (one.feature < other.feature ? -1 : 1));
}
