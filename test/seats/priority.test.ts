import { describe, expect, it } from "vitest";
import { clientKey, idempotencyKey, leaseId } from "../../src/base/ids.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import type { Caller } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  dot,
  givenBook,
  inGroups,
  liveLeases,
  newTerms,
  noon,
  pool,
  release,
  seats,
  tick,
  waitFor,
  waiting,
} from "./given.ts";

const priority = [{ ruleId: "leads-first", feature: "cad.*", who: ["leads"], value: 10 }];
const lead = inGroups(dot, "leads");

function newLead(number: number): Caller {
  return { ...lead, client: clientKey(`${String(number).padStart(42, "z")}A`) };
}

/** One seat, held by Ada. */
function heldByAda(): SeatBook {
  const book = givenBook({ rules: { priority } });
  book.decide(acquire(ada, 1), noon);
  return book;
}

describe("a request of higher priority", () => {
  it("is served before those who came earlier", () => {
    const book = heldByAda();
    book.decide(waitFor(bob, 2), noon);
    book.decide(waitFor(cid, 3), noon);
    expect(book.decide(waitFor(lead, 4), noon).answer).toMatchObject({ position: 1 });
    expect(waiting(book)).toEqual([4, 2, 3]);
    book.decide(release(ada, 1), noon);
    expect(liveLeases(book)).toEqual([4]);
  });

  it("stands behind earlier ones of the same priority", () => {
    const book = heldByAda();
    book.decide(waitFor(inGroups(bob, "leads"), 2), noon);
    book.decide(waitFor(lead, 4), noon);
    expect(waiting(book)).toEqual([2, 4]);
  });

  it("takes a free seat that is too little for a bigger request ahead of it", () => {
    const book = givenBook({ pools: [seats(2)], rules: { priority } });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    expect(book.decide(acquire(cid, 3), noon).answer.kind).toBe("denied");
    expect(book.decide(acquire(lead, 4), noon).answer.kind).toBe("granted");
  });

  it("follows the rules when they change, and the groups when these change", () => {
    const book = heldByAda();
    book.decide(waitFor(bob, 2), noon);
    book.decide(waitFor(lead, 4), noon);
    book.decide(newTerms({ pools: [pool()] }), noon);
    expect(waiting(book)).toEqual([2, 4]);
    book.decide(newTerms({ pools: [pool()], rules: { priority } }), noon);
    expect(waiting(book)).toEqual([4, 2]);
    book.decide({ kind: "reconnect", by: dot }, noon);
    expect(waiting(book)).toEqual([2, 4]);
  });
});

describe("a request of low priority for two seats, among ever new ones of high priority for one", () => {
  it("is overtaken ten times and not once more", () => {
    const book = givenBook({ pools: [seats(2)], rules: { priority } });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(cid, 2), noon);
    book.decide(waitFor(bob, 3, { count: 2 }), noon);
    book.decide(release(ada, 1), noon);
    let served = 0;
    for (let number = 100; number < 130; number += 1) {
      const fields = {
        key: idempotencyKey(`key-${number}`),
        newLease: leaseId(String(number).padStart(32, "0")),
      };
      const by = newLead(number);
      if (book.decide(acquire(by, number, fields), noon).answer.kind !== "granted") break;
      served += 1;
      book.decide(release(by, number), noon);
    }
    expect(served).toBe(10);
    expect(waiting(book)).toEqual([3]);
    book.decide(release(cid, 2), noon);
    book.decide(tick, noon);
    expect(liveLeases(book)).toEqual([3]);
  });
});
