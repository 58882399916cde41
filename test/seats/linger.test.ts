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
  renewQuietly,
  resume,
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

describe("a lease that ends when nobody works for two minutes", () => {
  const idle = { rules: { idleTimeout: [rule(120)] } };

  it("ends although it was renewed, and its client is told", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide(renewQuietly(ada, 1), noonAnd(80 * second));
    const { events, notices } = book.decide(tick, noonAnd(120 * second));
    expect(events).toMatchObject([{ type: "end", reason: "revoked", seatMillis: 120_000 }]);
    expect(notices).toMatchObject([{ kind: "idle", lease: leaseNo(1) }]);
    expect(book.decide(renew(ada, 1), noonAnd(121 * second)).answer).toMatchObject({
      lost: [{ reason: "LEASE_IDLE" }],
    });
  });

  it("goes on for two minutes more with each sign of work", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide(renewQuietly(ada, 1), noonAnd(80 * second));
    book.decide({ kind: "activity", by: ada, leases: [leaseNo(1)] }, noonAnd(110 * second));
    book.decide(renewQuietly(ada, 1), noonAnd(160 * second));
    book.decide(tick, noonAnd(229 * second));
    expect(liveLeases(book)).toEqual([1]);
    book.decide(tick, noonAnd(230 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("is worked with as long as its renewals do not say otherwise", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    for (let after = 1; after < 10; after += 1) {
      book.decide(renew(ada, 1), noonAnd(after * minute));
    }
    expect(liveLeases(book)).toEqual([1]);
    expect(book.decide(tick, noonAnd(630 * second)).notices).toMatchObject([{ kind: "expired" }]);
  });

  it("is not worked with because its connection came back", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide(resume(ada, 1), noonAnd(80 * second));
    expect(book.decide(tick, noonAnd(120 * second)).notices).toMatchObject([{ kind: "idle" }]);
  });

  it("is not kept by the work of another process", () => {
    const book = givenBook(idle);
    book.decide(acquire(ada, 1), noon);
    book.decide(renewQuietly(ada, 1), noonAnd(80 * second));
    book.decide({ kind: "activity", by: adaAgain, leases: [leaseNo(1)] }, noonAnd(110 * second));
    book.decide(tick, noonAnd(120 * second));
    expect(liveLeases(book)).toEqual([]);
  });

  it("has two minutes from the moment that the rule is new", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(newTerms({ pools: [pool()], ...idle }), noonAnd(80 * second));
    book.decide(renewQuietly(ada, 1), noonAnd(80 * second));
    book.decide(renewQuietly(ada, 1), noonAnd(160 * second));
    expect(book.nextDeadline()).toBe(noonAnd(200 * second).mono);
  });

  it("is never idle for less than its lease time, whatever the rule says", () => {
    const book = givenBook({ rules: { idleTimeout: [rule(10)] } });
    book.decide(acquire(ada, 1), noon);
    book.decide(tick, noonAnd(89 * second));
    expect(liveLeases(book)).toEqual([1]);
  });
});
