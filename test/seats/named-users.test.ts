import { describe, expect, it } from "vitest";
import type { Command } from "../../src/seats/command.ts";
import type { Caller } from "../../src/seats/lease.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  day,
  givenBook,
  grant,
  keyNo,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  seats,
  waitFor,
} from "./given.ts";

const namedFor = (max: number) => ({ ...seats(5), namedUsers: { max, changesPerMonth: 1 } });
const name = ({ user }: Caller): Command => ({ kind: "name-user", feature: "cad.pro", user });
const unname = ({ user }: Caller): Command => ({ kind: "unname-user", feature: "cad.pro", user });

describe("a feature for two named users", () => {
  it("is granted to users on the site's list alone", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    expect(book.decide(acquire(ada, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_NAMED_USER" },
    });
    const { changes, events } = book.decide(name(ada), noon);
    const what = { feature: "cad.pro", user: ada.user };
    expect(changes).toEqual([{ kind: "user-named", ...what, since: noon.wall }]);
    expect(events).toEqual([{ type: "naming", ...what, wall: noon.wall, change: "named" }]);
    expect(book.decide(acquire(ada, 2), noon).answer.kind).toBe("granted");
  });

  it("names no more than the license allows", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(ada), noon);
    book.decide(name(bob), noon);
    expect(book.decide(name(cid), noon).answer).toMatchObject({
      denial: { reason: "NAMED_USERS_FULL", hint: "the license names 2 users; take one off first" },
    });
  });

  it("lets the site replace as many users a month as the license says, and records it", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(ada), noon);
    book.decide(name(bob), noon);
    expect(book.decide(unname(ada), noon).changes).toEqual([
      { kind: "user-unnamed", feature: "cad.pro", user: ada.user, month: "2026-11", changes: 1 },
    ]);
    expect(book.decide(name(cid), noon).answer).toEqual({ kind: "listed", changed: true });
    expect(book.decide(unname(bob), noon).answer).toMatchObject({
      denial: { reason: "NAMED_USERS_FIXED" },
    });
    expect(book.decide(unname(bob), noonAnd(9 * day)).answer).toEqual({
      kind: "listed",
      changed: true,
    });
  });

  it("ends the lease of a user taken off the list at its next renewal", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(ada), noon);
    book.decide(acquire(ada, 1), noon);
    book.decide(unname(ada), noon);
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "NOT_NAMED_USER" }],
    });
  });

  it("sends away who waits and is taken off the list, and gives nobody unnamed a seat", () => {
    const book = givenBook({ pools: [{ ...namedFor(2), grants: [grant()] }] });
    book.decide(name(ada), noon);
    book.decide(name(bob), noon);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    expect(book.decide(unname(bob), noon).notices).toMatchObject([
      { kind: "queue-dropped", key: keyNo(2), denial: { reason: "NOT_NAMED_USER" } },
    ]);
    expect(book.decide(release(ada, 1), noon).notices).toEqual([]);
  });

  it("counts those first who were named first when the license shrinks", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(bob), noon);
    book.decide(name(ada), noonAnd(1));
    book.decide(newTerms({ pools: [namedFor(1)] }), noonAnd(2));
    expect(book.decide(acquire(ada, 1), noonAnd(3)).answer.kind).toBe("denied");
    expect(book.decide(acquire(bob, 2), noonAnd(3)).answer.kind).toBe("granted");
  });

  it("shows the list and what may still be changed", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(ada), noon);
    expect(book.view(noon).named).toEqual([
      {
        feature: "cad.pro",
        max: 2,
        users: [{ user: ada.user, since: noon.wall, counts: true }],
        changesLeft: 1,
      },
    ]);
  });

  it("is remembered over a restart", () => {
    const book = givenBook({
      pools: [namedFor(2)],
      snapshot: {
        namedUsers: [{ feature: "cad.pro", user: ada.user, since: noon.wall }],
        namingCounts: [{ feature: "cad.pro", month: "2026-11", changes: 1 }],
      },
    });
    expect(book.decide(acquire(ada, 1), noon).answer.kind).toBe("granted");
    expect(book.decide(unname(ada), noon).answer.kind).toBe("denied");
  });

  it("may be edited twice with the same effect as once, and taken back by undo", () => {
    const book = givenBook({ pools: [namedFor(2)] });
    book.decide(name(ada), noon);
    expect(book.decide(name(ada), noon).changes).toEqual([]);
    book.undo();
    expect(book.view(noon).named).toMatchObject([{ users: [] }]);
  });
});

describe("a feature for everybody", () => {
  it("has no list to edit", () => {
    const book = givenBook({ pools: [pool()] });
    expect(book.decide(name(ada), noon).answer).toMatchObject({
      denial: { reason: "NOT_LICENSED_FEATURE" },
    });
  });
});
