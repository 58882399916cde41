import { describe, expect, it } from "vitest";
import {
  acquire,
  ada,
  bob,
  cid,
  givenBook,
  grant,
  holder,
  leaseNo,
  liveLeases,
  minute,
  noon,
  noonAnd,
  pool,
  release,
  seats,
  tick,
} from "./given.ts";

const withOverdraft = pool({ grants: [grant({ overdraftSeats: 1 })] });

describe("a feature with two seats", () => {
  it("is granted twice and not a third time", () => {
    const book = givenBook({ pools: [seats(2)] });
    expect(book.decide(acquire(ada, 1), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(bob, 2), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(cid, 3), noon).answer).toMatchObject({
      kind: "denied",
      denial: { reason: "NO_SEATS" },
    });
    expect(liveLeases(book)).toEqual([1, 2]);
  });

  it("gives a released seat to the next who asks", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(release(ada, 1), noon);
    expect(book.decide(acquire(cid, 3), noon).answer.kind).toBe("granted");
    expect(liveLeases(book)).toEqual([2, 3]);
  });

  it("counts a lease of two seats as two", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1, { count: 2 }), noon);
    expect(book.decide(acquire(bob, 2), noon).answer.kind).toBe("denied");
    expect(book.features()).toMatchObject([{ seats: 2, used: 2, free: 0 }]);
  });

  it("refuses at once what it could never grant", () => {
    const book = givenBook({ pools: [seats(2)] });
    const { answer } = book.decide(acquire(ada, 1, { count: 3, wait: true }), noon);
    expect(answer).toMatchObject({ kind: "denied", denial: { reason: "TOO_MANY" } });
  });

  it("says what was granted, to the caller, to the store and to the ledger", () => {
    const book = givenBook({ pools: [seats(2)] });
    const decision = book.decide(acquire(ada, 1, { count: 2, version: "7.1" }), noon);
    const lease = {
      id: leaseNo(1),
      ...holder(ada),
      feature: "cad.pro",
      version: "7.1",
      versionDate: null,
      count: 2,
      key: "key-1",
      grantedAt: noon.wall,
      leaseTime: 90_000,
      overdraft: false,
      seatSince: noon.wall,
      borrowed: null,
      lingersUntil: null,
      startedAt: noon.mono,
      seatFrom: noon.mono,
      expiresAt: noonAnd(90_000).mono,
      activeAt: noon.mono,
      idleAt: null,
      restored: false,
    };
    expect(decision).toEqual({
      answer: { kind: "granted", lease },
      changes: [{ kind: "lease-granted", lease }],
      events: [
        {
          type: "grant",
          wall: noon.wall,
          feature: "cad.pro",
          count: 2,
          user: ada.user,
          lease: leaseNo(1),
          overdraft: false,
        },
      ],
      notices: [],
    });
  });
});

describe("a feature with one seat and one of overdraft", () => {
  it("grants the seat above the license and records it as such", () => {
    const book = givenBook({ pools: [withOverdraft] });
    expect(book.decide(acquire(ada, 1), noon).events).toMatchObject([{ overdraft: false }]);
    const above = book.decide(acquire(bob, 2), noon);
    expect(above.answer).toMatchObject({ kind: "granted", lease: { overdraft: true } });
    expect(above.events).toMatchObject([{ type: "grant", overdraft: true }]);
    expect(book.features()).toMatchObject([{ seats: 1, overdraftSeats: 1, used: 2, overdraft: 1 }]);
  });

  it("grants no seat beyond the overdraft", () => {
    const book = givenBook({ pools: [withOverdraft] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    expect(book.decide(acquire(cid, 3), noon).answer.kind).toBe("denied");
  });

  it("grants within the license again once a seat is back", () => {
    const book = givenBook({ pools: [withOverdraft] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(release(ada, 1), noon);
    book.decide(release(bob, 2), noon);
    expect(book.decide(acquire(cid, 3), noon).events).toMatchObject([{ overdraft: false }]);
  });
});

describe("a program that makes a mistake", () => {
  it("is told so, and nothing has changed", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    expect(() => book.decide(acquire(bob, 2, { newLease: leaseNo(1) }), noon)).toThrow(RangeError);
    expect(() => book.decide(acquire(bob, 2, { count: 0 }), noon)).toThrow(RangeError);
    expect(book.features()).toMatchObject([{ used: 1 }]);
    expect(book.decide(acquire(bob, 2), noon).answer.kind).toBe("granted");
  });

  it("loses nothing that fell due in the same moment", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const mistake = acquire(bob, 2, { count: 0 });
    expect(() => book.decide(mistake, noonAnd(minute * 2))).toThrow(RangeError);
    expect(book.decide(tick, noonAnd(minute * 2)).events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "expired" },
    ]);
  });
});
