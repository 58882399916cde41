import { type Moment, minutes, monoMillis, unixMillis } from "../../../src/base/time.ts";
import { SeatBook } from "../../../src/seats/book.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Decision } from "../../../src/seats/decision.ts";
import type { Lease } from "../../../src/seats/lease.ts";
import { EMPTY_SNAPSHOT } from "../../../src/seats/snapshot.ts";
import { DEFAULT_SEAT_LIMITS, type SeatLimits, type SeatTerms } from "../../../src/seats/terms.ts";
import { noon } from "../given.ts";
import { type Ask, commandOf, TERMS, TICK } from "./asks.ts";
import { HourWitness } from "./hour-witness.ts";
import {
  expectForgotten,
  expectLent,
  expectNotOversold,
  expectOthersUntouched,
  expectQueueInOrder,
  expectRules,
  expectSame,
  expectSharing,
  expectStored,
  expectTokens,
  expectWithin,
} from "./laws.ts";
import { MapStore } from "./map-store.ts";
import { OvertakingWitness } from "./overtaking-witness.ts";
import { SeatTimeWitness } from "./seat-time-witness.ts";

const LIMITS: SeatLimits = {
  ...DEFAULT_SEAT_LIMITS,
  queueLength: 4,
  overtakings: 2,
  leasesPerClient: 5,
  clockSkew: minutes(1),
};

/** A site under watch: a book, its twin that is undone before each keep, a store, and witnesses. */
export class Site {
  readonly #store = new MapStore();
  readonly #seatTime = new SeatTimeWitness();
  readonly #hours = new HourWitness();
  readonly #overtaking = new OvertakingWitness(LIMITS.overtakings);
  readonly #keys = new Map<string, number>();
  #minutes = 0;
  #terms: SeatTerms = TERMS[0];
  #book: SeatBook = SeatBook.restore(EMPTY_SNAPSHOT, this.#terms, LIMITS, noon);
  #twin: SeatBook = SeatBook.restore(EMPTY_SNAPSHOT, this.#terms, LIMITS, noon);
  #now: Moment = noon;
  #issued = 1;
  #isSettled = true;

  wait(milliseconds: number): void {
    this.#now = {
      wall: unixMillis(this.#now.wall + milliseconds),
      mono: monoMillis(this.#now.mono + milliseconds),
    };
  }

  /** One commit group. The twin decides it twice, and must come to the same. */
  ask(asks: readonly Ask[], isWritten: boolean): void {
    const commands = asks.map((ask, index) => commandOf(ask, this.#issued + index, this.#now.wall));
    this.#issued += commands.length;
    const untouched = this.#twin.view(this.#now);
    const deadline = this.#twin.nextDeadline();
    const first = commands.map((command) => this.#twin.decide(command, this.#now));
    this.#twin.undo();
    for (const command of commands) {
      if (command.kind === "acquire") this.#twin.explain(command, this.#now);
    }
    expectSame(this.#twin.view(this.#now), untouched);
    expectSame(this.#twin.nextDeadline(), deadline);
    if (!isWritten) return;
    const second = commands.map((command) => this.#twin.decide(command, this.#now));
    const decisions = commands.map((command) => this.#decide(command));
    if (this.#book.areHoursDue) {
      for (const hours of this.#book.takeHours()) this.#store.write(hours);
      this.#twin.takeHours();
    }
    this.#twin.keep();
    this.#book.keep();
    expectSame(first, decisions);
    expectSame(second, decisions);
    this.#expectTwins();
    this.#expectReplay();
  }

  checkpoint(): void {
    this.ask([TICK], true);
    this.#twin.cut(this.#now);
    this.#twin.undo();
    const cut = this.#book.cut(this.#now);
    expectSame(this.#twin.cut(this.#now), cut);
    for (const change of [cut.change, ...cut.hours]) this.#store.write(change);
    this.#seatTime.seeCut(cut);
    this.#hours.seeCut(cut);
    this.#book.keep();
    this.#twin.keep();
    expectSame(this.#seatTime.claimed, this.#seatTime.due(this.#now));
    this.#hours.expectTold(this.#store.hours);
    this.#isSettled = !this.#seatTime.isUnsure;
  }

  /**
   * Everything in memory is lost. Not again before a checkpoint that found all restored leases
   * claimed or ended: seat time that was in doubt may then be lost, which is no law.
   */
  restart(downtime: number): void {
    if (!this.#isSettled) return;
    this.#isSettled = false;
    const lastAlive = this.#now;
    this.wait(downtime);
    const snapshot = this.#store.snapshot(lastAlive.wall);
    this.#book = SeatBook.restore(snapshot, this.#terms, LIMITS, this.#now);
    this.#twin = SeatBook.restore(snapshot, this.#terms, LIMITS, this.#now);
    this.#overtaking.seeRestart();
    this.#hours.seeRestart();
    this.#seatTime.seeRestart(lastAlive, this.#now);
  }

  #decide(command: Command): Decision {
    const before = this.#book.view(this.#now);
    const decision = this.#book.decide(command, this.#now);
    const after = this.#book.view(this.#now);
    if (command.kind === "terms") this.#terms = command;
    for (const change of decision.changes) this.#store.write(change);
    this.#store.writeEvents(decision.events);
    const seen = { command, decision, now: this.#now, terms: this.#terms, before, after };
    expectNotOversold(seen);
    expectTokens(seen);
    expectSharing(seen);
    expectRules(seen);
    expectLent(seen);
    expectQueueInOrder(seen, LIMITS.overtakings);
    this.#overtaking.see(seen);
    expectOthersUntouched(seen);
    expectStored(seen, this.#store.leases);
    this.#seatTime.see(decision, before.leases, this.#now);
    this.#hours.see(decision, before, after, this.#now.wall);
    this.#countUsage(decision);
    return decision;
  }

  #countUsage({ changes, events }: Decision): void {
    for (const change of changes) {
      if (change.kind !== "usage-key") continue;
      const name = `${change.client} ${change.key}`;
      expectForgotten(this.#keys.get(name), this.#store.forgottenBefore);
      this.#keys.set(name, change.wall);
    }
    for (const event of events) {
      if (event.type !== "usage" && event.type !== "refund") continue;
      if (event.meter !== "render.minutes") continue;
      this.#minutes += event.type === "usage" ? event.units : -event.units;
      expectWithin(this.#minutes, 100);
      // Nobody gets units that were not used.
      expectWithin(-this.#minutes, 0);
    }
  }

  #expectTwins(): void {
    expectSame(this.#twin.view(this.#now), this.#book.view(this.#now));
    expectSame(this.#twin.nextDeadline(), this.#book.nextDeadline());
  }

  /** What a restart would read is what is live, for leases and meters. */
  #expectReplay(): void {
    const snapshot = this.#store.snapshot(this.#now.wall);
    const replayed = SeatBook.restore(snapshot, this.#terms, LIMITS, this.#now).view(this.#now);
    const live = this.#book.view(this.#now);
    expectSame(replayed.leases.map(durable), live.leases.map(durable));
    expectSame(replayed.meters, live.meters);
    expectSame(replayed.tokens, live.tokens);
    expectSame(replayed.named, live.named);
    expectSame(
      replayed.features.map(({ used }) => used),
      live.features.map(({ used }) => used),
    );
  }
}

/** Renewals and activity are in memory alone. */
function durable(lease: Lease): Lease {
  const at = lease.startedAt;
  return { ...lease, expiresAt: at, activeAt: at, idleAt: null, restored: false };
}
