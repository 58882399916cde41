import { describe, expect, it } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import {
  ada,
  bob,
  day,
  givenBook,
  hour,
  keyNo,
  meter,
  minute,
  noon,
  noonAnd,
  record,
  refund,
} from "./given.ts";

const refundable = (fields = {}) => meter({ refunds: true, ...fields });
const denied = (reason: string) => ({ results: [{ kind: "denied", denial: { reason } }] });
const counted = (number: number) => ({ results: [{ kind: "counted", key: keyNo(number) }] });

describe("a refund", () => {
  it("lowers the use, and is an event of its own with positive units", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    const later = noonAnd(hour);
    expect(book.decide(refund(ada, 2, { units: 2 }), later)).toEqual({
      answer: { kind: "recorded", results: [{ kind: "counted", key: keyNo(2) }] },
      changes: [
        { kind: "meter-counted", meter: "render.minutes", period: "total", total: 3 },
        { kind: "usage-key", client: ada.client, key: keyNo(2), wall: later.wall },
      ],
      events: [
        {
          type: "refund",
          wall: later.wall,
          meter: "render.minutes",
          units: 2,
          usedAt: noon.wall,
          user: ada.user,
          client: ada.client,
        },
      ],
      notices: [],
    });
    expect(book.view(later).meters).toMatchObject([{ used: 3 }]);
  });

  it("makes room in an exhausted quota again", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 100 }), noon);
    expect(book.decide(record(bob, 2, { units: 10 }), noon).answer).toMatchObject(
      denied("QUOTA_EXHAUSTED"),
    );
    book.decide(refund(ada, 3, { units: 10 }), noon);
    expect(book.decide(record(bob, 2, { units: 10 }), noon).answer).toMatchObject(counted(2));
  });

  it("is refused where the license does not allow it, with whom asked on record", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    const { answer, events, changes } = book.decide(refund(ada, 2), noon);
    expect(answer).toMatchObject(denied("REFUND_NOT_ALLOWED"));
    expect(changes).toEqual([]);
    expect(events).toMatchObject([{ type: "denial", reason: "REFUND_NOT_ALLOWED" }]);
    expect(book.view(noon).meters).toMatchObject([{ used: 5 }]);
  });

  it("never gives back more than was used, and says how much that was", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    expect(book.decide(refund(ada, 2, { units: 6 }), noon).answer).toMatchObject({
      results: [
        {
          key: keyNo(2),
          denial: {
            reason: "REFUND_TOO_MUCH",
            feature: "render.minutes",
            hint: "5 units were used in all; give back no more than that",
          },
        },
      ],
    });
    // Its key is unused: the right amount may follow under it.
    expect(book.decide(refund(ada, 2, { units: 5 }), noon).answer).toMatchObject(counted(2));
    expect(book.view(noon).meters).toMatchObject([{ used: 0 }]);
  });

  it("is counted once by its key, which is not that of another record", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    book.decide(refund(ada, 2, { units: 2 }), noon);
    const again = book.decide(refund(ada, 2, { units: 2 }), noonAnd(minute));
    expect(again.answer).toMatchObject({ results: [{ kind: "repeated", key: keyNo(2) }] });
    const taken = book.decide(refund(ada, 1, { units: 5 }), noonAnd(minute));
    expect(taken.answer).toMatchObject({ results: [{ kind: "repeated", key: keyNo(1) }] });
    expect(book.view(noon).meters).toMatchObject([{ used: 3 }]);
  });

  it("may come in one message behind the use that it gives back", () => {
    const book = givenBook({ meters: [refundable()] });
    const used = { meter: "render.minutes", units: 5, usedAt: noon.wall };
    const records = [
      { kind: "use", ...used, key: keyNo(1) },
      { kind: "refund", ...used, key: keyNo(2) },
    ] as const;
    const { answer } = book.decide({ kind: "record", by: ada, records }, noon);
    expect(answer).toMatchObject({ results: [{ kind: "counted" }, { kind: "counted" }] });
  });

  it("warns of no quota", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 100 }), noon);
    expect(book.decide(refund(ada, 2, { units: 5 }), noon).notices).toEqual([]);
  });

  it("has whole, positive units", () => {
    const book = givenBook({ meters: [refundable()] });
    expect(() => book.decide(refund(ada, 1, { units: 0 }), noon)).toThrow(RangeError);
    expect(() => book.decide(refund(ada, 1, { units: -5 }), noon)).toThrow(RangeError);
  });
});

describe("a refund of an earlier use", () => {
  const yesterday = unixMillis(noon.wall - day);

  it("lowers the day of the use, not today", () => {
    const book = givenBook({ meters: [refundable({ period: "day" })] });
    book.decide(record(ada, 1, { units: 70, usedAt: yesterday }), noon);
    book.decide(record(ada, 2, { units: 40 }), noon);
    const given = book.decide(refund(ada, 3, { units: 50, usedAt: yesterday }), noon);
    expect(given.changes).toMatchObject([{ period: "2026-11-21", total: 20 }, {}]);
    expect(book.view(noon).meters).toMatchObject([{ used: 40 }]);
  });

  it("takes nothing from a day that has less, whatever the other days have", () => {
    const book = givenBook({ meters: [refundable({ period: "day" })] });
    book.decide(record(ada, 1, { units: 70 }), noon);
    expect(book.decide(refund(ada, 2, { units: 1, usedAt: yesterday }), noon).answer).toMatchObject(
      {
        results: [
          {
            denial: {
              reason: "REFUND_TOO_MUCH",
              hint: "0 units were used on 2026-11-21; give back no more than that",
            },
          },
        ],
      },
    );
  });

  it("comes as late as a record may, and no later", () => {
    const book = givenBook({ meters: [refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    const week = noonAnd(7 * day);
    expect(book.decide(refund(ada, 2), week).answer).toMatchObject(counted(2));
    expect(book.decide(refund(ada, 3), noonAnd(7 * day + 1)).answer).toMatchObject(
      denied("USAGE_TOO_LATE"),
    );
  });
});

describe("a meter of several licenses", () => {
  it("may be refunded when one of a period allows it", () => {
    const book = givenBook({ meters: [meter(), refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    expect(book.decide(refund(ada, 2), noon).answer).toMatchObject(counted(2));
  });

  it("may not when the quota of another period does not", () => {
    const book = givenBook({ meters: [meter({ period: "month" }), refundable()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    expect(book.decide(refund(ada, 2), noon).answer).toMatchObject(denied("REFUND_NOT_ALLOWED"));
  });
});

describe("a refund after a restart", () => {
  it("finds the use of before, and its own key", () => {
    const usageKeys = [{ client: ada.client, key: keyNo(2), wall: noon.wall }];
    const meters = [{ meter: "render.minutes", period: "total", total: 3 }];
    const book = givenBook({ meters: [refundable()], snapshot: { usageKeys, meters } });
    expect(book.decide(refund(ada, 2), noon).answer).toMatchObject({
      results: [{ kind: "repeated" }],
    });
    expect(book.decide(refund(ada, 3, { units: 4 }), noon).answer).toMatchObject(
      denied("REFUND_TOO_MUCH"),
    );
  });
});
