import { describe, expect, it } from "vitest";
import { days, unixMillis } from "../../src/base/time.ts";
import {
  ada,
  adaAgain,
  bob,
  day,
  givenBook,
  hour,
  keyNo,
  meter,
  minute,
  newTerms,
  noon,
  noonAnd,
  record,
} from "./given.ts";

const counted = (number: number) => ({ kind: "counted", key: keyNo(number) });

describe("a record of metered usage", () => {
  it("is counted, with what the store and the ledger need", () => {
    const book = givenBook({ meters: [meter()] });
    const usedAt = unixMillis(noon.wall - minute);
    expect(book.decide(record(ada, 1, { units: 5, usedAt }), noon)).toEqual({
      answer: { kind: "recorded", results: [counted(1)] },
      changes: [
        { kind: "meter-counted", meter: "render.minutes", period: "total", total: 5 },
        { kind: "usage-key", client: ada.client, key: keyNo(1), wall: noon.wall },
      ],
      events: [
        {
          type: "usage",
          wall: noon.wall,
          meter: "render.minutes",
          units: 5,
          usedAt,
          user: ada.user,
          client: ada.client,
        },
      ],
      notices: [],
    });
  });

  it("is counted once, however often it is sent, from whichever process", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1, { units: 5 }), noon);
    const again = book.decide(record(adaAgain, 1, { units: 5 }), noonAnd(hour));
    expect(again).toEqual({
      answer: { kind: "recorded", results: [{ kind: "repeated", key: keyNo(1) }] },
      changes: [],
      events: [],
      notices: [],
    });
    expect(book.view(noon).meters).toMatchObject([{ used: 5 }]);
  });

  it("is counted once within one message too", () => {
    const book = givenBook({ meters: [meter()] });
    const used = { meter: "render.minutes", units: 5, key: keyNo(1), usedAt: noon.wall };
    const one = { kind: "use", ...used } as const;
    const { answer } = book.decide({ kind: "record", by: ada, records: [one, one] }, noon);
    expect(answer).toMatchObject({ results: [{ kind: "counted" }, { kind: "repeated" }] });
  });

  it("has a key of its client's own: the same key of another client is another record", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1), noon);
    expect(book.decide(record(bob, 1), noon).answer).toMatchObject({ results: [counted(1)] });
  });

  it("of something unlicensed is refused, and its name is not kept", () => {
    const book = givenBook({ meters: [meter()] });
    const { answer, events } = book.decide(record(ada, 1, { meter: "api.calls" }), noon);
    expect(answer).toMatchObject({
      results: [
        { kind: "denied", denial: { reason: "NOT_LICENSED_FEATURE", feature: "api.calls" } },
      ],
    });
    expect(events).toMatchObject([{ type: "denial", feature: "*" }]);
    const bare = givenBook({ pools: [] });
    expect(bare.decide(record(ada, 1), noon).answer).toMatchObject({
      results: [{ denial: { reason: "NO_LICENSE" } }],
    });
  });

  it("has whole, positive units", () => {
    const book = givenBook({ meters: [meter()] });
    expect(() => book.decide(record(ada, 1, { units: 0 }), noon)).toThrow(RangeError);
    expect(() => book.decide(record(ada, 1, { units: 0.5 }), noon)).toThrow(RangeError);
  });
});

describe("a quota of a hundred units", () => {
  it("can be used to the last unit, and not beyond", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1, { units: 60 }), noon);
    const over = book.decide(record(bob, 2, { units: 41 }), noon);
    expect(over.answer).toMatchObject({
      results: [
        { key: keyNo(2), denial: { reason: "QUOTA_EXHAUSTED", feature: "render.minutes" } },
      ],
    });
    expect(over.events).toMatchObject([
      { type: "denial", feature: "render.minutes", reason: "QUOTA_EXHAUSTED" },
    ]);
    expect(book.decide(record(bob, 3, { units: 40 }), noon).answer).toMatchObject({
      results: [counted(3)],
    });
  });

  it("leaves the key of a refused record unused", () => {
    const book = givenBook({ meters: [meter()] });
    book.decide(record(ada, 1, { units: 101 }), noon);
    expect(book.decide(record(ada, 1, { units: 100 }), noon).answer).toMatchObject({
      results: [counted(1)],
    });
  });

  it("is exceeded where the license allows an overdraft, and every unit is recorded", () => {
    const book = givenBook({ meters: [meter({ overdraft: "allow" })] });
    expect(book.decide(record(ada, 1, { units: 101 }), noon).events).toMatchObject([
      { units: 101 },
    ]);
    expect(book.view(noon).meters).toMatchObject([{ quota: 100, used: 101 }]);
  });

  it("adds up with that of another license", () => {
    const book = givenBook({ meters: [meter(), meter({ quota: 50 })] });
    expect(book.view(noon).meters).toMatchObject([{ quota: 150 }]);
    book.decide(record(ada, 1, { units: 150 }), noon);
    expect(book.decide(record(ada, 2), noon).answer).toMatchObject({
      results: [{ denial: { reason: "QUOTA_EXHAUSTED" } }],
    });
  });

  it("is none beside a license without a quota", () => {
    const book = givenBook({ meters: [meter(), meter({ quota: null })] });
    expect(book.decide(record(ada, 1, { units: 1_000 }), noon).answer).toMatchObject({
      results: [counted(1)],
    });
  });

  it("never lets the sum leave the safe integers", () => {
    const book = givenBook({ meters: [meter({ quota: null })] });
    book.decide(record(ada, 1, { units: Number.MAX_SAFE_INTEGER }), noon);
    expect(book.decide(record(ada, 2), noon).answer).toMatchObject({
      results: [{ denial: { reason: "QUOTA_EXHAUSTED" } }],
    });
  });
});

describe("a quota per day", () => {
  const perDay = [meter({ period: "day" })];

  it("is whole again at midnight UTC", () => {
    const book = givenBook({ meters: perDay });
    book.decide(record(ada, 1, { units: 100 }), noon);
    const beforeMidnight = noonAnd(12 * hour - 1);
    const last = record(ada, 2, { usedAt: beforeMidnight.wall });
    expect(book.decide(last, beforeMidnight).answer).toMatchObject({
      results: [{ denial: { reason: "QUOTA_EXHAUSTED" } }],
    });
    const midnight = noonAnd(12 * hour);
    const first = book.decide(record(ada, 2, { usedAt: midnight.wall }), midnight);
    expect(first.changes).toMatchObject([{ period: "2026-11-23", total: 1 }, {}]);
    expect(book.view(midnight).meters).toMatchObject([{ period: "day", used: 1 }]);
  });

  it("counts a late record in the day of its use", () => {
    const book = givenBook({ meters: perDay });
    const yesterday = unixMillis(noon.wall - day);
    const { changes } = book.decide(record(ada, 1, { units: 3, usedAt: yesterday }), noon);
    expect(changes).toMatchObject([{ period: "2026-11-21", total: 3 }, {}]);
    expect(book.view(noon).meters).toMatchObject([{ used: 0 }]);
  });
});

describe("a quota per month", () => {
  it("is counted under the month", () => {
    const book = givenBook({ meters: [meter({ period: "month" })] });
    expect(book.decide(record(ada, 1), noon).changes).toMatchObject([
      { period: "2026-11", total: 1 },
      {},
    ]);
  });

  it("holds beside a quota per day of another license", () => {
    const book = givenBook({
      meters: [meter({ period: "month", quota: 6 }), meter({ period: "day", quota: 5 })],
    });
    expect(book.decide(record(ada, 1, { units: 5 }), noon).changes).toMatchObject([
      { period: "2026-11", total: 5 },
      { period: "2026-11-22", total: 5 },
      {},
    ]);
    expect(book.decide(record(ada, 2), noon).answer).toMatchObject({
      results: [{ kind: "denied" }],
    });
    const tomorrow = noonAnd(day);
    const usedAt = tomorrow.wall;
    expect(book.decide(record(ada, 3, { units: 2, usedAt }), tomorrow).answer).toMatchObject({
      results: [{ kind: "denied" }],
    });
    expect(book.decide(record(ada, 4, { usedAt }), tomorrow).answer).toMatchObject({
      results: [{ kind: "counted" }],
    });
  });
});

describe("a record that comes late", () => {
  it("is accepted up to the late limit", () => {
    const book = givenBook({ meters: [meter({ lateLimit: days(7) })] });
    expect(book.decide(record(ada, 1), noonAnd(7 * day)).answer).toMatchObject({
      results: [counted(1)],
    });
  });

  it("is refused beyond it", () => {
    const book = givenBook({ meters: [meter({ lateLimit: days(7) })] });
    expect(book.decide(record(ada, 1), noonAnd(7 * day + 1)).answer).toMatchObject({
      results: [
        {
          denial: {
            reason: "USAGE_TOO_LATE",
            hint: "the use is longer ago than the license accepts; send records sooner",
          },
        },
      ],
    });
  });

  it("is never counted twice, not even after its key was forgotten", () => {
    const book = givenBook({ meters: [meter({ lateLimit: days(7) })] });
    book.decide(record(ada, 1), noon);
    book.cut(noonAnd(9 * day));
    book.keep();
    expect(book.decide(record(ada, 1), noonAnd(9 * day)).answer).toMatchObject({
      results: [{ denial: { reason: "USAGE_TOO_LATE" } }],
    });
    const longer = [meter({ lateLimit: days(30) })];
    book.decide(newTerms({ meters: longer }), noonAnd(9 * day));
    expect(book.decide(record(ada, 1), noonAnd(9 * day)).answer).toMatchObject({
      results: [{ denial: { reason: "USAGE_TOO_LATE" } }],
    });
    expect(book.view(noon).meters).toMatchObject([{ used: 1 }]);
  });
});

describe("the keys of counted records", () => {
  it("are kept while a repetition could still be accepted", () => {
    const book = givenBook({ meters: [meter({ lateLimit: days(7) })] });
    book.decide(record(ada, 1), noon);
    book.cut(noonAnd(8 * day));
    book.keep();
    expect(book.decide(record(ada, 1), noonAnd(8 * day)).answer).toMatchObject({
      results: [{ kind: "repeated" }],
    });
  });

  it("may be forgotten at a checkpoint, once no repetition would be accepted", () => {
    const book = givenBook({ meters: [meter({ lateLimit: days(7) })] });
    expect(book.cut(noonAnd(10 * day)).change).toEqual({
      kind: "cut",
      wall: noonAnd(10 * day).wall,
      forgetUsageKeysBefore: noonAnd(2 * day).wall,
    });
  });

  it("are bounded per client", () => {
    const book = givenBook({ meters: [meter()], limits: { usageKeysPerClient: 1 } });
    book.decide(record(ada, 1), noon);
    expect(book.decide(record(ada, 2), noon).answer).toMatchObject({
      results: [{ denial: { reason: "USAGE_KEYS_FULL" } }],
    });
    expect(book.decide(record(ada, 1), noon).answer).toMatchObject({
      results: [{ kind: "repeated" }],
    });
    expect(book.decide(record(bob, 2), noon).answer).toMatchObject({ results: [counted(2)] });
  });

  it("make room again when they are forgotten", () => {
    const book = givenBook({ meters: [meter()], limits: { usageKeysPerClient: 1 } });
    book.decide(record(ada, 1), noon);
    book.cut(noonAnd(9 * day));
    book.keep();
    const usedAt = noonAnd(9 * day).wall;
    expect(book.decide(record(ada, 2, { usedAt }), noonAnd(9 * day)).answer).toMatchObject({
      results: [counted(2)],
    });
  });
});

describe("a client whose clock is ahead", () => {
  it("is counted as of now when it is ahead by less than a day", () => {
    const book = givenBook({ meters: [meter()] });
    const usedAt = noonAnd(day).wall;
    expect(book.decide(record(ada, 1, { usedAt }), noon).events).toMatchObject([
      { usedAt: noon.wall },
    ]);
  });

  it("is suspect when it is ahead by more", () => {
    const book = givenBook({ meters: [meter()] });
    const usedAt = noonAnd(day + 1).wall;
    expect(book.decide(record(ada, 1, { usedAt }), noon).answer).toMatchObject({
      results: [{ denial: { reason: "CLOCK_SUSPECT" } }],
    });
  });
});
