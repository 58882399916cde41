import { describe, expect, it } from "vitest";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  cid,
  givenBook,
  keyNo,
  leaseNo,
  liveLeases,
  meter,
  newTerms,
  noon,
  noonAnd,
  pool,
  record,
  release,
  renew,
  resume,
  second,
  tick,
  waitFor,
  waiting,
} from "./given.ts";

/** One seat, held by Ada; Bob waits. All of it is on disk. */
function kept(): SeatBook {
  const book = givenBook({ meters: [meter()] });
  book.decide(acquire(ada, 1), noon);
  book.decide(waitFor(bob, 2), noon);
  book.keep();
  return book;
}

describe("a decision that could not be written", () => {
  it.each([
    ["a release", release(ada, 1)],
    ["a renewal", renew(ada, 1)],
    ["a takeover", resume(adaAgain, 1)],
    ["a request that waits", waitFor(cid, 3)],
    ["a denial", acquire(cid, 3)],
    ["a withdrawal", { kind: "cancel", by: bob, key: keyNo(2) }],
    ["a broken connection", { kind: "disconnect", by: bob }],
    ["a revocation", { kind: "revoke", lease: leaseNo(1) }],
    ["a record of usage", record(ada, 7)],
    ["other terms", newTerms({ pools: [pool({ name: "sim" })] })],
    ["no license at all", newTerms({})],
  ] as const)("never was: %s", (_name, command) => {
    const book = kept();
    const before = book.view(noon);
    const first = book.decide(command, noonAnd(second));
    book.undo();
    expect(book.view(noon)).toEqual(before);
    expect(book.nextDeadline()).toBe(noonAnd(90 * second).mono);
    expect(book.decide(command, noonAnd(second))).toEqual(first);
  });

  it("never was, with all others since the last that was written", () => {
    const book = kept();
    const before = book.view(noon);
    book.decide(release(ada, 1), noon);
    book.decide(release(bob, 2), noon);
    book.decide(acquire(cid, 3), noon);
    book.decide(record(cid, 4), noon);
    book.undo();
    expect(book.view(noon)).toEqual(before);
    expect(liveLeases(book)).toEqual([1]);
    expect(waiting(book)).toEqual([2]);
  });

  it("never was, though time went by: an expiry happens again", () => {
    const book = kept();
    const first = book.decide(tick, noonAnd(90 * second));
    expect(first.changes).toHaveLength(2);
    book.undo();
    expect(liveLeases(book)).toEqual([1]);
    expect(book.decide(tick, noonAnd(90 * second))).toEqual(first);
  });

  it("does not keep a lease alive that it renewed", () => {
    const book = kept();
    book.decide(renew(ada, 1), noonAnd(60 * second));
    book.decide(tick, noonAnd(91 * second));
    expect(liveLeases(book)).toEqual([1]);
    book.undo();
    expect(book.nextDeadline()).toBe(noonAnd(90 * second).mono);
    book.decide(tick, noonAnd(91 * second));
    expect(liveLeases(book)).toEqual([2]);
  });

  it("is a denial that was not recorded, so the next one is", () => {
    const book = kept();
    expect(book.decide(acquire(cid, 3), noon).events).toHaveLength(1);
    book.undo();
    expect(book.decide(acquire(cid, 3), noon).events).toHaveLength(1);
  });

  it("brings back a waiting client's absence, and its end", () => {
    const book = kept();
    book.decide({ kind: "disconnect", by: bob }, noon);
    book.decide(renew(ada, 1), noonAnd(60 * second));
    book.keep();
    book.decide({ kind: "reconnect", by: bob }, noonAnd(70 * second));
    book.decide(renew(ada, 1), noonAnd(130 * second));
    book.undo();
    book.decide(renew(ada, 1), noonAnd(119 * second));
    expect(waiting(book)).toEqual([2]);
    book.decide(tick, noonAnd(120 * second));
    expect(waiting(book)).toEqual([]);
  });
});

describe("a decision that was written", () => {
  it("stays, whatever is undone after it", () => {
    const book = kept();
    book.decide(release(ada, 1), noon);
    book.keep();
    book.decide(release(bob, 2), noon);
    book.undo();
    book.undo();
    expect(liveLeases(book)).toEqual([2]);
  });
});
