import fc from "fast-check";
import { describe, it } from "vitest";
import { type Ask, anyAsk } from "./laws/asks.ts";
import { Site } from "./laws/site.ts";

/** Nothing is modelled beside the site itself: its witnesses are the model. */
type Model = Record<string, never>;

class Group implements fc.Command<Model, Site> {
  readonly elapsed: number;
  readonly asks: readonly Ask[];
  readonly isWritten: boolean;

  constructor(elapsed: number, asks: readonly Ask[], isWritten: boolean) {
    this.elapsed = elapsed;
    this.asks = asks;
    this.isWritten = isWritten;
  }

  check(): boolean {
    return true;
  }

  run(_model: Model, site: Site): void {
    site.wait(this.elapsed);
    site.ask(this.asks, this.isWritten);
  }

  toString(): string {
    return `after ${this.elapsed}: ${this.isWritten ? "" : "in vain "}${JSON.stringify(this.asks)}`;
  }
}

class Checkpoint implements fc.Command<Model, Site> {
  check(): boolean {
    return true;
  }

  run(_model: Model, site: Site): void {
    site.checkpoint();
  }

  toString(): string {
    return "checkpoint";
  }
}

class Restart implements fc.Command<Model, Site> {
  readonly downtime: number;

  constructor(downtime: number) {
    this.downtime = downtime;
  }

  check(): boolean {
    return true;
  }

  run(_model: Model, site: Site): void {
    site.restart(this.downtime);
  }

  toString(): string {
    return `restart after ${this.downtime}`;
  }
}

const elapsed = fc.oneof(
  { weight: 6, arbitrary: fc.nat(5_000) },
  { weight: 3, arbitrary: fc.constantFrom(0, 30_000, 45_000, 90_000, 120_000) },
  { weight: 1, arbitrary: fc.nat(400_000) },
);

const anyGroup = fc
  .tuple(elapsed, fc.array(anyAsk, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 9 }))
  .map(([after, asks, luck]) => new Group(after, asks, luck > 0));

const anyHistory = fc.commands<Model, Site>(
  [
    anyGroup,
    anyGroup,
    anyGroup,
    anyGroup,
    anyGroup,
    anyGroup,
    fc.constant(new Checkpoint()),
    fc.nat(200_000).map((downtime) => new Restart(downtime)),
  ],
  { maxCommands: 300, size: "max" },
);

describe("whatever clients, administrators, disks and restarts do, in thousands of steps", () => {
  it("no seat is sold twice, no place is lost, no lease is touched by another, nothing is counted twice, and undo is exact", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        fc.modelRun(() => ({ model: {}, real: new Site() }), history);
      }),
      { numRuns: 60 },
    );
  }, 240_000);
});
