import { describe, expect, it } from "vitest";
import { days, hours, minutes, seconds, unixMillis } from "../../src/base/time.ts";
import type { BorrowCommand } from "../../src/seats/command.ts";
import type { Caller } from "../../src/seats/lease.ts";
import type { FeaturePool, SeatGrant } from "../../src/seats/terms.ts";
import {
  acquire,
  ada,
  adaAgain,
  bob,
  cid,
  day,
  givenBook,
  grant,
  hour,
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
  resume,
  second,
  tick,
  waitFor,
  waiting,
} from "./given.ts";

/** Seats of which `out` may be borrowed for `most` days. */
const lending = (seats: number, out: number, most: number, more: Partial<SeatGrant> = {}) =>
  grant({ seats, borrow: { span: days(most), seats: out }, ...more });

const lendingPool = (...grants: readonly SeatGrant[]): FeaturePool => pool({ grants });

/** Two seats; one of them may be away for a week. */
const usual = { pools: [lendingPool(lending(2, 1, 7))] };

const laptop = "a1".repeat(32);
const otherLaptop = "b2".repeat(32);

/** A wish to borrow one seat of `cad.pro` for two days; lease and key bear the same number. */
function borrow(by: Caller, number: number, fields: Partial<BorrowCommand> = {}): BorrowCommand {
  return {
    kind: "borrow",
    by,
    feature: "cad.pro",
    version: "",
    versionDate: null,
    count: 1,
    key: keyNo(number),
    newLease: leaseNo(number),
    span: days(2),
    workstation: laptop,
    lease: null,
    ...fields,
  };
}

const giveBack = (by: Caller, number: number) =>
  ({ kind: "return", by, lease: leaseNo(number) }) as const;
const giveUp = (number: number) => ({ kind: "give-up", lease: leaseNo(number) }) as const;
const revoke = (number: number) => ({ kind: "revoke", lease: leaseNo(number) }) as const;

describe("a borrowed seat", () => {
  it("is granted, and recorded with the moment until which it is away", () => {
    const { answer, events, changes } = givenBook(usual).decide(borrow(ada, 1), noon);
    const until = noonAnd(2 * day).wall;
    const borrowed = { from: noon.wall, until, workstation: laptop };
    expect(answer).toMatchObject({ kind: "borrowed", lease: { id: leaseNo(1), borrowed } });
    expect(changes.at(-1)).toMatchObject({ kind: "lease-changed", lease: { borrowed } });
    expect(events).toEqual([
      expect.objectContaining({ type: "grant", count: 1, lease: leaseNo(1) }),
      {
        type: "borrow",
        wall: noon.wall,
        feature: "cad.pro",
        count: 1,
        user: ada.user,
        lease: leaseNo(1),
        until,
      },
    ]);
  });

  it("counts as used until its end, and then comes back by itself to who waits", () => {
    const book = givenBook({ pools: [lendingPool(lending(1, 1, 7))] });
    book.decide(borrow(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    book.decide(tick, noonAnd(2 * day - 1));
    expect(book.features()).toMatchObject([{ used: 1, free: 0, borrowed: 1, queued: 1 }]);
    const { events } = book.decide(tick, noonAnd(2 * day));
    expect(events).toMatchObject([
      { type: "end", lease: leaseNo(1), reason: "expired", seatMillis: 2 * day },
      { type: "grant", lease: leaseNo(2) },
    ]);
    expect(book.features()).toMatchObject([{ used: 1, borrowed: 0 }]);
  });

  it("comes back early when it is returned, by any process of its installation", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { answer, events } = book.decide(giveBack(adaAgain, 1), noonAnd(hour));
    expect(answer).toEqual({ kind: "done" });
    expect(events).toMatchObject([{ type: "end", reason: "returned", seatMillis: hour }]);
    expect(book.decide(giveBack(adaAgain, 1), noonAnd(hour)).answer).toEqual({ kind: "done" });
    expect(liveLeases(book)).toEqual([]);
  });

  it("is returned by nobody else", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    expect(book.decide(giveBack(bob, 1), noon).answer).toMatchObject({
      denial: { reason: "NOT_YOUR_LEASE" },
    });
  });

  it("does not end with its connection, its process, a rule about idleness or missing renewals", () => {
    const idleTimeout = [{ ruleId: "idle", feature: "*", who: null, span: minutes(1) }];
    const pools = [pool({ grants: [lending(2, 1, 7)], releaseOnDisconnect: true })];
    const book = givenBook({ pools, rules: { idleTimeout } });
    book.decide(borrow(ada, 1), noon);
    book.decide(newTerms({ pools, rules: { idleTimeout } }), noon);
    book.decide({ kind: "activity", by: ada, leases: [leaseNo(1)] }, noon);
    book.decide({ kind: "cancel", by: ada, key: keyNo(1) }, noon);
    book.decide({ kind: "disconnect", by: ada }, noon);
    expect(book.decide(release(ada, 1), noon).answer).toEqual({ kind: "done" });
    book.decide(tick, noonAnd(day));
    expect(liveLeases(book)).toEqual([1]);
  });

  it("is not taken back by the administrator, who learns what ends it", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { answer } = book.decide(revoke(1), noon);
    expect(answer).toMatchObject({ kind: "denied", denial: { reason: "LEASE_BORROWED" } });
    expect(liveLeases(book)).toEqual([1]);
  });

  it("is given up by the vendor when its workstation is lost, and its holder is told why", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { events, notices } = book.decide(giveUp(1), noonAnd(hour));
    expect(events).toMatchObject([{ type: "end", reason: "vendor-released", seatMillis: hour }]);
    expect(notices).toMatchObject([{ kind: "revoked", lease: leaseNo(1) }]);
    expect(book.decide(renew(ada, 1), noonAnd(hour)).answer).toMatchObject({
      lost: [{ lease: leaseNo(1), reason: "LEASE_REVOKED" }],
    });
    expect(book.decide(giveUp(1), noonAnd(hour)).answer).toMatchObject({
      denial: { reason: "LEASE_UNKNOWN" },
    });
  });

  it("is renewed for every process of its installation, and its end stays where it is", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { answer, changes } = book.decide(renew(adaAgain, 1), noonAnd(day));
    const { instance } = adaAgain;
    const until = noonAnd(2 * day).wall;
    expect(answer).toMatchObject({ leases: [{ instance, borrowed: { until } }], lost: [] });
    expect(changes).toEqual([]);
    expect(book.decide(resume(bob, 1), noonAnd(day)).answer).toMatchObject({
      lost: [{ reason: "NOT_YOUR_LEASE" }],
    });
    book.decide(tick, noonAnd(2 * day));
    expect(liveLeases(book)).toEqual([]);
  });

  it("is over for every process in the moment its time is, whoever renews it then", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    expect(book.decide(renew(adaAgain, 1), noonAnd(2 * day)).answer).toMatchObject({
      leases: [],
      lost: [{ lease: leaseNo(1), reason: "LEASE_EXPIRED" }],
    });
  });

  it("says nothing about how soon a seat of the network comes free", () => {
    const book = givenBook({ pools: [lendingPool(lending(1, 1, 7))] });
    book.decide(borrow(ada, 1), noon);
    book.decide(giveBack(ada, 1), noonAnd(day));
    book.decide(acquire(ada, 2), noonAnd(day));
    const { answer } = book.decide(waitFor(bob, 3), noonAnd(day));
    expect(answer).toMatchObject({ kind: "queued", expectedWait: 90 * second });
  });
});

describe("the same request again", () => {
  it("gets the same seat with the same end, however late it comes", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const again = { newLease: leaseNo(2), key: keyNo(1) };
    const { answer, changes } = book.decide(borrow(adaAgain, 2, again), noonAnd(hour));
    const until = noonAnd(2 * day).wall;
    expect(answer).toMatchObject({
      kind: "borrowed",
      lease: { id: leaseNo(1), borrowed: { until } },
    });
    expect(changes).toEqual([]);
  });

  it("is refused for another feature or number of seats, which would not be what was asked for", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    for (const other of [{ feature: "sim.solver" }, { count: 2 }, { version: "2027" }]) {
      expect(book.decide(borrow(ada, 1, other), noon)).toMatchObject({
        answer: { denial: { reason: "KEY_REUSED" } },
        changes: [],
      });
    }
  });

  it("is refused to another workstation with the same client key", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const copied = { workstation: otherLaptop };
    for (const asked of [
      borrow(ada, 1, copied),
      borrow(ada, 2, { ...copied, lease: leaseNo(1) }),
    ]) {
      expect(book.decide(asked, noon).answer).toMatchObject({
        denial: { reason: "NOT_YOUR_LEASE" },
      });
    }
  });
});

describe("a lease of the network", () => {
  it("becomes a borrowed one without another seat", () => {
    const book = givenBook({ pools: [lendingPool(lending(1, 1, 7))] });
    book.decide(acquire(ada, 1), noon);
    const { answer, events } = book.decide(borrow(ada, 2, { lease: leaseNo(1) }), noon);
    expect(answer).toMatchObject({ kind: "borrowed", lease: { id: leaseNo(1) } });
    expect(events).toMatchObject([{ type: "borrow", lease: leaseNo(1) }]);
    book.decide(tick, noonAnd(day));
    expect(liveLeases(book)).toEqual([1]);
  });

  it("is borrowed by the process that has it alone, as what it is", () => {
    const book = givenBook(usual);
    book.decide(acquire(ada, 1), noon);
    const reasons = [
      borrow(adaAgain, 2, { lease: leaseNo(1) }),
      borrow(ada, 2, { lease: leaseNo(1), count: 2 }),
      borrow(ada, 2, { lease: leaseNo(9) }),
      borrow(ada, 1),
    ].map((asked) => book.decide(asked, noon).answer);
    expect(reasons).toMatchObject([
      { denial: { reason: "NOT_YOUR_LEASE" } },
      { denial: { reason: "LEASE_UNKNOWN" } },
      { denial: { reason: "LEASE_UNKNOWN" } },
      { denial: { reason: "NOT_YOUR_LEASE" } },
    ]);
  });

  it("that is not borrowed is not returned either, nor given up", () => {
    const book = givenBook(usual);
    book.decide(acquire(ada, 1), noon);
    const unknown = { denial: { reason: "LEASE_UNKNOWN", feature: "cad.pro" } };
    expect(book.decide(giveBack(ada, 1), noon).answer).toMatchObject(unknown);
    expect(book.decide(giveUp(1), noon).answer).toMatchObject(unknown);
  });
});

const borrowOn = (by: Caller, span: number) =>
  borrow(by, 2, { lease: leaseNo(1), span: hours(span) });

describe("a seat that is borrowed for longer", () => {
  it("moves its end, counted from now", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { answer, events } = book.decide(borrowOn(adaAgain, 48), noonAnd(day));
    const until = noonAnd(3 * day).wall;
    expect(answer).toMatchObject({ lease: { borrowed: { from: noonAnd(day).wall, until } } });
    expect(events).toMatchObject([{ type: "borrow", until }]);
    book.decide(tick, noonAnd(3 * day - 1));
    expect(liveLeases(book)).toEqual([1]);
    book.decide(tick, noonAnd(3 * day));
    expect(liveLeases(book)).toEqual([]);
  });

  it("never has its end moved back: its workstation has the promise", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1), noon);
    const { answer, events } = book.decide(borrowOn(ada, 1), noonAnd(hour));
    expect(answer).toMatchObject({ lease: { borrowed: { until: noonAnd(2 * day).wall } } });
    expect(events).toEqual([]);
  });

  it("is never away for longer than the license says from now on", () => {
    const book = givenBook(usual);
    book.decide(borrow(ada, 1, { span: days(7) }), noon);
    expect(book.decide(borrowOn(ada, 7 * 24), noonAnd(day)).answer).toMatchObject({
      lease: { borrowed: { until: noonAnd(8 * day).wall } },
    });
    expect(book.decide(borrowOn(ada, 7 * 24 + 1), noonAnd(day)).answer).toMatchObject({
      denial: { reason: "BORROW_TOO_LONG" },
    });
  });

  it("stays as it is where the site's rules have changed, and keeps its end", () => {
    const book = givenBook(usual);
    book.decide(borrow(inGroups(ada, "interns"), 1), noon);
    const exclude = [{ ruleId: "no-interns", feature: "*", who: ["interns"] }];
    book.decide(newTerms({ ...usual, rules: { exclude } }), noon);
    expect(book.decide(renew(ada, 1), noonAnd(day)).answer).toMatchObject({ lost: [] });
    expect(book.decide(borrowOn(inGroups(ada, "interns"), 48), noonAnd(day)).answer).toMatchObject({
      denial: { reason: "EXCLUDED", ruleId: "no-interns" },
    });
    book.decide(tick, noonAnd(2 * day - 1));
    expect(liveLeases(book)).toEqual([1]);
  });
});

describe("licenses that shrink while a seat is away", () => {
  it("take seats of the network before those that are away, which only cannot stay for longer", () => {
    const book = givenBook({ pools: [lendingPool(lending(3, 2, 7))] });
    book.decide(acquire(cid, 3), noon);
    book.decide(borrow(ada, 1), noon);
    book.decide(borrow(bob, 2), noonAnd(second));
    book.decide(newTerms({ pools: [lendingPool(lending(1, 2, 7))] }), noonAnd(second));
    expect(book.decide(renew(cid, 3), noonAnd(second)).answer).toMatchObject({
      lost: [{ reason: "NO_SEATS" }],
    });
    const longer = (by: Caller, number: number) =>
      book.decide(borrow(by, 9, { lease: leaseNo(number), span: days(3) }), noonAnd(minute)).answer;
    expect(longer(ada, 1)).toMatchObject({ kind: "borrowed" });
    expect(longer(bob, 2)).toMatchObject({ denial: { reason: "NO_SEATS" } });
    expect(liveLeases(book)).toEqual([1, 2]);
  });
});

describe("borrowing is refused", () => {
  it("where no license that serves the version allows it", () => {
    const book = givenBook({
      pools: [lendingPool(grant({ seats: 2 }), lending(2, 2, 7, { versionMax: "4" }))],
    });
    const { answer, events } = book.decide(borrow(ada, 1, { version: "5" }), noon);
    expect(answer).toMatchObject({ denial: { reason: "BORROW_NOT_ALLOWED" } });
    expect(events).toMatchObject([{ type: "denial", reason: "BORROW_NOT_ALLOWED" }]);
    expect(book.decide(borrow(ada, 2, { version: "4" }), noon).answer.kind).toBe("borrowed");
  });

  it("for longer than the license that allows most, and the hint says how long", () => {
    const book = givenBook({ pools: [lendingPool(lending(1, 1, 2), lending(1, 1, 7))] });
    const { answer } = book.decide(borrow(ada, 1, { span: days(8) }), noon);
    const hint = "borrow for at most 7 days";
    expect(answer).toMatchObject({ denial: { reason: "BORROW_TOO_LONG", hint } });
    expect(book.decide(borrow(ada, 1, { span: days(7) }), noon).answer.kind).toBe("borrowed");
  });

  it("beyond the end of the license: a ticket proves nothing after it", () => {
    const endsAt = unixMillis(noon.wall + 36 * hour);
    const book = givenBook({ pools: [lendingPool(lending(1, 1, 7, { endsAt }))] });
    expect(book.decide(borrow(ada, 1), noon).answer).toMatchObject({
      denial: { reason: "BORROW_TOO_LONG", hint: "borrow for at most 1 day" },
    });
    expect(book.decide(borrow(ada, 1), noonAnd(30 * hour)).answer).toMatchObject({
      denial: { hint: "borrow for at most 6.0 hours" },
    });
  });

  it("of more seats than all licenses together let go", () => {
    const book = givenBook({ pools: [lendingPool(lending(3, 1, 7), lending(3, 1, 2))] });
    book.decide(borrow(ada, 1), noon);
    expect(book.decide(borrow(bob, 2, { count: 2 }), noon).answer).toMatchObject({
      denial: { reason: "BORROW_TOO_MANY" },
    });
    expect(book.decide(borrow(bob, 2), noon).answer.kind).toBe("borrowed");
    expect(book.decide(borrow(cid, 3), noon).answer).toMatchObject({
      denial: { reason: "BORROW_TOO_MANY" },
    });
  });

  it("while all seats are taken or kept for those who wait; nobody waits to borrow", () => {
    const book = givenBook({ pools: [lendingPool(lending(2, 2, 7))] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2, { count: 2 }), noon);
    expect(book.decide(borrow(cid, 3), noon).answer).toMatchObject({
      denial: { reason: "NO_SEATS" },
    });
    expect(waiting(book)).toEqual([2]);
  });
});

const rules = (
  span: number | null,
  seats: number | null,
  who: readonly string[] | null = null,
) => ({
  borrow: [
    {
      ruleId: "trips",
      feature: "cad.*",
      who,
      span: span === null ? null : days(span),
      seats,
      reason: "short trips only",
    },
  ],
});

describe("a rule of the site about borrowing", () => {
  const pools = [lendingPool(lending(5, 5, 30))];

  it("allows fewer days, fewer seats, or nothing", () => {
    const told = { ruleId: "trips", ruleReason: "short trips only" };
    const asked = borrow(bob, 2, { span: days(2) });
    const answers = [rules(1, null), rules(null, 1), rules(0, null), rules(null, 0)].map((each) => {
      const book = givenBook({ pools, rules: each });
      book.decide(borrow(ada, 1, { span: days(1) }), noon);
      return book.decide(asked, noon).answer;
    });
    expect(answers).toMatchObject([
      { denial: { reason: "BORROW_TOO_LONG", hint: "borrow for at most 1 day", ...told } },
      { denial: { reason: "BORROW_TOO_MANY", ...told } },
      { denial: { reason: "BORROW_NOT_ALLOWED", ...told } },
      { denial: { reason: "BORROW_NOT_ALLOWED", ...told } },
    ]);
  });

  it("counts the seats of those whom it means together, and lets others be", () => {
    const book = givenBook({ pools, rules: rules(null, 1, ["field"]) });
    const kinds = [
      borrow(inGroups(ada, "field"), 1),
      borrow(inGroups(bob, "field"), 2),
      borrow(cid, 3),
    ].map((asked) => book.decide(asked, noon).answer.kind);
    expect(kinds).toEqual(["borrowed", "denied", "borrowed"]);
  });
});

/** Ada has borrowed until two days past noon. */
function snapshot() {
  const { changes } = givenBook(usual).decide(borrow(ada, 1), noon);
  const leases = changes.flatMap((change) =>
    change.kind === "lease-changed" ? [change.lease] : [],
  );
  return { leases, lastAlive: noonAnd(hour).wall };
}

describe("a daemon that starts again", () => {
  it("still has the borrowed seat, until the same moment", () => {
    const book = givenBook({ ...usual, snapshot: snapshot(), now: noonAnd(day) });
    book.decide(tick, noonAnd(2 * day - 1));
    expect(book.features()).toMatchObject([{ used: 1, borrowed: 1 }]);
    const { events } = book.decide(tick, noonAnd(2 * day));
    expect(events).toMatchObject([{ reason: "expired", seatMillis: 2 * day }]);
  });

  it("gives a seat whose time was over meanwhile back at once", () => {
    const book = givenBook({ ...usual, snapshot: snapshot(), now: noonAnd(3 * day) });
    const { events } = book.decide(tick, noonAnd(3 * day));
    expect(events).toMatchObject([{ reason: "expired", seatMillis: 2 * day }]);
    expect(liveLeases(book)).toEqual([]);
  });

  it("keeps it for no longer than was agreed when its clock has gone back", () => {
    const now = { wall: noonAnd(-30 * day).wall, mono: noon.mono };
    const book = givenBook({ ...usual, snapshot: snapshot(), now });
    expect(book.nextDeadline()).toBe(noonAnd(2 * day).mono);
  });

  it("answers the request of before with the same ticket's facts", () => {
    const book = givenBook({ ...usual, snapshot: snapshot(), now: noonAnd(day) });
    const { answer } = book.decide(borrow(ada, 1), noonAnd(day));
    const until = noonAnd(2 * day).wall;
    expect(answer).toMatchObject({ kind: "borrowed", lease: { borrowed: { until } } });
  });
});

describe("a license that lets seats be shared", () => {
  it("lets the holder at the desk use the seat that is away, and counts it once", () => {
    const book = givenBook({ pools: [pool({ grants: [lending(1, 1, 7)], share: "user" })] });
    book.decide(borrow(ada, 1), noon);
    const { answer } = book.decide(acquire(adaAgain, 2), noon);
    expect(answer).toMatchObject({ kind: "granted", lease: { seatSince: null } });
    expect(book.features()).toMatchObject([{ used: 1, borrowed: 1 }]);
    book.decide(tick, noonAnd(89 * second));
    book.decide(giveBack(ada, 1), noonAnd(89 * second));
    expect(book.features()).toMatchObject([{ used: 1, borrowed: 0 }]);
  });

  it("takes the lease time of the network for a seat of the network", () => {
    const terms = { pools: [pool({ grants: [lending(1, 1, 7)], leaseTime: seconds(30) })] };
    const book = givenBook(terms);
    book.decide(borrow(ada, 1), noon);
    book.decide(giveBack(ada, 1), noonAnd(hour));
    book.decide(acquire(bob, 2), noonAnd(hour));
    expect(book.nextDeadline()).toBe(noonAnd(hour + 30 * second).mono);
  });
});
