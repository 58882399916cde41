import { describe, expect, it } from "vitest";
import { DENIAL_HINTS, DENIAL_REASONS } from "../../src/base/denial.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  givenBook,
  minute,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  second,
  waitFor,
} from "./given.ts";

describe("a refused request", () => {
  it("explains itself: reason, feature, place in the queue, expected wait, what to do", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(acquire(bob, 2), noonAnd(30 * second)).answer).toEqual({
      kind: "denied",
      denial: {
        reason: "NO_SEATS",
        feature: "cad.pro",
        queuePosition: 1,
        retryAfter: 60_000,
        hint: "all seats are taken; wait in the queue or try again later",
      },
    });
  });

  it("for a name that no license knows is recorded without that name, once", () => {
    const book = givenBook();
    const asked = ["cad.ultra", "ada.lovelace"].map((feature, index) =>
      book.decide(acquire(bob, index, { feature }), noon),
    );
    expect(asked.map(({ answer }) => answer)).toMatchObject([
      { denial: { reason: "NOT_LICENSED_FEATURE", feature: "cad.ultra" } },
      { denial: { reason: "NOT_LICENSED_FEATURE", feature: "ada.lovelace" } },
    ]);
    expect(asked.flatMap(({ events }) => events)).toMatchObject([
      { type: "denial", feature: "*", reason: "NOT_LICENSED_FEATURE" },
    ]);
  });

  it("gives no wait that could not help", () => {
    const book = givenBook();
    expect(book.decide(acquire(bob, 2, { count: 2 }), noon).answer).toEqual({
      kind: "denied",
      denial: {
        reason: "TOO_MANY",
        feature: "cad.pro",
        hint: "more seats than the license has can never be granted; ask for fewer",
      },
    });
  });

  it("is recorded under the pseudonym of who asked, and changes nothing else", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    const decision = book.decide(acquire(bob, 2), noonAnd(second));
    expect(decision.changes).toEqual([]);
    expect(decision.events).toEqual([
      {
        type: "denial",
        wall: noonAnd(second).wall,
        feature: "cad.pro",
        reason: "NO_SEATS",
        user: bob.user,
      },
    ]);
  });
});

describe("a refused client that tries again and again", () => {
  it("is one denial in the report, not many", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(renew(ada, 1), noonAnd(60 * second));
    expect(book.decide(acquire(bob, 3), noonAnd(80 * second)).events).toEqual([]);
    book.decide(renew(ada, 1), noonAnd(120 * second));
    expect(book.decide(acquire(bob, 4), noonAnd(160 * second)).events).toEqual([]);
  });

  it("is a new denial after one lease time without a retry", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(renew(ada, 1), noonAnd(60 * second));
    const later = book.decide(acquire(bob, 3), noonAnd(90 * second));
    expect(later.events).toMatchObject([{ type: "denial", reason: "NO_SEATS" }]);
  });

  it("is a new denial for another reason, another feature or another process", () => {
    const book = givenBook({ pools: [pool(), pool({ name: "sim" })] });
    const tooMany = { count: 9 };
    expect(book.decide(acquire(ada, 1, tooMany), noon).events).toHaveLength(1);
    expect(book.decide(acquire(ada, 1, tooMany), noon).events).toHaveLength(0);
    expect(book.decide(acquire(adaAgain, 1, tooMany), noon).events).toHaveLength(1);
    expect(book.decide(acquire(ada, 1, { ...tooMany, feature: "sim" }), noon).events).toHaveLength(
      1,
    );
    expect(book.decide(acquire(ada, 1, { feature: "xyz" }), noon).events).toHaveLength(1);
  });

  it("is still refused, though not recorded, when too many denials are told apart already", () => {
    const book = givenBook({ limits: { denialsRemembered: 1 } });
    expect(book.decide(acquire(ada, 1, { feature: "x" }), noon).events).toHaveLength(1);
    const refused = book.decide(acquire(bob, 1, { feature: "x" }), noon);
    expect(refused.answer.kind).toBe("denied");
    expect(refused.events).toEqual([]);
    book.keep();
    book.decide(acquire(bob, 1, { feature: "x" }), noonAnd(2 * minute));
    book.keep();
    expect(book.decide(acquire(bob, 1, { feature: "x" }), noonAnd(2 * minute)).events).toHaveLength(
      1,
    );
  });
});

describe("a request that waits", () => {
  it("is not a denial", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(waitFor(bob, 2), noon).events).toEqual([]);
  });
});

describe("a refusal to touch somebody's lease", () => {
  it("says nothing about demand and is not recorded", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(release(bob, 1), noon).events).toEqual([]);
    expect(book.decide(renew(bob, 1), noon).events).toEqual([]);
  });
});

describe("the reasons of docs/ERRORS.md", () => {
  it("have a hint each, in lower case without a full stop", () => {
    expect(Object.keys(DENIAL_HINTS)).toEqual([...DENIAL_REASONS]);
    expect(Object.values(DENIAL_HINTS).filter((hint) => !/^[a-z].*[^.]$/.test(hint))).toEqual([]);
  });
});
