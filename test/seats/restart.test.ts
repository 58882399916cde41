import { describe, expect, it } from "vitest";
import { days, monoMillis, seconds, unixMillis } from "../../src/base/time.ts";
import type { StoredLease } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  day,
  givenBook,
  holder,
  keyNo,
  leaseNo,
  liveLeases,
  meter,
  minute,
  noon,
  noonAnd,
  pool,
  record,
  renew,
  resume,
  seats,
  second,
  tick,
} from "./given.ts";

/** Granted to Ada ten minutes before noon. */
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

describe("a daemon that starts at noon, with a stored lease", () => {
  it("gives it one lease time of grace, and its seat to nobody else", () => {
    const book = givenBook({ snapshot: { leases: [stored] } });
    expect(book.lease(leaseNo(1))).toEqual({
      ...stored,
      startedAt: noonAnd(-10 * minute).mono,
      seatFrom: noonAnd(-10 * minute).mono,
      expiresAt: noonAnd(90 * second).mono,
      activeAt: noon.mono,
      idleAt: null,
      restored: true,
    });
    expect(book.decide(acquire(bob, 2), noonAnd(90 * second - 1)).answer.kind).toBe("denied");
    expect(book.decide(acquire(bob, 2), noonAnd(90 * second)).answer.kind).toBe("granted");
  });

  it("lets its holder go on as if nothing had happened", () => {
    const book = givenBook({ snapshot: { leases: [stored] } });
    expect(book.decide(resume(ada, 1), noonAnd(80 * second)).answer).toMatchObject({
      leases: [{ id: leaseNo(1), restored: false, startedAt: noonAnd(-10 * minute).mono }],
    });
    book.decide(tick, noonAnd(169 * second));
    expect(liveLeases(book)).toEqual([1]);
  });

  it("answers a request from before the restart with the lease it was given", () => {
    const book = givenBook({ snapshot: { leases: [stored] } });
    expect(book.decide(acquire(ada, 1, { newLease: leaseNo(9) }), noon).answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(1) },
    });
  });

  it("still knows whose it is", () => {
    const book = givenBook({ snapshot: { leases: [stored] } });
    expect(book.decide(renew(bob, 1), noon).answer).toMatchObject({
      lost: [{ reason: "NOT_YOUR_LEASE" }],
    });
    expect(book.decide(resume(adaAgain, 1), noon).answer).toMatchObject({ lost: [] });
  });

  it("gives the longer grace where the license grants longer leases by now", () => {
    const hourly = pool({ leaseTime: seconds(3_600) });
    const book = givenBook({ pools: [hourly], snapshot: { leases: [stored] } });
    expect(book.nextDeadline()).toBe(noonAnd(60 * minute).mono);
  });

  it("keeps it until its renewal when no license names the feature any more", () => {
    const book = givenBook({ pools: [], snapshot: { leases: [stored] } });
    expect(liveLeases(book)).toEqual([1]);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "NO_LICENSE" }],
    });
  });

  it("begins on its own monotonic clock", () => {
    const fresh = { wall: noon.wall, mono: monoMillis(5) };
    const book = givenBook({ snapshot: { leases: [stored] }, now: fresh });
    expect(book.lease(leaseNo(1))).toMatchObject({ startedAt: 5 - 600_000, expiresAt: 90_005 });
  });

  it("gives no age to a lease that was granted in the future by the wall clock", () => {
    const future = { ...stored, grantedAt: noonAnd(day).wall };
    const book = givenBook({ snapshot: { leases: [future] } });
    expect(book.lease(leaseNo(1))).toMatchObject({ startedAt: noon.mono });
  });
});

describe("more stored leases than the license has seats by now", () => {
  it("go on until their renewal; those that began first keep their seats", () => {
    const younger = {
      ...stored,
      ...holder(bob),
      id: leaseNo(2),
      key: keyNo(2),
      grantedAt: unixMillis(noon.wall - minute),
    };
    const book = givenBook({ pools: [seats(1)], snapshot: { leases: [younger, stored] } });
    expect(liveLeases(book)).toEqual([1, 2]);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({ lost: [] });
    expect(book.decide(renew(bob, 2), noon).answer).toMatchObject({
      lost: [{ reason: "NO_SEATS" }],
    });
  });
});

describe("a daemon that starts with stored usage", () => {
  const usage = {
    meters: [{ meter: "render.minutes", period: "total", total: 99 }],
    usageKeys: [{ client: ada.client, key: keyNo(1), wall: noon.wall }],
  };

  it("goes on counting where it stopped", () => {
    const book = givenBook({ meters: [meter()], snapshot: usage });
    expect(book.decide(record(ada, 2, { units: 2 }), noon).answer).toMatchObject({
      results: [{ denial: { reason: "QUOTA_EXHAUSTED" } }],
    });
    expect(book.decide(record(ada, 3), noon).changes).toMatchObject([{ total: 100 }, {}]);
  });

  it("does not count a record again", () => {
    const book = givenBook({ meters: [meter()], snapshot: usage });
    expect(book.decide(record(ada, 1), noon).answer).toMatchObject({
      results: [{ kind: "repeated" }],
    });
  });

  it("refuses what is older than the keys it still has, whatever the late limit is now", () => {
    const book = givenBook({
      meters: [meter({ lateLimit: days(30) })],
      snapshot: { usageKeysForgottenBefore: unixMillis(noon.wall - 3 * day) },
    });
    const usedAt = unixMillis(noon.wall - 2 * day);
    const older = unixMillis(usedAt - 1);
    expect(book.decide(record(ada, 1, { usedAt }), noon).answer).toMatchObject({
      results: [{ kind: "counted" }],
    });
    expect(book.decide(record(ada, 2, { usedAt: older }), noon).answer).toMatchObject({
      results: [{ denial: { reason: "USAGE_TOO_LATE" } }],
    });
  });
});
