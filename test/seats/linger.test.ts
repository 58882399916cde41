import { describe, expect, it } from "vitest";
import type { SpanRule } from "../../src/base/site-rules.ts";
import { seconds, unixMillis } from "../../src/base/time.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  givenBook,
  grant,
  holder,
  inGroups,
  keyNo,
  leaseNo,
  liveLeases,
  minute,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  second,
  tick,
  waitFor,
} from "./given.ts";

const rule = (span: number): SpanRule => ({
  ruleId: "a-rule",
  feature: "cad.pro",
  who: null,
  span: seconds(span),
});
const lingering = { rules: { linger: [rule(30)] } };

describe("a released seat that lingers for 30 seconds", () => {
  it("stays with its holder and is given to nobody else, even one who waits", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    const { answer, events, changes } = book.decide(release(ada, 1), noonAnd(second));
    expect(answer).toEqual({ kind: "done" });
    expect(events).toEqual([]);
    expect(changes).toMatchObject([
      { kind: "lease-changed", lease: { lingersUntil: noonAnd(31 * second).wall } },
    ]);
    expect(book.features()).toMatchObject([{ used: 1, free: 0 }]);
    book.decide(tick, noonAnd(31 * second - 1));
    expect(liveLeases(book)).toEqual([1]);
  });

  it("comes back by itself, as released, and has counted as used until then", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    book.decide(release(ada, 1), noonAnd(second));
    const { events, notices } = book.decide(tick, noonAnd(31 * second));
    expect(events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "released", seatMillis: 31_000 },
      { type: "grant", lease: leaseNo(2) },
    ]);
    expect(notices).toMatchObject([{ kind: "granted", client: bob.client }]);
  });

  it("is given back to its holder at once, past those who wait", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    book.decide(release(ada, 1), noonAnd(second));
    const { answer, events } = book.decide(acquire(adaAgain, 3), noonAnd(2 * second));
    expect(answer).toMatchObject({ kind: "granted", lease: { id: leaseNo(3), overdraft: false } });
    expect(events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "released", seatMillis: 2_000 },
      { type: "grant", lease: leaseNo(3) },
    ]);
  });

  it("is at once for its holder who waits for another", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(ada, 2), noon);
    expect(book.decide(release(ada, 1), noon).notices).toMatchObject([
      { kind: "granted", key: keyNo(2) },
    ]);
    expect(liveLeases(book)).toEqual([2]);
  });

  it("is for its holder who waits behind a bigger request, whatever the license says by then", () => {
    const grants = [grant({ versionMax: "1" }), grant()];
    const book = givenBook({ ...lingering, pools: [pool({ grants })] });
    book.decide(acquire(ada, 1, { version: "1" }), noon);
    book.decide(acquire(bob, 2, { version: "2" }), noon);
    book.decide(waitFor(bob, 3, { version: "1", count: 2 }), noon);
    book.decide(waitFor(ada, 4, { version: "2" }), noon);
    expect(book.decide(release(ada, 1), noon).notices).toEqual([]);
    const anyVersion = newTerms({ pools: [pool({ grants: [grant({ seats: 2 })] })] });
    expect(book.decide(anyVersion, noonAnd(second)).notices).toMatchObject([
      { kind: "granted", key: keyNo(4) },
    ]);
    expect(liveLeases(book)).toEqual([2, 4]);
  });

  it("is released for its client: again is done still, renewed it is unknown", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    expect(book.decide(release(ada, 1), noon).answer).toEqual({ kind: "done" });
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "LEASE_UNKNOWN" }],
    });
  });

  it("lingers on over a restart, for the rest of its time", () => {
    const stored = {
      id: leaseNo(1),
      ...holder(ada),
      feature: "cad.pro",
      version: "",
      versionDate: null,
      count: 1,
      key: keyNo(1),
      grantedAt: unixMillis(noon.wall - minute),
      leaseTime: seconds(90),
      overdraft: false,
      seatSince: unixMillis(noon.wall - minute),
      borrowed: null,
      lingersUntil: unixMillis(noon.wall + 5 * second),
    };
    const book = givenBook({ ...lingering, snapshot: { leases: [stored] } });
    expect(book.decide(acquire(bob, 2), noonAnd(4 * second)).answer.kind).toBe("denied");
    expect(book.decide(tick, noonAnd(5 * second)).events).toMatchObject([
      { reason: "released", seatMillis: 65_000 },
    ]);
  });

  it("can be taken back by the administrator", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    const { notices, events } = book.decide({ kind: "revoke", lease: leaseNo(1) }, noon);
    expect(events).toMatchObject([{ reason: "revoked" }]);
    expect(notices).toEqual([]);
  });

  it("lingers as long as license or rule say, whichever is longer", () => {
    const book = givenBook({ ...lingering, pools: [pool({ linger: seconds(60) })] });
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    expect(book.nextDeadline()).toBe(noonAnd(60 * second).mono);
  });

  it("does not linger for those whom the rule does not mean", () => {
    const linger = [{ ...rule(30), who: ["field"] }];
    const book = givenBook({ rules: { linger } });
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noon);
    expect(liveLeases(book)).toEqual([]);
    book.decide(acquire(inGroups(bob, "field"), 2), noon);
    book.decide(release(bob, 2), noon);
    expect(liveLeases(book)).toEqual([2]);
  });

  it("that nobody renews is not released, and does not linger", () => {
    const book = givenBook(lingering);
    book.decide(acquire(ada, 1), noon);
    book.decide(tick, noonAnd(90 * second));
    expect(liveLeases(book)).toEqual([]);
  });
});

describe("a seat that is used for a minute at least", () => {
  const minimum = { rules: { minLease: [rule(60)] } };

  it("stays with its holder until then", () => {
    const book = givenBook(minimum);
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noonAnd(20 * second));
    expect(book.nextDeadline()).toBe(noonAnd(60 * second).mono);
  });

  it("comes back at once after it", () => {
    const book = givenBook(minimum);
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noonAnd(60 * second));
    expect(liveLeases(book)).toEqual([]);
  });
});

describe("a lease that ends when nobody works for a minute", () => {
  const idle = { rules: { idleTimeout: [rule(60)] } };

  it("ends although it was renewed, and its client is told", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide(renew(ada, 1), noonAnd(50 * second));
    const { events, notices } = book.decide(tick, noonAnd(60 * second));
    expect(events).toMatchObject([{ type: "end", reason: "revoked", seatMillis: 60_000 }]);
    expect(notices).toMatchObject([{ kind: "idle", lease: leaseNo(1) }]);
    expect(book.decide(renew(ada, 1), noonAnd(61 * second)).answer).toMatchObject({
      lost: [{ reason: "LEASE_IDLE" }],
    });
  });

  it("goes on for another minute with each sign of work", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide({ kind: "activity", by: ada, leases: [leaseNo(1)] }, noonAnd(50 * second));
    book.decide(renew(ada, 1), noonAnd(50 * second));
    book.decide(tick, noonAnd(109 * second));
    expect(liveLeases(book)).toEqual([1]);
    book.decide(tick, noonAnd(110 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("is not kept by the work of another process", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide({ kind: "activity", by: adaAgain, leases: [leaseNo(1)] }, noonAnd(50 * second));
    book.decide(tick, noonAnd(60 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("has a minute from the moment that the rule is new", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(newTerms({ pools: [pool()], ...idle }), noonAnd(80 * second));
    book.decide(renew(ada, 1), noonAnd(80 * second));
    expect(book.nextDeadline()).toBe(noonAnd(140 * second).mono);
  });
});
