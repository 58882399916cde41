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
  release,
  seats,
  second,
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
