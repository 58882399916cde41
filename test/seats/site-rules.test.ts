import { describe, expect, it } from "vitest";
import {
  acquire,
  ada,
  bob,
  cid,
  dot,
  givenBook,
  inGroups,
  keyNo,
  leaseNo,
  liveLeases,
  newTerms,
  noon,
  noonAnd,
  pool,
  release,
  renew,
  seats,
  second,
  waitFor,
  waiting,
} from "./given.ts";

const cadAda = inGroups(ada, "cad-team");
const cadBob = inGroups(bob, "cad-team");
const intern = inGroups(cid, "interns");

describe("a feature that the site excludes some from", () => {
  const exclude = [
    {
      ruleId: "no-interns",
      feature: "cad.*",
      who: ["interns"],
      reason: "interns use the viewer",
    },
  ];

  it("is refused to them with the rule and the administrator's reason", () => {
    const book = givenBook({ rules: { exclude } });
    expect(book.decide(acquire(intern, 1, { wait: true }), noon).answer).toEqual({
      kind: "denied",
      denial: {
        reason: "EXCLUDED",
        feature: "cad.pro",
        ruleId: "no-interns",
        ruleReason: "interns use the viewer",
        hint: "the site's rules exclude you; ask the license administrator",
      },
    });
  });

  it("is granted to everybody else", () => {
    const book = givenBook({ rules: { exclude } });
    expect(book.decide(acquire(cadAda, 1), noon).answer.kind).toBe("granted");
  });

  it("ends the leases they have at the next renewal, with the reason", () => {
    const book = givenBook();
    book.decide(acquire(intern, 1), noon);
    const { changes } = book.decide(newTerms({ pools: [pool()], rules: { exclude } }), noon);
    expect(changes).toEqual([]);
    const { answer, events } = book.decide(renew(intern, 1), noonAnd(30 * second));
    expect(answer).toMatchObject({
      lost: [{ reason: "EXCLUDED", ruleId: "no-interns", ruleReason: "interns use the viewer" }],
    });
    expect(events).toMatchObject([{ type: "end", reason: "revoked", seatMillis: 30_000 }]);
  });

  it("sends away those who wait for it", () => {
    const book = givenBook();
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(intern, 2), noon);
    const { notices } = book.decide(newTerms({ pools: [pool()], rules: { exclude } }), noon);
    expect(notices).toMatchObject([{ kind: "queue-dropped", denial: { reason: "EXCLUDED" } }]);
  });

  it("asks again who somebody is at each renewal", () => {
    const book = givenBook({ rules: { exclude } });
    book.decide(acquire(cid, 3), noon);
    expect(book.decide(renew(intern, 3), noon).answer).toMatchObject({
      lost: [{ reason: "EXCLUDED" }],
    });
  });

  it("asks again who somebody is that waits, when the daemon says who is connected", () => {
    const book = givenBook({ rules: { exclude } });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(cid, 2), noon);
    const { notices } = book.decide({ kind: "reconnect", by: intern }, noon);
    expect(notices).toMatchObject([{ kind: "queue-dropped", denial: { reason: "EXCLUDED" } }]);
  });
});

describe("a feature that the site includes only some for", () => {
  const include = [
    { ruleId: "cad", feature: "cad.pro", who: ["cad-team"] },
    { ruleId: "admins", feature: "cad.pro", who: ["admins"] },
  ];

  it("is granted to each of those", () => {
    const book = givenBook({ pools: [seats(2)], rules: { include } });
    expect(book.decide(acquire(cadAda, 1), noon).answer.kind).toBe("granted");
    expect(book.decide(acquire(inGroups(bob, "admins"), 2), noon).answer.kind).toBe("granted");
  });

  it("is refused to all others", () => {
    const book = givenBook({ rules: { include } });
    expect(book.decide(acquire(intern, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_INCLUDED", ruleId: "cad" },
    });
  });

  it("does not keep anybody from other features", () => {
    const book = givenBook({ pools: [pool({ name: "sim" })], rules: { include } });
    expect(book.decide(acquire(intern, 1, { feature: "sim" }), noon).answer.kind).toBe("granted");
  });
});

describe("a feature for proven users alone", () => {
  const requireBound = [
    { ruleId: "proven", feature: "cad.pro", who: null, labels: ["user"] as const },
  ];

  it("is refused where nothing but the client's word says who the user is", () => {
    const book = givenBook({ rules: { requireBound } });
    expect(book.decide(acquire(ada, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_BOUND", ruleId: "proven" },
    });
  });

  it("is granted to who is proven", () => {
    const book = givenBook({ rules: { requireBound } });
    const bound = { user: true, host: false };
    const proven = { ...ada, standing: { ...ada.standing, bound } };
    expect(book.decide(acquire(proven, 1), noon).answer.kind).toBe("granted");
    expect(book.decide(renew(ada, 1), noon).answer).toMatchObject({
      lost: [{ reason: "NOT_BOUND" }],
    });
  });
});

describe("a limit per user, host or group", () => {
  it("refuses one seat more than a user may have, even if others are free", () => {
    const max = [
      { ruleId: "one-each", feature: "cad.pro", seats: 1, per: "user", who: null },
    ] as const;
    const book = givenBook({ pools: [seats(5)], rules: { max } });
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(acquire(ada, 2, { wait: true }), noon).answer).toEqual({
      kind: "denied",
      denial: {
        reason: "OVER_MAX",
        feature: "cad.pro",
        ruleId: "one-each",
        hint: "release a seat first, or ask the license administrator to raise the limit",
      },
    });
    expect(book.decide(acquire(bob, 3), noon).answer.kind).toBe("granted");
    book.decide(release(ada, 1), noon);
    expect(book.decide(acquire(ada, 4), noon).answer.kind).toBe("granted");
  });

  it("counts all users of a group together, and names them where the site shows holders", () => {
    const max = [
      { ruleId: "team", feature: "cad.pro", seats: 2, per: "group", who: ["cad-team"] },
    ] as const;
    const book = givenBook({ pools: [seats(5)], rules: { max, showHolders: "pseudonym" } });
    book.decide(acquire(cadAda, 1), noon);
    book.decide(acquire(cadBob, 2), noon);
    book.decide(acquire(cid, 3), noon);
    expect(book.decide(acquire(inGroups(dot, "cad-team"), 4), noon).answer).toMatchObject({
      denial: { reason: "OVER_MAX", ruleId: "team", holders: [ada.user, bob.user] },
    });
    expect(book.decide(acquire(dot, 5), noon).answer.kind).toBe("granted");
  });

  it("counts per host whatever the user", () => {
    const max = [{ ruleId: "host", feature: "*", seats: 1, per: "host", who: null }] as const;
    const book = givenBook({ pools: [seats(5)], rules: { max } });
    book.decide(acquire(ada, 1), noon);
    expect(book.decide(acquire({ ...bob, host: ada.host }, 2), noon).answer).toMatchObject({
      denial: { reason: "OVER_MAX" },
    });
  });

  it("that is new ends the youngest of the leases that are too many", () => {
    const max = [{ ruleId: "one", feature: "cad.pro", seats: 1, per: "user", who: null }] as const;
    const book = givenBook({ pools: [seats(5)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(ada, 2), noonAnd(1));
    book.decide(newTerms({ pools: [seats(5)], rules: { max } }), noonAnd(second));
    expect(book.decide(renew(ada, 2, 1), noonAnd(second)).answer).toMatchObject({
      leases: [{ id: leaseNo(1) }],
      lost: [{ lease: leaseNo(2), reason: "OVER_MAX", ruleId: "one" }],
    });
  });

  it("makes who waits step over, not those behind", () => {
    const max = [{ ruleId: "one", feature: "cad.pro", seats: 1, per: "user", who: null }] as const;
    const book = givenBook({ pools: [seats(2)], rules: { max } });
    book.decide(acquire(bob, 1), noon);
    book.decide(acquire(cid, 2), noon);
    book.decide(waitFor(ada, 3), noon);
    book.decide(waitFor(ada, 4), noon);
    book.decide(waitFor(dot, 5), noon);
    book.decide(release(bob, 1), noon);
    book.decide(release(cid, 2), noon);
    expect(liveLeases(book)).toEqual([3, 5]);
    book.decide(release(ada, 3), noon);
    expect(liveLeases(book)).toEqual([4, 5]);
  });
});

describe("two seats, one of them reserved for the CAD team", () => {
  const reserve = [
    {
      ruleId: "reserve-cad",
      feature: "cad.pro",
      seats: 1,
      for: ["cad-team"],
      reason: "one seat is kept for the CAD team",
    },
  ];
  const given = { pools: [seats(2)], rules: { reserve } };

  it("leave one for everybody, and the other though it is free is refused to others", () => {
    const book = givenBook(given);
    book.decide(acquire(cid, 1), noon);
    expect(book.decide(acquire(dot, 2), noon).answer).toMatchObject({
      denial: {
        reason: "RESERVED_FOR_OTHERS",
        ruleId: "reserve-cad",
        ruleReason: "one seat is kept for the CAD team",
        queuePosition: 1,
      },
    });
    expect(book.decide(acquire(cadAda, 3), noon).answer.kind).toBe("granted");
  });

  it("are both for the team if it comes first", () => {
    const book = givenBook(given);
    book.decide(acquire(cadAda, 1), noon);
    expect(book.decide(acquire(cadBob, 2), noon).answer.kind).toBe("granted");
  });

  it("keep nothing back while the team uses as many as are reserved", () => {
    const book = givenBook(given);
    book.decide(acquire(cadAda, 1), noon);
    expect(book.decide(acquire(cid, 2), noon).answer.kind).toBe("granted");
  });

  it("are given to the team past those who wait and could not have the reserved one", () => {
    const book = givenBook(given);
    book.decide(acquire(cid, 1), noon);
    book.decide(waitFor(dot, 2), noon);
    expect(book.decide(acquire(cadAda, 3), noon).answer.kind).toBe("granted");
    book.decide(release(cid, 1), noon);
    expect(liveLeases(book)).toEqual([2, 3]);
  });

  it("make room for who waits when one seat fills two reservations", () => {
    const night = { ruleId: "reserve-night", feature: "cad.pro", seats: 1, for: ["night"] };
    const cad = { ruleId: "reserve-cad", feature: "cad.pro", seats: 1, for: ["cad-team"] };
    const book = givenBook({ pools: [seats(3)], rules: { reserve: [cad, night] } });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    const both = inGroups(cid, "cad-team", "night");
    expect(book.decide(acquire(both, 3), noon).notices).toMatchObject([
      { kind: "granted", key: keyNo(2) },
    ]);
  });

  it("are looked at again when a holder turns out to be of the team", () => {
    const book = givenBook(given);
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    expect(waiting(book)).toEqual([2]);
    expect(book.decide(renew(cadAda, 1), noon).notices).toMatchObject([
      { kind: "granted", key: keyNo(2) },
    ]);
  });

  it("are refused at once to others who ask for both: that can never be", () => {
    const book = givenBook(given);
    const { answer } = book.decide(waitFor(cid, 1, { count: 2 }), noon);
    expect(answer).toMatchObject({ denial: { reason: "RESERVED_FOR_OTHERS" } });
    expect(answer).not.toHaveProperty("denial.queuePosition");
  });

  it("end the younger lease of others when the reservation is new", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(cid, 1), noon);
    book.decide(acquire(dot, 2), noonAnd(1));
    book.decide(newTerms(given), noonAnd(2));
    expect(book.decide(renew(cid, 1), noonAnd(3)).answer).toMatchObject({ lost: [] });
    expect(book.decide(renew(dot, 2), noonAnd(3)).answer).toMatchObject({
      lost: [{ reason: "RESERVED_FOR_OTHERS", ruleId: "reserve-cad" }],
    });
  });
});

describe("a refusal for want of seats", () => {
  it("names the holders, the longest first, only where the site says so", () => {
    const hidden = givenBook({ pools: [seats(2)] });
    const shown = givenBook({ pools: [seats(2)], rules: { showHolders: "pseudonym" } });
    for (const book of [hidden, shown]) {
      book.decide(acquire(bob, 1), noon);
      book.decide(acquire(ada, 2), noonAnd(1));
    }
    const late = noonAnd(second);
    expect(hidden.decide(acquire(cid, 3), late).answer).not.toHaveProperty("denial.holders");
    expect(shown.decide(acquire(cid, 3), late).answer).toMatchObject({
      denial: { reason: "NO_SEATS", holders: [bob.user, ada.user] },
    });
  });

  it("expects a wait by how long leases lasted so far, and by the place in the queue", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(release(ada, 1), noonAnd(40 * second));
    book.decide(acquire(ada, 2), noonAnd(40 * second));
    book.decide(release(ada, 2), noonAnd(60 * second));
    book.decide(acquire(ada, 3), noonAnd(60 * second));
    book.decide(acquire(bob, 4), noonAnd(60 * second));
    const first = book.decide(waitFor(cid, 5), noonAnd(60 * second)).answer;
    expect(first).toMatchObject({ kind: "queued", position: 1, expectedWait: 15_000 });
    expect(book.decide(acquire(dot, 6), noonAnd(60 * second)).answer).toMatchObject({
      denial: { queuePosition: 2, retryAfter: 30_000 },
    });
  });
});
