import { describe, expect, it } from "vitest";
import type { SeatBook } from "../../src/seats/book.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  givenBook,
  keyNo,
  leaseNo,
  liveLeases,
  noon,
  noonAnd,
  release,
  renew,
  second,
  tick,
  waitFor,
} from "./given.ts";

function heldByAda(): SeatBook {
  const book = givenBook();
  book.decide(acquire(ada, 1), noon);
  return book;
}

describe.each([
  { who: "another client", by: bob },
  { who: "another process of the same client", by: adaAgain },
])("a lease of Ada's, in the eyes of $who", ({ by }) => {
  it("cannot be renewed", () => {
    const book = heldByAda();
    expect(book.decide(renew(by, 1), noonAnd(second)).answer).toMatchObject({
      leases: [],
      lost: [{ reason: "NOT_YOUR_LEASE" }],
    });
    expect(book.nextDeadline()).toBe(noonAnd(90 * second).mono);
  });

  it("cannot be released", () => {
    const book = heldByAda();
    expect(book.decide(release(by, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_YOUR_LEASE" },
    });
    expect(liveLeases(book)).toEqual([1]);
  });

  it("cannot be cancelled by the key of its request", () => {
    const book = heldByAda();
    book.decide({ kind: "cancel", by, key: keyNo(1) }, noon);
    expect(liveLeases(book)).toEqual([1]);
  });
});

describe("the fate of a lease that is gone", () => {
  it("is told to its client", () => {
    const book = heldByAda();
    book.decide(tick, noonAnd(90 * second));
    expect(book.decide(release(ada, 1), noonAnd(90 * second)).answer).toMatchObject({
      denial: { reason: "LEASE_EXPIRED", feature: "cad.pro" },
    });
  });

  it("is no business of another client", () => {
    const book = heldByAda();
    book.decide(tick, noonAnd(90 * second));
    expect(book.decide(release(bob, 1), noonAnd(90 * second)).answer).toMatchObject({
      denial: { reason: "LEASE_UNKNOWN", feature: "" },
    });
  });

  it("is unknown to its holder too when it gave the seat back itself", () => {
    const book = heldByAda();
    book.decide(release(ada, 1), noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "LEASE_UNKNOWN" }],
    });
  });
});

describe("a lease that the administrator takes back", () => {
  it("ends at once, its holder is told, and the next in the queue has the seat", () => {
    const book = heldByAda();
    book.decide(waitFor(bob, 2), noon);
    const decision = book.decide({ kind: "revoke", lease: leaseNo(1) }, noonAnd(second));
    expect(decision.answer).toEqual({ kind: "done" });
    expect(decision.events).toMatchObject([
      { type: "end", reason: "revoked", seatMillis: 1_000 },
      { type: "grant", lease: leaseNo(2) },
    ]);
    expect(decision.notices).toMatchObject([
      { kind: "revoked", client: ada.client, instance: ada.instance, lease: leaseNo(1) },
      { kind: "granted", client: bob.client },
    ]);
  });

  it("cannot be renewed, and the reason is the administrator", () => {
    const book = heldByAda();
    book.decide({ kind: "revoke", lease: leaseNo(1) }, noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "LEASE_REVOKED" }],
    });
  });

  it("must be there", () => {
    const book = heldByAda();
    expect(book.decide({ kind: "revoke", lease: leaseNo(7) }, noon).answer).toMatchObject({
      denial: { reason: "LEASE_UNKNOWN" },
    });
  });
});
