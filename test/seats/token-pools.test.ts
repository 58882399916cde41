import { describe, expect, it } from "vitest";
import type { TokenGrant } from "../../src/seats/terms.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  day,
  dot,
  givenBook,
  grant,
  liveLeases,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  tick,
  waitFor,
} from "./given.ts";

const cost = (name: string, tokens: number) =>
  pool({ name, grants: [grant({ seats: 10 })], tokens: { pool: "all", cost: tokens } });

const tokens = (count: number, fields: Partial<TokenGrant> = {}): TokenGrant => ({
  name: "all",
  tokens: count,
  startsAt: null,
  endsAt: null,
  ...fields,
});

/** Five tokens; a seat of cad costs two of them, one of sim costs one. */
const given = { pools: [cost("cad", 2), cost("sim", 1)], tokens: [tokens(5)] };
const cad = { feature: "cad" };
const sim = { feature: "sim" };

describe("features that draw on one pool of tokens", () => {
  it("are granted while the pool has enough, whichever they are", () => {
    const book = givenBook(given);
    book.decide(acquire(ada, 1, cad), noon);
    book.decide(acquire(bob, 2, cad), noon);
    expect(book.decide(acquire(cid, 3, cad), noon).answer).toMatchObject({
      denial: {
        reason: "NO_SEATS",
        feature: "cad",
        hint: "too few all tokens are free, whatever seats are; wait in the queue or try again later",
      },
    });
    expect(book.decide(acquire(cid, 4, sim), noon).answer.kind).toBe("granted");
    expect(book.view(noon).tokens).toEqual([{ name: "all", tokens: 5, used: 5, free: 0 }]);
  });

  it("serve who waits for one with what comes back from another", () => {
    const book = givenBook(given);
    book.decide(acquire(ada, 1, { ...sim, count: 4 }), noon);
    book.decide(waitFor(bob, 2, cad), noon);
    const { notices } = book.decide(release(ada, 1), noon);
    expect(notices).toMatchObject([{ kind: "granted", client: bob.client }]);
  });

  it("stand in one line: cheap requests do not overtake a dear one", () => {
    const book = givenBook(given);
    book.decide(acquire(ada, 1, { ...sim, count: 2 }), noon);
    book.decide(acquire(dot, 2, { ...sim, count: 2 }), noon);
    book.decide(waitFor(bob, 3, cad), noon);
    expect(book.decide(acquire(cid, 4, sim), noon).answer.kind).toBe("denied");
    book.decide(release(ada, 1), noon);
    expect(liveLeases(book)).toEqual([2, 3]);
  });

  it("refuse at once what all tokens together cannot pay", () => {
    const book = givenBook(given);
    expect(book.decide(waitFor(ada, 1, { ...cad, count: 3 }), noon).answer).toMatchObject({
      denial: { reason: "TOO_MANY", hint: "all all tokens together are too few for this" },
    });
  });

  it("have the tokens of all licenses that are valid", () => {
    const soon = noonAnd(day).wall;
    const book = givenBook({ ...given, tokens: [tokens(1), tokens(4, { endsAt: soon })] });
    book.decide(acquire(ada, 1, { ...sim, count: 1 }), noon);
    book.decide(acquire(bob, 2, { ...cad, count: 2 }), noon);
    book.decide(renew(ada, 1), noonAnd(10));
    expect(book.nextDeadline()).toBe(noonAnd(90_000).mono);
    book.decide(tick, noonAnd(day));
    expect(book.view(noonAnd(day)).tokens).toMatchObject([{ tokens: 1, used: 0 }]);
  });
});
