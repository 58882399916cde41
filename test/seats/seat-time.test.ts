import { describe, expect, it } from "vitest";
import { type Moment, monoMillis, seconds, unixMillis } from "../../src/base/time.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import type { StoredLease } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  bob,
  givenBook,
  holder,
  keyNo,
  leaseNo,
  minute,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  resume,
  seats,
  second,
  tick,
} from "./given.ts";

/** The seat time in the end of Ada's lease 1, which she releases. */
function ofRelease(book: SeatBook, now: Moment): unknown {
  const [end] = book.decide(release(ada, 1), now).events;
  return end?.type === "end" ? end.seatMillis : end;
}

function plus(fraction: number): Moment {
  return { wall: noon.wall, mono: monoMillis(noon.mono + fraction) };
}

describe("the seat time of a lease", () => {
  it("is its seats times the milliseconds until it was released", () => {
    const book = givenBook({ pools: [seats(3)] });
    book.decide(acquire(ada, 1, { count: 3 }), noon);
    expect(ofRelease(book, noonAnd(10 * second))).toBe(30_000);
  });

  it("ends with the lease time when nobody renews it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(renew(ada, 1), noonAnd(60 * second));
    expect(book.decide(tick, noonAnd(10 * minute)).events).toMatchObject([{ seatMillis: 150_000 }]);
  });

  it("runs on the monotonic clock, whatever the wall clock does", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const setBack = { wall: unixMillis(0), mono: noonAnd(second).mono };
    expect(ofRelease(book, setBack)).toBe(1_000);
  });
});

describe("a checkpoint", () => {
  it("counts the open leases of each feature up to now", () => {
    const book = givenBook({ pools: [seats(3), pool({ name: "a.sim" })] });
    book.decide(acquire(ada, 1, { count: 2 }), noon);
    book.decide(acquire(bob, 2), noonAnd(10 * second));
    book.decide(acquire(bob, 3, { feature: "a.sim" }), noonAnd(10 * second));
    expect(book.cut(noonAnd(30 * second)).open).toEqual([
      { feature: "a.sim", seatMillis: 20_000 },
      { feature: "cad.pro", seatMillis: 80_000 },
    ]);
  });

  it("leaves to the end of the lease only what comes after it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.cut(noonAnd(30 * second));
    expect(ofRelease(book, noonAnd(50 * second))).toBe(20_000);
  });

  it("leaves to the next checkpoint only what comes after it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.cut(noonAnd(30 * second));
    expect(book.cut(noonAnd(45 * second)).open).toEqual([
      { feature: "cad.pro", seatMillis: 15_000 },
    ]);
    expect(book.cut(noonAnd(45 * second)).open).toEqual([]);
  });

  it("loses no fraction of a millisecond from one to the next", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), plus(0.7));
    expect(book.cut(plus(1.2)).open).toEqual([{ feature: "cad.pro", seatMillis: 1 }]);
    expect(book.cut(plus(1.9)).open).toEqual([]);
    expect(ofRelease(book, plus(3.1))).toBe(2);
  });

  it("counts nothing after the end of a lease that it is the first to see", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.cut(noonAnd(10 * minute)).open).toEqual([
      { feature: "cad.pro", seatMillis: 90_000 },
    ]);
    expect(book.decide(tick, noonAnd(10 * minute)).events).toMatchObject([{ seatMillis: 0 }]);
  });

  it("is taken back like a decision when it could not be written", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.keep();
    book.cut(noonAnd(30 * second));
    book.undo();
    expect(ofRelease(book, noonAnd(50 * second))).toBe(50_000);
  });
});

describe("a lease that was stored ten minutes before noon, when the daemon was alive for a minute more", () => {
  const stored: StoredLease = {
    id: leaseNo(1),
    ...holder(ada),
    feature: "cad.pro",
    version: "",
    versionDate: null,
    count: 1,
    key: keyNo(1),
    grantedAt: unixMillis(noon.wall - 10 * minute),
    leaseTime: seconds(90),
    overdraft: false,
    seatSince: unixMillis(noon.wall - 10 * minute),
    borrowed: null,
    lingersUntil: null,
  };
  const snapshot = { leases: [stored], lastAlive: unixMillis(noon.wall - 9 * minute) };

  it("was in use all the time when its client comes back", () => {
    const book = givenBook({ snapshot });
    book.decide(resume(ada, 1), noonAnd(minute));
    expect(ofRelease(book, noonAnd(2 * minute))).toBe(12 * minute);
  });

  it("was in use for one lease time more at most when nobody comes back", () => {
    const book = givenBook({ snapshot });
    expect(book.decide(tick, noonAnd(2 * minute)).events).toMatchObject([
      { reason: "expired", seatMillis: minute + 90 * second },
    ]);
  });

  it("was counted up to the last checkpoint before the restart", () => {
    const lastCut = unixMillis(noon.wall - 9.5 * minute);
    const book = givenBook({ snapshot: { ...snapshot, lastCut } });
    book.decide(resume(ada, 1), noon);
    expect(ofRelease(book, noonAnd(minute))).toBe(10.5 * minute);
  });

  it("is counted by a checkpoint only as far as it is sure, and in full when its client is back", () => {
    const book = givenBook({ snapshot });
    expect(book.cut(noonAnd(minute)).open).toEqual([{ feature: "cad.pro", seatMillis: 150_000 }]);
    expect(book.cut(noonAnd(minute)).open).toEqual([]);
    book.decide(resume(ada, 1), noonAnd(minute + second));
    expect(ofRelease(book, noonAnd(2 * minute))).toBe(12 * minute - 150_000);
  });

  it("is counted in full by the next checkpoint too, and once", () => {
    const book = givenBook({ snapshot });
    book.cut(noonAnd(minute));
    book.decide(resume(ada, 1), noonAnd(minute + second));
    expect(book.cut(noonAnd(2 * minute)).open).toEqual([
      { feature: "cad.pro", seatMillis: 12 * minute - 150_000 },
    ]);
    expect(ofRelease(book, noonAnd(2 * minute + second))).toBe(1_000);
  });

  it("was in use since its grant at least, when nothing tells how long the daemon was alive", () => {
    const book = givenBook({ snapshot: { leases: [stored] } });
    expect(book.decide(tick, noonAnd(2 * minute)).events).toMatchObject([{ seatMillis: 90_000 }]);
  });
});

describe("seat time beyond all measure, after the wall clock went astray", () => {
  it("stays a safe integer", () => {
    const book = givenBook({
      pools: [seats(1_000_000)],
      snapshot: {
        leases: [
          {
            id: leaseNo(1),
            ...holder(ada),
            feature: "cad.pro",
            version: "",
            versionDate: null,
            count: 1_000_000,
            key: keyNo(1),
            grantedAt: unixMillis(0),
            leaseTime: seconds(90),
            overdraft: false,
            seatSince: unixMillis(0),
            borrowed: null,
            lingersUntil: null,
          },
        ],
      },
    });
    book.decide(resume(ada, 1), noon);
    expect(ofRelease(book, noonAnd(second))).toBe(Number.MAX_SAFE_INTEGER);
  });
});
