import { describe, expect, it } from "vitest";
import { seconds } from "../../src/base/time.ts";
import {
  acquire,
  ada,
  bob,
  givenBook,
  leaseNo,
  liveLeases,
  minute,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  seats,
  second,
  tick,
} from "./given.ts";

describe("a lease of ninety seconds that nobody renews", () => {
  it("holds its seat to the last millisecond", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.nextDeadline()).toBe(noonAnd(90 * second).mono);
    const early = book.decide(acquire(bob, 2), noonAnd(90 * second - 1));
    expect(early.answer).toMatchObject({ denial: { reason: "NO_SEATS", retryAfter: 1 } });
  });

  it("is over in the millisecond its time ends, and the seat is free", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const decision = book.decide(acquire(bob, 2), noonAnd(90 * second));
    expect(decision.answer.kind).toBe("granted");
    expect(decision.changes).toMatchObject([
      { kind: "lease-ended", lease: leaseNo(1) },
      { kind: "lease-granted", lease: { id: leaseNo(2) } },
    ]);
    expect(decision.events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "expired", seatMillis: 90_000 },
      { type: "grant", lease: leaseNo(2) },
    ]);
  });

  it("counts no seat time after its end, however late that is noticed", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(tick, noonAnd(60 * minute)).events).toMatchObject([{ seatMillis: 90_000 }]);
  });

  it("tells its client, and a late renewal learns the reason", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const { notices } = book.decide(tick, noonAnd(90 * second));
    expect(notices).toEqual([
      {
        kind: "expired",
        client: ada.client,
        instance: ada.instance,
        lease: leaseNo(1),
        feature: "cad.pro",
      },
    ]);
    expect(book.decide(renew(ada, 1), noonAnd(91 * second)).answer).toMatchObject({
      lost: [{ lease: leaseNo(1), reason: "LEASE_EXPIRED" }],
    });
  });

  it("cannot be renewed in the millisecond its time ends", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(renew(ada, 1), noonAnd(90 * second)).answer).toMatchObject({
      leases: [],
      lost: [{ reason: "LEASE_EXPIRED" }],
    });
  });
});

describe("a lease that is renewed", () => {
  it("lasts one lease time from each renewal, and writes nothing to disk", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const renewal = book.decide(renew(ada, 1), noonAnd(30 * second));
    expect(renewal.answer).toMatchObject({
      leases: [{ id: leaseNo(1), expiresAt: noonAnd(120 * second).mono }],
    });
    expect(renewal).toMatchObject({ changes: [], events: [], notices: [] });
    expect(book.nextDeadline()).toBe(noonAnd(120 * second).mono);
    book.decide(tick, noonAnd(119 * second));
    expect(liveLeases(book)).toEqual([1]);
    book.decide(tick, noonAnd(120 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("writes nothing even when others have just expired: the disk may be full", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(bob, 2), noon);
    book.decide(acquire(ada, 1), noonAnd(second));
    const renewal = book.decide(renew(ada, 1), noonAnd(90 * second));
    expect(renewal.answer).toMatchObject({ leases: [{ id: leaseNo(1) }], lost: [] });
    expect(renewal).toMatchObject({ changes: [], events: [], notices: [] });
    expect(book.decide(tick, noonAnd(90 * second)).changes).toEqual([
      { kind: "lease-ended", lease: leaseNo(2) },
    ]);
  });

  it("lasts as long as the license says now, also when that is shorter than before", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const shorter = [pool({ leaseTime: seconds(10) })];
    book.decide(newTerms({ pools: shorter }), noon);
    expect(book.decide(renew(ada, 1), noonAnd(second)).answer).toMatchObject({
      leases: [{ leaseTime: 10_000, expiresAt: noonAnd(11 * second).mono }],
    });
    expect(book.nextDeadline()).toBe(noonAnd(11 * second).mono);
    book.decide(tick, noonAnd(11 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("is renewed together with others, each with its own outcome", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(acquire(ada, 3), noon);
    expect(book.decide(renew(ada, 1, 2, 9, 3), noon).answer).toMatchObject({
      kind: "renewed",
      leases: [{ id: leaseNo(1) }, { id: leaseNo(3) }],
      lost: [
        { lease: leaseNo(2), reason: "NOT_YOUR_LEASE" },
        { lease: leaseNo(9), reason: "LEASE_UNKNOWN" },
      ],
    });
  });
});

describe("many leases that end in one moment", () => {
  it("end in the order of their ids, whatever happened before", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 3), noon);
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(ada, 2), noon);
    expect(book.decide(tick, noonAnd(90 * second)).changes).toEqual([
      { kind: "lease-ended", lease: leaseNo(1) },
      { kind: "lease-ended", lease: leaseNo(2) },
      { kind: "lease-ended", lease: leaseNo(3) },
    ]);
  });

  it("end in the order of their deadlines, when they are not in one moment", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(ada, 2), noonAnd(1));
    book.decide(acquire(ada, 3), noonAnd(2));
    book.decide(renew(ada, 1), noonAnd(3));
    expect(book.decide(tick, noonAnd(5 * minute)).changes).toEqual([
      { kind: "lease-ended", lease: leaseNo(2) },
      { kind: "lease-ended", lease: leaseNo(3) },
      { kind: "lease-ended", lease: leaseNo(1) },
    ]);
  });
});

describe("a book in which nothing is out", () => {
  it("has no deadline", () => {
    const book = givenBook();
    expect(book.nextDeadline()).toBeUndefined();
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    expect(book.nextDeadline()).toBeUndefined();
  });
});

describe("the end of a lease", () => {
  it("is remembered for an hour", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(tick, noonAnd(90 * second));
    book.keep();
    expect(book.decide(renew(ada, 1), noonAnd(61 * minute)).answer).toMatchObject({
      lost: [{ reason: "LEASE_EXPIRED" }],
    });
    expect(book.decide(renew(ada, 1), noonAnd(62 * minute)).answer).toMatchObject({
      lost: [{ reason: "LEASE_UNKNOWN" }],
    });
  });

  it("is forgotten sooner when too many have ended since", () => {
    const book = givenBook({ pools: [seats(2)], limits: { endsRemembered: 1 } });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(ada, 2), noonAnd(1));
    book.decide(tick, noonAnd(5 * minute));
    book.keep();
    expect(book.decide(renew(ada, 1, 2), noonAnd(5 * minute)).answer).toMatchObject({
      lost: [{ reason: "LEASE_UNKNOWN" }, { reason: "LEASE_EXPIRED" }],
    });
  });
});
