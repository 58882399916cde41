import { describe, expect, it } from "vitest";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  givenBook,
  leaseNo,
  liveLeases,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  seats,
  second,
  waitFor,
} from "./given.ts";

describe("a client that lost the answer and asks again under the same key", () => {
  it("gets the same lease, and no second seat", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    const again = book.decide(acquire(ada, 1, { newLease: leaseNo(99) }), noonAnd(second));
    expect(again.answer).toMatchObject({ kind: "granted", lease: { id: leaseNo(1) } });
    expect(again).toMatchObject({ changes: [], events: [], notices: [] });
    expect(liveLeases(book)).toEqual([1]);
  });

  it("has the full lease time from the answer it got", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(acquire(ada, 1), noonAnd(80 * second)).answer).toMatchObject({
      lease: { expiresAt: noonAnd(170 * second).mono, startedAt: noon.mono },
    });
  });

  it("gets a new lease once the first has ended", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    expect(book.decide(acquire(ada, 1, { newLease: leaseNo(5) }), noon).answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(5) },
    });
  });

  it("may release twice", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    const again = book.decide(release(ada, 1), noon);
    expect(again).toEqual({ answer: { kind: "done" }, changes: [], events: [], notices: [] });
  });

  it("is told when the license has no seat for it any more", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(newTerms({}), noon);
    expect(book.decide(acquire(ada, 1), noon).answer).toMatchObject({
      denial: { reason: "NO_LICENSE" },
    });
    expect(liveLeases(book)).toEqual([]);
  });
});

describe("the key of a request", () => {
  it.each([
    ["another feature", { feature: "sim.solver" }],
    ["another version", { version: "2027" }],
    ["another date of its version", { versionDate: noon.wall }],
    ["more seats", { count: 2 }],
  ])("is refused for %s while its lease lasts, which goes on untouched", (_, other) => {
    const book = givenBook({ pools: [seats(3), pool({ name: "sim.solver" })] });
    book.decide(acquire(ada, 1), noon);
    const again = book.decide(
      acquire(ada, 1, { ...other, newLease: leaseNo(2) }),
      noonAnd(30 * second),
    );
    expect(again).toMatchObject({
      answer: { kind: "denied", denial: { reason: "KEY_REUSED", ...featureOf(other) } },
      changes: [],
      events: [],
      notices: [],
    });
    expect(book.view(noon).leases).toMatchObject([
      { id: leaseNo(1), feature: "cad.pro", count: 1, expiresAt: noonAnd(90 * second).mono },
    ]);
    expect(book.decide(acquire(ada, 1), noonAnd(60 * second)).answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(1) },
    });
  });

  it("is refused for another wish while it waits, and keeps its place", () => {
    const book = givenBook({ pools: [seats(1), pool({ name: "sim.solver" })] });
    book.decide(acquire(bob, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    const other = book.decide(waitFor(ada, 2, { feature: "sim.solver" }), noon);
    expect(other.answer).toMatchObject({ denial: { reason: "KEY_REUSED", feature: "sim.solver" } });
    expect(book.decide(release(bob, 1), noon).notices).toMatchObject([{ kind: "granted" }]);
    expect(liveLeases(book)).toEqual([2]);
  });

  it("is the same request whether it waits now or not", () => {
    const book = givenBook({ pools: [seats(1)] });
    book.decide(acquire(bob, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    expect(book.decide(acquire(ada, 2), noon).answer).toMatchObject({ kind: "queued" });
    book.decide(release(bob, 1), noon);
    expect(book.decide(waitFor(ada, 2), noon).answer).toMatchObject({ kind: "granted" });
  });

  it("is free for anything once its lease has ended", () => {
    const book = givenBook({ pools: [seats(1), pool({ name: "sim.solver" })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    const other = { feature: "sim.solver", newLease: leaseNo(2) };
    expect(book.decide(acquire(ada, 1, other), noon).answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(2), feature: "sim.solver" },
    });
  });

  it("hands the seat of a process that is gone to the next one only for the same wish", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    const gone = { liveInstances: new Set([adaAgain.instance]) };
    expect(book.decide(acquire(adaAgain, 1, { ...gone, count: 2 }), noon).answer).toMatchObject({
      denial: { reason: "KEY_REUSED" },
    });
    expect(book.decide(acquire(adaAgain, 1, gone), noon).answer).toMatchObject({
      lease: { id: leaseNo(1), instance: adaAgain.instance },
    });
  });

  it("means nothing to another client", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    const { answer } = book.decide(acquire(bob, 1, { newLease: leaseNo(2) }), noon);
    expect(answer).toMatchObject({ kind: "granted", lease: { id: leaseNo(2) } });
  });

  it("does not hand the lease to another process of the same client", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(acquire(adaAgain, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_YOUR_LEASE" },
    });
    expect(liveLeases(book)).toEqual([1]);
  });
});

const featureOf = (wish: object): object =>
  "feature" in wish ? { feature: wish.feature } : { feature: "cad.pro" };
