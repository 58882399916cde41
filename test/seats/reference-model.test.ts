import fc from "fast-check";
import { describe, it } from "vitest";
import { minutes } from "../../src/base/time.ts";
import type { Command } from "../../src/seats/command.ts";
import type { SeatLimits, SeatTerms } from "../../src/seats/terms.ts";
import { noon } from "./given.ts";
import { expectSame } from "./laws/laws.ts";
import { Model } from "./reference/model.ts";
import { anyCrowdedTerms, anyTerms } from "./reference/settings.ts";
import { type Ask, anyAsk, anyCrowdedAsk, commandOf } from "./reference/steps.ts";
import { inShort, toldBy, WatchedBook } from "./reference/watched-book.ts";

const LIMITS: Partial<SeatLimits> = {
  queueLength: 4,
  overtakings: 2,
  leasesPerClient: 5,
  endMemory: minutes(5),
};

/** Histories of some dozens of steps each; more of them by hand, see tools/mutants.mjs. */
const RUNS = Number(process.env["SEATKEEPER_MODEL_RUNS"] ?? 150);
/** Whether a history that shows a difference is made short: slow, and only for people to read. */
const SHRINKS = process.env["SEATKEEPER_MODEL_SHRINK"] !== "no";

/** Somebody asks for something, and the disk takes it or does not. */
class Asking implements fc.Command<Model, WatchedBook> {
  readonly ask: Ask;
  readonly isWritten: boolean;

  constructor(ask: Ask, isWritten: boolean) {
    this.ask = ask;
    this.isWritten = isWritten;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, book: WatchedBook): void {
    const command = commandOf(this.ask, model.issue(), model.parties);
    const foretold = command.kind === "acquire" ? book.explain(command) : undefined;
    const expected = this.isWritten ? model.obey(command) : model.inVain(command);
    const decision = this.isWritten ? book.obey(command) : book.inVain(command);
    expectSame(inShort(decision.answer), expected);
    if (foretold !== undefined) expectSame(foretold.answer, decision.answer);
    if (this.isWritten) expectSame(toldBy(decision), model.told);
    expectAgreement(model, book);
  }

  toString(): string {
    return `${this.isWritten ? "" : "in vain "}${JSON.stringify(this.ask)}`;
  }
}

class Reread implements fc.Command<Model, WatchedBook> {
  readonly command: Command;

  constructor(terms: SeatTerms) {
    this.command = { kind: "terms", ...terms };
  }

  check(): boolean {
    return true;
  }

  run(model: Model, book: WatchedBook): void {
    model.obey(this.command);
    expectSame(toldBy(book.obey(this.command)), model.told);
    expectAgreement(model, book);
  }

  toString(): string {
    return JSON.stringify(this.command);
  }
}

class Passing implements fc.Command<Model, WatchedBook> {
  readonly milliseconds: number;
  readonly jump: number;

  constructor(milliseconds: number, jump: number) {
    this.milliseconds = milliseconds;
    this.jump = jump;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, book: WatchedBook): void {
    model.pass(this.milliseconds, this.jump);
    book.pass(this.milliseconds, this.jump);
  }

  toString(): string {
    return `${this.milliseconds} ms later${this.jump === 0 ? "" : `, the clock set by ${this.jump}`}`;
  }
}

class Restart implements fc.Command<Model, WatchedBook> {
  check(): boolean {
    return true;
  }

  run(model: Model, book: WatchedBook): void {
    model.restart();
    book.restart();
    expectAgreement(model, book);
  }

  toString(): string {
    return "restart";
  }
}

function expectAgreement(model: Model, book: WatchedBook): void {
  expectSame(book.leases, model.leases);
  expectSame(book.queue, model.queue);
  expectSame(book.used, model.used);
}

const asking = (ask: fc.Arbitrary<Ask>): fc.Arbitrary<Asking> =>
  fc.tuple(ask, fc.nat(11)).map(([what, luck]) => new Asking(what, luck > 0));

const passing = (most: number): fc.Arbitrary<Passing> =>
  fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.nat(5_000) },
        { weight: 4, arbitrary: fc.constantFrom(5_000, 15_000, 30_000, 40_000, 60_000, 90_000) },
        { weight: 1, arbitrary: fc.nat(400_000) },
      ),
      fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -1_200_000, max: 1_200_000 }) },
      ),
    )
    .map(([milliseconds, jump]) => new Passing(Math.min(milliseconds, most), jump));

type Steps = fc.Arbitrary<Iterable<fc.Command<Model, WatchedBook>>>;

/** Mostly requests; seldom do licenses and rules change, or the daemon restarts. */
function history(ask: fc.Arbitrary<Ask>, terms: fc.Arbitrary<SeatTerms>, most: number): Steps {
  return fc.commands<Model, WatchedBook>(
    [
      ...Array.from({ length: 20 }, () => asking(ask)),
      ...Array.from({ length: 5 }, () => passing(most)),
      terms.map((changed) => new Reread(changed)),
      fc.constant(new Restart()),
    ],
    { maxCommands: 120, size: "max" },
  );
}

function expectTheSame(terms: fc.Arbitrary<SeatTerms>, steps: Steps, numRuns: number): void {
  fc.assert(
    fc.property(terms, steps, (first, commands) => {
      const site = () => ({
        model: new Model(first, LIMITS, noon.wall, noon.mono),
        real: new WatchedBook(first, LIMITS),
      });
      fc.modelRun(site, commands);
    }),
    { numRuns, endOnFailure: !SHRINKS },
  );
}

describe("whatever happens at a site, the engine and a model of plain lists agree", () => {
  it("on who holds what, who waits in which order, what is answered and who is told", () => {
    expectTheSame(anyTerms, history(anyAsk, anyTerms, Infinity), RUNS);
  }, 240_000);

  it("also where many want what few can have, and who is overtaken goes first in the end", () => {
    expectTheSame(anyCrowdedTerms, history(anyCrowdedAsk, anyCrowdedTerms, 20_000), RUNS);
  }, 240_000);
});
