import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minutes } from "../../src/base/time.ts";
import type { Command } from "../../src/seats/command.ts";
import type { SeatLimits, SeatTerms } from "../../src/seats/terms.ts";
import { noon } from "./given.ts";
import { Model } from "./reference/model.ts";
import { type Ask, anyAsk, anyTerms, commandOf } from "./reference/steps.ts";
import { inShort, toldBy, WatchedBook } from "./reference/watched-book.ts";

const LIMITS: Partial<SeatLimits> = {
  queueLength: 4,
  overtakings: 2,
  leasesPerClient: 5,
  endMemory: minutes(5),
};

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
    expect(inShort(decision.answer)).toEqual(expected);
    if (foretold !== undefined) expect(foretold.answer).toEqual(decision.answer);
    if (this.isWritten) expect(toldBy(decision)).toEqual(model.told);
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
    expect(toldBy(book.obey(this.command))).toEqual(model.told);
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
  expect(book.leases).toEqual(model.leases);
  expect(book.queue).toEqual(model.queue);
  expect(book.used).toEqual(model.used);
}

const anyAsking = fc.tuple(anyAsk, fc.nat(11)).map(([ask, luck]) => new Asking(ask, luck > 0));

const anyPassing = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.nat(5_000) },
      { weight: 4, arbitrary: fc.constantFrom(15_000, 30_000, 45_000, 60_000, 90_000, 120_000) },
      { weight: 1, arbitrary: fc.nat(400_000) },
    ),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -1_200_000, max: 1_200_000 }) },
    ),
  )
  .map(([milliseconds, jump]) => new Passing(milliseconds, jump));

const anyHistory = fc.commands<Model, WatchedBook>(
  [
    ...Array.from({ length: 20 }, () => anyAsking),
    ...Array.from({ length: 5 }, () => anyPassing),
    anyTerms.map((terms) => new Reread(terms)),
    fc.constant(new Restart()),
  ],
  { maxCommands: 120, size: "max" },
);

describe("whatever happens at a site, the engine and a model of plain lists agree", () => {
  it("on who holds what, who waits in which order, what is answered and who is told", () => {
    fc.assert(
      fc.property(anyTerms, anyHistory, (terms, history) => {
        const site = () => ({
          model: new Model(terms, LIMITS, noon.wall, noon.mono),
          real: new WatchedBook(terms, LIMITS),
        });
        fc.modelRun(site, history);
      }),
      { numRuns: Number(process.env["RUNS"] ?? 100) },
    );
  }, 120_000);
});
