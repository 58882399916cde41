import { describe, expect, it } from "vitest";
import {
  acquire,
  ada,
  bob,
  cid,
  givenBook,
  inGroups,
  leaseNo,
  noon,
  noonAnd,
  second,
  tick,
} from "./given.ts";

const rules = {
  exclude: [{ ruleId: "no-interns", feature: "*", who: ["interns"] }],
  include: [{ ruleId: "cad", feature: "cad.pro", who: ["cad-team"] }],
};

describe("the question what would happen now", () => {
  it("is answered with every reason, the one that decides first", () => {
    const book = givenBook({ rules });
    book.decide(acquire(inGroups(ada, "cad-team"), 1), noon);
    const { answer, reasons } = book.explain(acquire(inGroups(cid, "interns"), 2), noon);
    expect(answer).toMatchObject({ kind: "denied", denial: { reason: "EXCLUDED" } });
    expect(reasons).toMatchObject([
      { reason: "EXCLUDED", ruleId: "no-interns" },
      { reason: "NOT_INCLUDED", ruleId: "cad" },
      { reason: "NO_SEATS", queuePosition: 1, retryAfter: 90_000 },
    ]);
  });

  it("has no reason against what would be granted", () => {
    const book = givenBook();
    expect(book.explain(acquire(ada, 1), noon)).toMatchObject({
      answer: { kind: "granted", lease: { id: leaseNo(1) } },
      reasons: [],
    });
  });

  it("changes nothing: no seat, no denial, no end of a lease that is due", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.keep();
    const before = book.view(noon);
    const later = noonAnd(90 * second);
    expect(book.explain(acquire(bob, 2), later).answer.kind).toBe("granted");
    expect(book.view(noon)).toEqual(before);
    expect(book.decide(tick, later).events).toMatchObject([{ type: "end", lease: leaseNo(1) }]);
  });

  it("takes nothing away from what was decided in the same group", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    expect(book.explain(acquire(bob, 2), noon).answer.kind).toBe("denied");
    expect(book.features()).toMatchObject([{ used: 1 }]);
    book.undo();
    expect(book.features()).toMatchObject([{ used: 0 }]);
  });
});
