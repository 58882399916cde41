import { describe, expect, it } from "vitest";
import type { AcquireCommand } from "../../src/seats/command.ts";
import type { Caller } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  givenBook,
  leaseNo,
  liveLeases,
  noon,
  noonAnd,
  release,
  renew,
  resume,
  second,
  tick,
} from "./given.ts";

/** Ada's next process, with the instances of `live` connected. */
const asksAgain = (...live: readonly Caller[]): AcquireCommand =>
  acquire(adaAgain, 1, { liveInstances: new Set(live.map(({ instance }) => instance)) });

describe("a process that reconnects", () => {
  it("resumes its own lease, however many connections it has", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(resume(ada, 1, ada), noonAnd(30 * second)).answer).toMatchObject({
      leases: [{ id: leaseNo(1), expiresAt: noonAnd(120 * second).mono }],
      lost: [],
    });
  });

  it("writes nothing to disk for it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(resume(ada, 1), noon).changes).toEqual([]);
  });

  it("learns that the lease has expired meanwhile", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(resume(ada, 1), noonAnd(90 * second)).answer).toMatchObject({
      leases: [],
      lost: [{ reason: "LEASE_EXPIRED" }],
    });
  });
});

describe("an application that crashed and was started again", () => {
  it("takes over the lease of its earlier process, and the store hears of it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const { answer, changes, events } = book.decide(resume(adaAgain, 1, bob), noon);
    expect(answer).toMatchObject({ leases: [{ instance: adaAgain.instance }], lost: [] });
    expect(changes).toMatchObject([
      { kind: "lease-changed", lease: { id: leaseNo(1), instance: adaAgain.instance } },
    ]);
    expect(events).toEqual([]);
  });

  it("is the only holder from then on", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(resume(adaAgain, 1), noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "NOT_YOUR_LEASE" }],
    });
    expect(book.decide(renew(adaAgain, 1), noon).answer).toMatchObject({ lost: [] });
    expect(book.decide(release(adaAgain, 1), noon).answer).toEqual({ kind: "done" });
  });

  it("takes over nothing while the earlier process is connected", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(resume(adaAgain, 1, ada), noon).answer).toMatchObject({
      leases: [],
      lost: [{ lease: leaseNo(1), reason: "NOT_YOUR_LEASE" }],
    });
  });

  it("learns why a lease of the earlier process is gone", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide({ kind: "revoke", lease: leaseNo(1) }, noon);
    expect(book.decide(resume(adaAgain, 1), noon).answer).toMatchObject({
      lost: [{ reason: "LEASE_REVOKED" }],
    });
  });
});

describe("an application that crashed and asks again under its request key", () => {
  it("gets the same seat, and the store hears of its new process", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const { answer, changes, events } = book.decide(asksAgain(bob), noonAnd(30 * second));
    expect(answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(1), instance: adaAgain.instance, expiresAt: noonAnd(120 * second).mono },
    });
    expect(changes).toMatchObject([{ kind: "lease-changed", lease: { id: leaseNo(1) } }]);
    expect(events).toEqual([]);
    expect(liveLeases(book)).toEqual([1]);
  });

  it("gets nothing while the process that has it is connected", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(asksAgain(ada), noon).answer).toMatchObject({
      kind: "denied",
      denial: { reason: "NOT_YOUR_LEASE" },
    });
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({ lost: [] });
  });

  it("gets a new seat when the old one's time is over", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const again = { ...asksAgain(), newLease: leaseNo(2) };
    expect(book.decide(again, noonAnd(90 * second)).answer).toMatchObject({
      kind: "granted",
      lease: { id: leaseNo(2) },
    });
    expect(liveLeases(book)).toEqual([2]);
  });
});

describe("another client", () => {
  it("takes over nothing, whether the holder is connected or not", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(resume(bob, 1), noon).answer).toMatchObject({
      leases: [],
      lost: [{ reason: "NOT_YOUR_LEASE" }],
    });
    book.decide(tick, noon);
    expect(liveLeases(book)).toEqual([1]);
  });
});
