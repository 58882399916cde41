import { describe, expect, it } from "vitest";
import { minutes } from "../../src/base/time.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  cid,
  givenBook,
  inGroups,
  leaseNo,
  liveLeases,
  minute,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  second,
  tick,
  waitFor,
  waiting,
} from "./given.ts";

/** One seat, held by Cid; Ada waits, then Bob; then Ada's connection breaks. */
function adaIsAway(): SeatBook {
  const book = givenBook({ limits: { resumeWindow: minutes(1) } });
  book.decide(acquire(cid, 1), noon);
  book.decide(waitFor(ada, 2), noon);
  book.decide(waitFor(bob, 3), noon);
  book.decide({ kind: "disconnect", by: ada }, noon);
  return book;
}

describe("a waiting client that loses its connection", () => {
  it("keeps its place", () => {
    const book = adaIsAway();
    expect(waiting(book)).toEqual([2, 3]);
    expect(book.view(noon).queue).toMatchObject([{ connected: false }, { connected: true }]);
  });

  it("is skipped when a seat comes free", () => {
    const book = adaIsAway();
    expect(book.decide(release(cid, 1), noon).notices).toMatchObject([{ client: bob.client }]);
    expect(waiting(book)).toEqual([2]);
  });

  it("does not keep a free seat from a newcomer", () => {
    const book = givenBook();
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    book.decide({ kind: "disconnect", by: ada }, noon);
    book.decide(release(cid, 1), noon);
    expect(book.decide(acquire(bob, 3), noon).answer.kind).toBe("granted");
  });

  it("is first again when it comes back", () => {
    const book = adaIsAway();
    book.decide({ kind: "reconnect", by: ada }, noonAnd(30 * second));
    expect(book.decide(release(cid, 1), noonAnd(30 * second)).notices).toMatchObject([
      { client: ada.client, key: "key-2" },
    ]);
  });

  it("gets a seat that came free meanwhile in the moment it comes back", () => {
    const book = givenBook();
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    book.decide({ kind: "disconnect", by: ada }, noon);
    book.decide(release(cid, 1), noon);
    const { notices } = book.decide({ kind: "reconnect", by: ada }, noon);
    expect(notices).toMatchObject([{ kind: "granted", key: "key-2" }]);
  });

  it("is answered once, not twice, when it asks again and the seat is free", () => {
    const book = givenBook();
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    book.decide({ kind: "disconnect", by: ada }, noon);
    book.decide(release(cid, 1), noon);
    const { answer, notices } = book.decide(waitFor(ada, 2, { newLease: leaseNo(99) }), noon);
    expect(answer).toMatchObject({ kind: "granted", lease: { id: leaseNo(2) } });
    expect(notices).toEqual([]);
  });

  it("may come back as another process that asks under the same key", () => {
    const book = adaIsAway();
    expect(book.decide(waitFor(adaAgain, 2), noon).answer).toMatchObject({ position: 1 });
    expect(book.decide(release(cid, 1), noon).notices).toMatchObject([
      { instance: adaAgain.instance, lease: { instance: adaAgain.instance } },
    ]);
  });

  it("is refused when the rules keep it out by the time that it asks again", () => {
    const book = adaIsAway();
    const exclude = [{ ruleId: "no-interns", feature: "*", who: ["interns"] }];
    book.decide(newTerms({ pools: [pool()], rules: { exclude } }), noon);
    const again = waitFor(inGroups(adaAgain, "interns"), 2);
    expect(book.decide(again, noonAnd(second)).answer).toMatchObject({
      denial: { reason: "EXCLUDED", ruleId: "no-interns" },
    });
    expect(waiting(book)).toEqual([3]);
  });

  it("loses its place after the resume window", () => {
    const book = adaIsAway();
    expect(book.nextDeadline()).toBe(noonAnd(minute).mono);
    book.decide(tick, noonAnd(minute - 1));
    expect(waiting(book)).toEqual([2, 3]);
    book.decide(tick, noonAnd(minute));
    expect(waiting(book)).toEqual([3]);
  });

  it("has a new window after each time it came back", () => {
    const book = adaIsAway();
    book.decide({ kind: "reconnect", by: ada }, noonAnd(50 * second));
    book.decide({ kind: "disconnect", by: ada }, noonAnd(55 * second));
    book.decide(tick, noonAnd(114 * second));
    expect(waiting(book)).toContain(2);
  });
});

describe("a waiting client that is connected", () => {
  it("cannot be replaced by another process under the same key", () => {
    const book = givenBook();
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    expect(book.decide(waitFor(adaAgain, 2), noon).answer).toMatchObject({
      denial: { reason: "NOT_YOUR_LEASE" },
    });
  });
});

describe("a lease whose client loses its connection", () => {
  it("lives on until its time ends", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide({ kind: "disconnect", by: ada }, noon);
    expect(liveLeases(book)).toEqual([1]);
  });

  it("ends at once where the license says so", () => {
    const book = givenBook({ pools: [pool({ releaseOnDisconnect: true })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    const { events } = book.decide({ kind: "disconnect", by: ada }, noonAnd(second));
    expect(events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "released", seatMillis: 1_000 },
      { type: "grant", lease: leaseNo(2) },
    ]);
  });

  it("does not end with the connection of another process of the client", () => {
    const book = givenBook({ pools: [pool({ releaseOnDisconnect: true })] });
    book.decide(acquire(ada, 1), noon);
    book.decide({ kind: "disconnect", by: adaAgain }, noon);
    expect(liveLeases(book)).toEqual([1]);
  });
});
