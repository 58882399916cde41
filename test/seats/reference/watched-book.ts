// The engine as it is, with a store beside it, seen in the words of the reference model.

import { type Moment, monoMillis, unixMillis } from "../../../src/base/time.ts";
import { SeatBook } from "../../../src/seats/book.ts";
import type { Command } from "../../../src/seats/command.ts";
import type { Answer, Decision, Notice } from "../../../src/seats/decision.ts";
import type { Explanation } from "../../../src/seats/explaining.ts";
import { EMPTY_SNAPSHOT } from "../../../src/seats/snapshot.ts";
import { DEFAULT_SEAT_LIMITS, type SeatLimits, type SeatTerms } from "../../../src/seats/terms.ts";
import { noon } from "../given.ts";
import { MapStore } from "../laws/map-store.ts";
import { comparable } from "./comparable.ts";
import type { Expected } from "./expected.ts";

export class WatchedBook {
  readonly #limits: SeatLimits;
  readonly #store = new MapStore();
  #terms: SeatTerms;
  #now: Moment = noon;
  #book: SeatBook;

  constructor(terms: SeatTerms, limits: Partial<SeatLimits>) {
    this.#limits = { ...DEFAULT_SEAT_LIMITS, ...limits };
    this.#terms = terms;
    this.#book = SeatBook.restore(EMPTY_SNAPSHOT, terms, this.#limits, noon);
  }

  pass(milliseconds: number, jump = 0): void {
    this.#now = {
      wall: unixMillis(this.#now.wall + milliseconds + jump),
      mono: monoMillis(this.#now.mono + milliseconds),
    };
  }

  obey(command: Command): Decision {
    const decision = this.#book.decide(command, this.#now);
    for (const change of decision.changes) this.#store.write(change);
    if (command.kind === "terms") this.#terms = command;
    this.#book.keep();
    return decision;
  }

  inVain(command: Command): Decision {
    const decision = this.#book.decide(command, this.#now);
    this.#book.undo();
    return decision;
  }

  /** What `seatkeeper why` says of it. */
  explain(command: Extract<Command, { readonly kind: "acquire" }>): Explanation {
    return this.#book.explain(command, this.#now);
  }

  /** Only what the store was told is there afterwards. */
  restart(): void {
    const snapshot = this.#store.snapshot(this.#now.wall);
    this.#book = SeatBook.restore(snapshot, this.#terms, this.#limits, this.#now);
  }

  /** Who holds what, by id. */
  get leases(): readonly object[] {
    const { leases } = this.#book.view(this.#now);
    return comparable(leases.map((lease) => ({ ...lease, hasSeats: lease.seatSince !== null })));
  }

  /** Who waits, feature by feature, in order. */
  get queue(): readonly object[] {
    return this.#book
      .view(this.#now)
      .queue.map(({ feature, client, key, overtaken, connected, position }) => ({
        feature,
        client,
        key,
        overtaken,
        connected,
        position,
      }));
  }

  /** Seats in use by feature; a feature in no license is told only while it has some. */
  get used(): Readonly<Record<string, number>> {
    const features = this.#book.features().filter(({ used }) => used > 0);
    return Object.fromEntries(features.map(({ name, used }) => [name, used]));
  }
}

/** The engine's answer, as far as the model has an opinion. */
export function inShort(answer: Answer): Expected {
  switch (answer.kind) {
    case "granted":
      return { kind: "granted", lease: answer.lease.id };
    case "queued":
      return { kind: "queued", position: answer.position };
    case "denied": {
      const { reason, ruleId, queuePosition: position, holders } = answer.denial;
      return {
        kind: "denied",
        reason,
        ...(ruleId === undefined ? {} : { ruleId }),
        ...(position === undefined ? {} : { position }),
        ...(holders === undefined ? {} : { holders }),
      };
    }
    case "renewed":
      return {
        kind: "renewed",
        kept: answer.leases.map(({ id }) => id),
        lost: answer.lost.map(({ lease, reason }) => `${lease} ${reason}`),
      };
    case "borrowed":
      return { kind: "borrowed", lease: answer.lease.id };
    case "recorded":
    case "listed":
    case "done":
      return { kind: "done" };
  }
}

/** Who is told what, in any order. */
export function toldBy({ notices }: Decision): readonly string[] {
  return notices.map(inWords).toSorted();
}

function inWords(notice: Notice): string {
  switch (notice.kind) {
    case "granted":
      return `granted ${notice.lease.id}`;
    case "queue-dropped":
      return `queue-dropped ${notice.key} ${notice.denial.reason}`;
    case "quota":
      return "quota";
    case "revoked":
    case "expired":
    case "idle":
      return `${notice.kind} ${notice.lease}`;
  }
}
