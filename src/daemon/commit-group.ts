import type { Moment } from "../base/time.ts";
import type { NewUsageEvent } from "../base/usage-event.ts";
import type { Clock } from "../clock/clock.ts";
import type { LeaseNote } from "../license/lease-note.ts";
import type { SeatBook } from "../seats/book.ts";
import type { Command } from "../seats/command.ts";
import type { Answer, Decision, Notice, SeatChange } from "../seats/decision.ts";
import { type Departure, departure, leaveTogether } from "./departure.ts";
import { DaemonError } from "./errors.ts";
import { isFatal } from "./failure-kind.ts";

const stopping = (): DaemonError => new DaemonError("DAEMON_STOPPING", "the daemon is stopping");

/** What a group of decisions leaves on disk. */
export interface Writes {
  readonly changes: readonly SeatChange[];
  readonly events: readonly NewUsageEvent[];
}

/** Told instead of an answer when the disk refused the writes: nothing of the request happened. */
interface NotWritten {
  readonly kind: "not-written";
}

export interface CommitGroupParts {
  readonly book: SeatBook;
  readonly clock: Clock;
  readonly now: () => Moment;
  /**
   * Makes the writes of a group durable, and sealed where the license demands it. `refused` means
   * that nothing was kept; any other failure is thrown and ends the process.
   */
  readonly commit: (writes: Writes) => Promise<"kept" | "refused">;
  /** What was decided is durable, or was never done. Called before the answers leave. */
  readonly settled: () => void;
  /** What is to be told to whom. */
  readonly notify: (notices: readonly Notice[]) => readonly Departure[];
  /** A note for each lease, in their order. Called once for each group. */
  readonly sign: (leases: readonly LeaseNote[]) => readonly string[];
  /** Told of each decision when its answer has left. */
  readonly decided: (command: Command, decision: Decision) => void;
  /** Called when all that waited has been served: the next deadline may have moved. */
  readonly idle: () => void;
  /** An answer could not be delivered: what was decided holds all the same. */
  readonly fault: (error: unknown) => void;
  readonly fatal: (error: unknown) => void;
}

export type Outcome = Answer | NotWritten;

export type AnswerTo = (outcome: Outcome) => Departure;

interface Ask {
  readonly kind: "ask";
  readonly command: Command;
  readonly answer: AnswerTo;
}

interface Job {
  readonly kind: "job";
  readonly run: () => Promise<void>;
  readonly refuse: (error: unknown) => void;
}

/** Requests in one transaction; more would only make the first of them wait longer. */
const GROUP_SIZE = 256;

/**
 * Group commit: requests are decided in the order of their arrival, written in one transaction,
 * and answered when it is durable. Those that arrive meanwhile share the next group, so one sync
 * of the disk and one signature serve many clients. Answers and notices leave in the order of the
 * decisions.
 */
export class CommitGroup {
  readonly #parts: CommitGroupParts;
  #inbox: (Ask | Job)[] = [];
  #running = false;
  #dead = false;

  constructor(parts: CommitGroupParts) {
    this.#parts = parts;
  }

  /** `answer` is called once, and what it makes leaves; never after a fatal failure. */
  ask(command: Command, answer: AnswerTo): void {
    this.#enqueue({ kind: "ask", command, answer });
  }

  /** Runs `work` with no group before its end. Rejects with what `work` throws. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        kind: "job",
        run: async () => resolve(await work()),
        refuse: reject,
      });
    });
  }

  /** Refuses everything from now on, also what waits. */
  die(): void {
    this.#dead = true;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const entry of waiting) if (entry.kind === "job") entry.refuse(stopping());
  }

  #enqueue(entry: Ask | Job): void {
    if (this.#dead) {
      if (entry.kind === "job") entry.refuse(stopping());
      return;
    }
    this.#inbox.push(entry);
    if (this.#running) return;
    this.#running = true;
    // After the sockets that are readable now: their requests belong to the same group.
    this.#parts.clock.soon(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#inbox.length > 0) {
        const job = this.#takeJob();
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        await (job === undefined ? this.#group(this.#takeAsks()) : this.#alone(job));
      }
      this.#running = false;
      // The last job may have been followed by the end: nothing is planned after it.
      if (!this.#dead) this.#parts.idle();
    } catch (error) {
      this.die();
      this.#parts.fatal(error);
    }
  }

  #takeJob(): Job | undefined {
    const [first] = this.#inbox;
    if (first?.kind !== "job") return undefined;
    this.#inbox.shift();
    return first;
  }

  #takeAsks(): readonly Ask[] {
    const end = this.#inbox.findIndex((entry, at) => entry.kind === "job" || at === GROUP_SIZE);
    const taken = this.#inbox.splice(0, end < 0 ? this.#inbox.length : end);
    return taken.filter((entry) => entry.kind === "ask");
  }

  async #alone(job: Job): Promise<void> {
    try {
      await job.run();
    } catch (error) {
      job.refuse(error);
      if (isFatal(error)) throw error;
    }
  }

  async #group(asks: readonly Ask[]): Promise<void> {
    const { book } = this.#parts;
    const now = this.#parts.now();
    const decisions = asks.map((ask) => book.decide(ask.command, now));
    const writes = this.#withHours(together(decisions));
    if (!isEmpty(writes) && (await this.#parts.commit(writes)) === "refused") {
      book.undo();
      this.#withoutDisk(asks, now);
      return;
    }
    book.keep();
    this.#parts.settled();
    this.#leave(asks.flatMap((ask, index) => this.#departures(ask, decisions[index])));
  }

  /** The figures of the history that a crash would falsify; others wait for the next block. */
  #withHours({ changes, events }: Writes): Writes {
    const { book } = this.#parts;
    const hours = book.areHoursDue ? book.takeHours() : [];
    return { changes: [...changes, ...hours], events };
  }

  /** The disk is full or read-only: what needs no disk, renewals above all, goes on. */
  #withoutDisk(asks: readonly Ask[], now: Moment): void {
    this.#parts.settled();
    const departures = asks.flatMap((ask) => {
      const decision = this.#parts.book.decide(ask.command, now);
      if (isEmpty(decision)) {
        this.#parts.book.keep();
        return this.#departures(ask, decision);
      }
      this.#parts.book.undo();
      return [ask.answer({ kind: "not-written" })];
    });
    this.#leave(departures);
  }

  #departures(ask: Ask, decision: Decision | undefined): readonly Departure[] {
    if (decision === undefined) return [];
    const { notify, decided, fault } = this.#parts;
    try {
      const answer = ask.answer(decision.answer);
      const notices = decision.notices.length > 0 ? notify(decision.notices) : [];
      return [answer, ...notices, departure(() => decided(ask.command, decision))];
    } catch (error) {
      fault(error);
      return [];
    }
  }

  #leave(departures: readonly Departure[]): void {
    leaveTogether(departures, this.#parts.sign, this.#parts.fault);
  }
}

function together(decisions: readonly Decision[]): Writes {
  return {
    changes: decisions.flatMap((decision) => decision.changes),
    events: decisions.flatMap((decision) => decision.events),
  };
}

const isEmpty = ({ changes, events }: Writes): boolean =>
  changes.length === 0 && events.length === 0;
