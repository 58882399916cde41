import { describe, expect, it } from "vitest";
import type { Command } from "../../src/seats/command.ts";
import type { FeaturePool } from "../../src/seats/terms.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  givenBook,
  grant,
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
  seats,
  second,
  waitFor,
  waiting,
} from "./given.ts";

const terms = (...pools: readonly FeaturePool[]): Command => newTerms({ pools });

describe("a license installed while the service runs", () => {
  it("takes effect at once", () => {
    const book = givenBook({ pools: [] });
    book.decide(terms(seats(1)), noon);
    expect(book.decide(acquire(ada, 1), noon).answer.kind).toBe("granted");
  });

  it("serves those who wait", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    expect(book.decide(terms(seats(2)), noon).notices).toMatchObject([
      { kind: "granted", client: bob.client },
    ]);
  });

  it("does not touch the leases of a feature it does not change", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const decision = book.decide(terms(seats(1), pool({ name: "sim" })), noon);
    expect(decision).toEqual({ answer: { kind: "done" }, changes: [], events: [], notices: [] });
  });

  it("changes the rules of meters, and what was counted stays counted", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1, { units: 100 }), noon);
    book.decide(newTerms({ meters: [meter({ quota: 101 })] }), noon);
    expect(book.view(noon).meters).toMatchObject([{ quota: 101, used: 100 }]);
    expect(book.decide(record(ada, 2), noon).answer).toMatchObject({
      results: [{ kind: "counted" }],
    });
  });
});

describe("a license that shrinks from three seats to two, all of them taken", () => {
  it("ends no lease at once", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(acquire(cid, 3), noon);
    expect(book.decide(terms(seats(2)), noon)).toMatchObject({ changes: [], events: [] });
    expect(book.features()).toMatchObject([{ seats: 2, used: 3, free: 0, overdraft: 1 }]);
  });

  it("ends the youngest lease at its next renewal, with the reason", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(cid, 3), noon);
    book.decide(acquire(ada, 1), noonAnd(1));
    book.decide(acquire(bob, 2), noonAnd(2));
    book.decide(terms(seats(2)), noonAnd(second));
    expect(book.decide(renew(ada, 1), noonAnd(second)).answer).toMatchObject({ lost: [] });
    const { answer, events } = book.decide(renew(bob, 2), noonAnd(second));
    expect(answer).toMatchObject({ lost: [{ lease: leaseNo(2), reason: "NO_SEATS" }] });
    expect(events).toMatchObject([{ type: "end", lease: leaseNo(2), reason: "revoked" }]);
    expect(book.decide(renew(cid, 3), noonAnd(second)).answer).toMatchObject({ lost: [] });
  });

  it("lets the youngest stay when another seat came free before", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noonAnd(1));
    book.decide(acquire(cid, 3), noonAnd(2));
    book.decide(terms(seats(2)), noonAnd(second));
    book.decide(release(ada, 1), noonAnd(second));
    expect(book.decide(renew(cid, 3), noonAnd(second)).answer).toMatchObject({ lost: [] });
    expect(liveLeases(book)).toEqual([2, 3]);
  });

  it("grants nothing until enough seats are back", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(acquire(cid, 3), noon);
    book.decide(terms(seats(2)), noon);
    book.decide(release(ada, 1), noon);
    expect(book.decide(acquire(ada, 4), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
    book.decide(release(bob, 2), noon);
    expect(book.decide(acquire(ada, 4), noon).answer.kind).toBe("granted");
  });
});

describe("a license that changes otherwise", () => {
  it("ends a lease of more seats than there are now", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1, { count: 3 }), noon);
    book.decide(terms(seats(2)), noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "TOO_MANY" }],
    });
  });

  it("ends a lease of a version that is too new now, and it had no claim to a seat", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1, { version: "8" }), noon);
    book.decide(acquire(bob, 2, { version: "7" }), noonAnd(1));
    book.decide(terms(pool({ grants: [grant({ versionMax: "7" })] })), noonAnd(2));
    expect(book.decide(renew(bob, 2), noonAnd(3)).answer).toMatchObject({ lost: [] });
    expect(book.decide(renew(ada, 1), noonAnd(3)).answer).toMatchObject({
      lost: [{ reason: "VERSION_TOO_NEW" }],
    });
  });

  it("ends the leases of a feature that is gone, and remembers why", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(terms(pool({ name: "sim" })), noon);
    expect(book.features()).toMatchObject([{ name: "cad.pro", used: 1 }, { name: "sim" }]);
    const gone = { lost: [{ reason: "NOT_LICENSED_FEATURE" }] };
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject(gone);
    expect(book.decide(renew(ada, 1), noonAnd(second)).answer).toMatchObject(gone);
    expect(book.features()).toMatchObject([{ name: "sim" }]);
  });

  it("sends away who waits for what it does not have any more", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    book.decide(waitFor(cid, 3), noon);
    const { notices } = book.decide(terms(seats(1)), noon);
    expect(notices).toMatchObject([
      { kind: "queue-dropped", key: "key-2", denial: { reason: "TOO_MANY" } },
    ]);
    expect(waiting(book)).toEqual([3]);
  });
});
