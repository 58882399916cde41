import { describe, expect, it } from "vitest";
import { days } from "../../src/base/time.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  cid,
  day,
  dot,
  givenBook,
  keyNo,
  leaseNo,
  liveLeases,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  seats,
  second,
  tick,
  waitFor,
  waiting,
} from "./given.ts";

/** One seat, held by Ada; Bob waits, then Cid. */
function heldByAda(): SeatBook {
  const book = givenBook();
  book.decide(acquire(ada, 1), noon);
  book.decide(waitFor(bob, 2), noon);
  book.decide(waitFor(cid, 3), noon);
  return book;
}

describe("a seat that others wait for", () => {
  it("tells each who waits the place in the queue and how long it can take", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(waitFor(bob, 2), noonAnd(10 * second)).answer).toEqual({
      kind: "queued",
      feature: "cad.pro",
      position: 1,
      expectedWait: 80_000,
    });
    expect(book.decide(waitFor(cid, 3), noonAnd(10 * second)).answer).toMatchObject({
      kind: "queued",
      position: 2,
    });
  });

  it("tells nobody a wait above 366 days, however long seats are held", () => {
    const book = givenBook({ pools: [pool({ leaseTime: days(365) })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noonAnd(300 * day));
    book.decide(acquire(ada, 2), noonAnd(300 * day));
    book.decide(waitFor(bob, 3), noonAnd(300 * day));
    expect(book.decide(waitFor(cid, 4), noonAnd(300 * day)).answer).toMatchObject({
      kind: "queued",
      expectedWait: 366 * day,
    });
  });

  it("goes to the first who came, when it is released", () => {
    const book = heldByAda();
    const { answer, notices, changes } = book.decide(release(ada, 1), noonAnd(second));
    expect(answer).toEqual({ kind: "done" });
    expect(notices).toMatchObject([
      {
        kind: "granted",
        client: bob.client,
        instance: bob.instance,
        key: keyNo(2),
        lease: { id: leaseNo(2), startedAt: noonAnd(second).mono },
      },
    ]);
    expect(changes.map(({ kind }) => kind)).toEqual(["lease-ended", "lease-granted"]);
    expect(waiting(book)).toEqual([3]);
  });

  it("goes to the first who came, in the millisecond it expires, whoever asks then", () => {
    const book = heldByAda();
    const late = book.decide(acquire(dot, 4), noonAnd(90 * second));
    expect(late.answer).toMatchObject({ denial: { reason: "NO_SEATS" } });
    expect(late.notices).toMatchObject([
      { kind: "expired", client: ada.client },
      { kind: "granted", client: bob.client },
    ]);
  });

  it("moves everybody behind up by one when somebody gives up", () => {
    const book = heldByAda();
    book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noon);
    expect(book.decide(waitFor(cid, 3), noon).answer).toMatchObject({ position: 1 });
  });

  it("is asked for again by an impatient client without losing the place", () => {
    const book = heldByAda();
    expect(book.decide(waitFor(bob, 2), noon).answer).toMatchObject({ position: 1 });
    expect(waiting(book)).toEqual([2, 3]);
  });

  it("is not had by who is unwilling to wait while others do", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    expect(book.features()).toMatchObject([{ free: 1 }]);
    expect(book.decide(acquire(cid, 3), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS", queuePosition: 2, retryAfter: 90_000 },
    });
  });
});

describe("a big request at the head of the queue", () => {
  it("is not overtaken by small ones", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1, { count: 2 }), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    book.decide(waitFor(cid, 3), noon);
    book.decide(release(ada, 1), noon);
    expect(liveLeases(book)).toEqual([2]);
    book.decide(release(bob, 2), noon);
    expect(liveLeases(book)).toEqual([3]);
  });

  it("keeps even a seat that a small one could use at once, or it would never get two", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(dot, 4), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    book.decide(waitFor(cid, 3), noon);
    expect(book.decide(release(ada, 1), noon).notices).toEqual([]);
    expect(book.decide(release(dot, 4), noon).notices).toMatchObject([{ key: keyNo(2) }]);
  });

  it("lets several small ones in at once when it is withdrawn", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2, { count: 3 }), noon);
    book.decide(waitFor(cid, 3), noon);
    book.decide(waitFor(dot, 4), noon);
    const { notices } = book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noon);
    expect(notices).toMatchObject([{ key: keyNo(3) }, { key: keyNo(4) }]);
  });
});

describe("a request that is withdrawn", () => {
  it("gives the seat back when its turn has just come", () => {
    const book = heldByAda();
    book.decide(release(ada, 1), noon);
    const { answer, events } = book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noon);
    expect(answer).toEqual({ kind: "done" });
    expect(events).toMatchObject([
      { type: "end", lease: leaseNo(2), reason: "released" },
      { type: "grant", lease: leaseNo(3) },
    ]);
  });

  it("may be withdrawn again", () => {
    const book = heldByAda();
    book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noon);
    const again = book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noon);
    expect(again).toEqual({ answer: { kind: "done" }, changes: [], events: [], notices: [] });
  });

  it("cannot be withdrawn by another process of the same client", () => {
    const book = givenBook();
    book.decide(acquire(bob, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    book.decide({ kind: "cancel", by: adaAgain, key: keyNo(2) }, noon);
    expect(waiting(book)).toEqual([2]);
  });
});

describe("a queue that is full", () => {
  it("refuses one more, with the soonest moment that a seat may come free", () => {
    const book = givenBook({ limits: { queueLength: 1 } });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    expect(book.decide(waitFor(cid, 3), noonAnd(30 * second)).answer).toMatchObject({
      denial: { reason: "QUEUE_FULL", queuePosition: 2, retryAfter: 60_000 },
    });
  });

  it("still answers who is in it", () => {
    const book = givenBook({ limits: { queueLength: 1 } });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    expect(book.decide(waitFor(bob, 2), noon).answer).toMatchObject({ kind: "queued" });
  });
});

describe("a client with as many leases and requests as it may have", () => {
  it("is refused another, waiting or not, until one is gone", () => {
    const book = givenBook({ pools: [seats(2)], limits: { leasesPerClient: 3 } });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(adaAgain, 2), noon);
    book.decide(waitFor(ada, 3), noon);
    expect(book.decide(waitFor(ada, 4), noon).answer).toMatchObject({
      denial: { reason: "OVER_MAX" },
    });
    book.decide({ kind: "cancel", by: ada, key: keyNo(3) }, noon);
    expect(book.decide(waitFor(ada, 4), noon).answer).toMatchObject({ kind: "queued" });
  });
});

describe("a lease from the queue", () => {
  it("lasts one lease time from its grant, not from its request", () => {
    const book = heldByAda();
    book.decide(renew(ada, 1), noonAnd(60 * second));
    book.decide(release(ada, 1), noonAnd(80 * second));
    book.decide(tick, noonAnd(169 * second));
    expect(liveLeases(book)).toEqual([2]);
    book.decide(tick, noonAnd(170 * second));
    expect(liveLeases(book)).toEqual([3]);
  });
});
