import { describe, expect, it } from "vitest";
import type { Moment } from "../../src/base/time.ts";
import { monoMillis, seconds, unixMillis } from "../../src/base/time.ts";
import type { SeatBook } from "../../src/seats/book.ts";
import type { Decision } from "../../src/seats/decision.ts";
import type { FeatureHour } from "../../src/seats/feature-hour.ts";
import {
  acquire,
  ada,
  bob,
  cid,
  dot,
  givenBook,
  grant,
  hour,
  keyNo,
  meter,
  minute,
  newTerms,
  noon,
  noonAnd,
  pool,
  record,
  release,
  seats,
  second,
  tick,
  waitFor,
} from "./given.ts";

/** Leases that last the whole test. */
const longSeats = (count: number, overdraftSeats = 0) =>
  pool({ grants: [grant({ seats: count, overdraftSeats })], leaseTime: seconds(86_400) });

/** What the history would have at `now`: hours from noon by number. */
function historyAt(book: SeatBook, now: Moment): ReadonlyMap<number, FeatureHour> {
  const hours = book.hoursUntil(now).filter(({ feature }) => feature === "cad.pro");
  return new Map(hours.map((one) => [(one.hour - noon.wall) / hour, one]));
}

describe("the peak of an hour", () => {
  it("is the most seats in use at a time, beside the seats of the license then", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noonAnd(minute));
    book.decide(release(ada, 1), noonAnd(2 * minute));
    book.decide(acquire(cid, 3), noonAnd(3 * minute));
    expect(historyAt(book, noonAnd(4 * minute)).get(0)).toMatchObject({
      peak: 2,
      licensed: 3,
      overdraftPeak: 0,
      grants: 3,
    });
  });

  it("counts seats above the license, and says how many", () => {
    const book = givenBook({ pools: [longSeats(1, 2)] });
    for (const [index, who] of [ada, bob, cid].entries()) book.decide(acquire(who, index), noon);
    expect(historyAt(book, noonAnd(1)).get(0)).toMatchObject({
      peak: 3,
      licensed: 1,
      overdraftPeak: 2,
      grants: 3,
      overdrafts: 2,
    });
  });

  it("is at least what was in use when the hour began, also where nothing else happened in it", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noonAnd(30 * minute));
    book.decide(acquire(bob, 2), noonAnd(40 * minute));
    book.decide(release(ada, 1), noonAnd(3 * hour + minute));
    const peaks = [...historyAt(book, noonAnd(4 * hour))].map(([at, { peak }]) => [at, peak]);
    expect(peaks).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
      [3, 2],
      [4, 1],
    ]);
  });

  it("keeps the license of its own moment when seats are added later in the hour", () => {
    const book = givenBook({ pools: [longSeats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(acquire(bob, 2), noon);
    book.decide(release(bob, 2), noonAnd(minute));
    book.decide(newTerms({ pools: [longSeats(9)] }), noonAnd(2 * minute));
    expect(historyAt(book, noonAnd(3 * minute)).get(0)).toMatchObject({ peak: 2, licensed: 2 });
    expect(historyAt(book, noonAnd(hour)).get(1)).toMatchObject({ peak: 1, licensed: 9 });
  });

  it("claims nothing of hours that a sleeping or set clock has jumped over", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noon);
    const woken = { wall: unixMillis(noon.wall + 30 * hour), mono: monoMillis(noon.mono + second) };
    book.decide(tick, woken);
    expect([...historyAt(book, woken).keys()]).toEqual([0, 29, 30]);
    expect(historyAt(book, woken).get(29)).toMatchObject({ peak: 1 });
  });

  it("is added to the hour that the clock shows when it is set back", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noon);
    const setBack = { wall: unixMillis(noon.wall - hour), mono: monoMillis(noon.mono + second) };
    book.decide(acquire(bob, 2), setBack);
    expect(historyAt(book, setBack).get(-1)).toMatchObject({ peak: 2, grants: 1 });
  });
});

describe("seat time", () => {
  it("lies in the hours in which it passed, to the millisecond, however late it is counted", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1, { count: 2 }), noonAnd(50 * minute));
    book.decide(acquire(bob, 2), noonAnd(59 * minute + 59_999));
    book.decide(release(ada, 1), noonAnd(2 * hour + 7));
    const seatMillis = [...historyAt(book, noonAnd(2 * hour + 10))].map(([at, one]) => [
      at,
      one.seatMillis,
    ]);
    expect(seatMillis).toEqual([
      [0, 2 * 10 * minute + 1],
      [1, 3 * hour],
      [2, 2 * 7 + 10],
    ]);
  });

  it("is counted once from cut to cut", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noon);
    const cuts = [10 * minute, 70 * minute, 2 * hour].map((at) => book.cut(noonAnd(at)).hours);
    const parts = cuts.flat().map((change) => change.kind === "hour-counted" && change.seatMillis);
    expect(parts).toEqual([10 * minute, 50 * minute, 10 * minute, 50 * minute, 0]);
  });
});

describe("denials", () => {
  it("are counted by reason, and a retry of a denied request is none", () => {
    const book = givenBook({ pools: [longSeats(1)] });
    book.decide(acquire(ada, 1), noon);
    for (const [index, who] of [bob, bob, cid].entries()) {
      book.decide(acquire(who, 2 + index), noonAnd(second + index));
    }
    book.decide(acquire(dot, 9, { count: 2 }), noonAnd(minute));
    expect(historyAt(book, noonAnd(2 * minute)).get(0)).toMatchObject({
      grants: 1,
      denials: { NO_SEATS: 2, TOO_MANY: 1 },
    });
  });

  it("of names that no license knows are counted together, whatever clients write", () => {
    const book = givenBook({ pools: [longSeats(1)] });
    for (const [index, who] of [ada, bob, cid, dot].entries()) {
      book.decide(acquire(who, index, { feature: `anything ${index}` }), noon);
    }
    expect(book.hoursUntil(noonAnd(1))).toMatchObject([
      { feature: "*", peak: 0, licensed: 0, denials: { NOT_LICENSED_FEATURE: 4 } },
    ]);
  });

  it("of usage records stand under their meter", () => {
    const book = givenBook({ pools: [longSeats(1)], meters: [meter({ quota: 1 })] });
    book.decide(record(ada, 1), noon);
    book.decide(record(ada, 2), noon);
    book.decide(record(ada, 3, { meter: "none.such" }), noon);
    expect(book.hoursUntil(noonAnd(1))).toMatchObject([
      { feature: "*", denials: { NOT_LICENSED_FEATURE: 1 } },
      { feature: "render.minutes", grants: 0, peak: 0, denials: { QUOTA_EXHAUSTED: 1 } },
    ]);
  });
});

describe("waits", () => {
  it("count when they end: how many, how long in all, the longest, and who gave up", () => {
    const book = givenBook({ pools: [longSeats(1)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noonAnd(minute));
    book.decide(waitFor(cid, 3), noonAnd(2 * minute));
    book.decide(waitFor(dot, 4), noonAnd(3 * minute));
    expect(historyAt(book, noonAnd(4 * minute)).get(0)).toMatchObject({ queuePeak: 3, waits: 0 });
    book.decide(release(ada, 1), noonAnd(5 * minute));
    book.decide({ kind: "cancel", by: cid, key: keyNo(3) }, noonAnd(6 * minute));
    book.decide({ kind: "disconnect", by: dot }, noonAnd(7 * minute));
    book.decide(tick, noonAnd(9 * minute));
    expect(historyAt(book, noonAnd(9 * minute)).get(0)).toMatchObject({
      grants: 2,
      queuePeak: 3,
      waits: 3,
      gaveUp: 2,
      waited: (4 + 4 + 6) * minute,
      longestWait: 6 * minute,
    });
  });

  it("that the end of a license ends are waits without a seat, and denials", () => {
    const book = givenBook({ pools: [longSeats(1)] });
    book.decide(acquire(ada, 1), noon);
    book.decide(waitFor(bob, 2), noon);
    book.decide(newTerms({ pools: [] }), noonAnd(minute));
    expect(historyAt(book, noonAnd(minute)).get(0)).toMatchObject({
      waits: 1,
      gaveUp: 1,
      denials: { NO_LICENSE: 1 },
    });
  });
});

describe("figures that are not stored yet", () => {
  it("are taken back with what was decided, and given away once", () => {
    const book = givenBook({ pools: [seats(2)] });
    book.decide(acquire(ada, 1), noon);
    book.undo();
    expect(book.hasHours).toBe(false);
    book.decide(acquire(ada, 1), noon);
    const taken = book.takeHours();
    expect(taken).toMatchObject([{ kind: "hour-counted", feature: "cad.pro", grants: 1 }]);
    book.undo();
    expect(book.hasHours).toBe(false);
    book.decide(acquire(ada, 1), noon);
    expect(book.takeHours()).toEqual(taken);
    book.keep();
    expect(book.takeHours()).toEqual([]);
  });

  it("are not changed by looking at them, or by asking why", () => {
    const book = givenBook({ pools: [longSeats(1)] });
    book.decide(acquire(ada, 1), noon);
    const seen = book.hoursUntil(noonAnd(2 * hour));
    book.explain(acquire(bob, 2), noonAnd(2 * hour));
    expect(book.hoursUntil(noonAnd(2 * hour))).toEqual(seen);
    expect(book.takeHours()).toMatchObject([{ hour: noon.wall, seatMillis: 0 }]);
  });
});

/** What the next run counts again of the events that had been written. */
function restarted(decide: (book: SeatBook) => readonly Decision[], now: Moment): SeatBook {
  const before = givenBook({ pools: [longSeats(3, 1)] });
  const decisions = decide(before);
  const { leases } = before.view(now);
  const uncounted = decisions.flatMap(({ events }) => events);
  return givenBook({ pools: [longSeats(3, 1)], snapshot: { leases, uncounted }, now });
}

const aBusyMorning = (book: SeatBook) => [
  book.decide(acquire(ada, 1, { count: 3 }), noonAnd(30 * minute)),
  book.decide(acquire(bob, 2), noonAnd(40 * minute)),
  book.decide(acquire(cid, 3), noonAnd(50 * minute)),
  book.decide(release(ada, 1), noonAnd(70 * minute)),
];

const aWaitInVain = (book: SeatBook) => [
  book.decide(acquire(ada, 1, { count: 4 }), noon),
  book.decide(waitFor(bob, 2), noon),
  book.decide({ kind: "cancel", by: bob, key: keyNo(2) }, noonAnd(minute)),
];

describe("after a process that ended before its figures were stored", () => {
  it("grants, denials, peaks and the seat time of ended leases are counted again, each in its hour", () => {
    const now = noonAnd(80 * minute);
    const book = restarted(aBusyMorning, now);
    const figures = book.hoursUntil(now);
    expect(figures).toMatchObject([
      { hour: noon.wall, grants: 2, overdrafts: 1, peak: 4, licensed: 3, overdraftPeak: 1 },
      { hour: noon.wall + hour, grants: 0 },
    ]);
    expect(figures.map(({ denials }) => denials)).toEqual([{ NO_SEATS: 1 }, {}]);
    expect(figures.map(({ seatMillis }) => seatMillis)).toEqual([
      3 * 30 * minute + 20 * minute,
      3 * 10 * minute + 20 * minute,
    ]);
  });

  it("a denial does not carry the seats of a later hour into its own", () => {
    const now = noonAnd(hour + minute);
    const book = restarted(
      (before) => [
        before.decide(acquire(ada, 1), noon),
        before.decide(acquire(bob, 2, { count: 9 }), noonAnd(minute)),
        before.decide(acquire(cid, 3, { count: 2 }), noonAnd(hour)),
      ],
      now,
    );
    const peaks = [...historyAt(book, now)].map(([at, { peak }]) => [at, peak]);
    expect(peaks).toEqual([
      [0, 1],
      [1, 3],
    ]);
  });

  it("is spared adding up across a change of licenses or rules: their figures are due with it", () => {
    const book = givenBook({ pools: [longSeats(3)] });
    book.decide(acquire(ada, 1), noon);
    expect(book.areHoursDue).toBe(false);
    book.decide(newTerms({ pools: [{ ...longSeats(3), share: "user" }] }), noonAnd(minute));
    expect(book.areHoursDue).toBe(true);
    expect(book.takeHours()).toMatchObject([{ grants: 1, peak: 1 }]);
    expect(book.areHoursDue).toBe(false);
    book.undo();
    expect(book.areHoursDue).toBe(false);
  });

  it("what left no event is lost: waits, and how long the queue was", () => {
    const book = restarted(aWaitInVain, noonAnd(2 * minute));
    expect(historyAt(book, noonAnd(2 * minute)).get(0)).toMatchObject({
      grants: 1,
      waits: 0,
      queuePeak: 0,
    });
  });
});
