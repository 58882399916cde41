import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { unixMillis } from "../../src/base/time.ts";
import {
  type ChainedRecord,
  chainHash,
  FORGOTTEN,
  TRAIL_START,
  TrailCheck,
} from "../../src/trail/chain.ts";
import { type Actor, readRecord, type TrailRecord, writeRecord } from "../../src/trail/record.ts";

const ada: Actor = { role: "administrator", via: "socket", who: "u_AAAAAAAAAAAAAAAAAAAAAA" };

const record = (seq: number, more: Partial<TrailRecord> = {}): TrailRecord => ({
  seq,
  at: unixMillis(1_795_348_800_000 + seq),
  act: "tokens.revoke",
  outcome: "done",
  by: ada,
  about: { token: "0af7" },
  ...more,
});

/** Records that continue one another, from what stands before the first. */
function chained(records: readonly TrailRecord[], before = TRAIL_START): ChainedRecord[] {
  let hash = before;
  return records.map((each) => {
    const text = writeRecord(each);
    hash = chainHash(hash, text);
    return { text, hash };
  });
}

const five = chained([1, 2, 3, 4, 5].map((seq) => record(seq)));
const headOf = (trail: readonly ChainedRecord[]): string =>
  toHex(trail.at(-1)?.hash ?? TRAIL_START);

function found(trail: readonly ChainedRecord[], ...heads: readonly string[]): unknown {
  const check = new TrailCheck();
  for (const head of heads) check.expect(head);
  for (const each of trail) check.visit(each);
  return check.finish().problems.map(({ code, seq }) => [code, seq]);
}

const edited = (each: ChainedRecord | undefined, from: string, to: string): ChainedRecord => ({
  text: (each?.text ?? "").replace(from, to),
  hash: each?.hash ?? TRAIL_START,
});

const forgotten = (through: number, head: string): TrailRecord =>
  record(6, { act: FORGOTTEN, outcome: "noted", about: { through, head } });

describe("a trail", () => {
  it("that is as it was written has no problem, and its heads are found", () => {
    expect(found(five, headOf(five), headOf(five.slice(0, 3)).toUpperCase())).toEqual([]);
    expect(found([])).toEqual([]);
  });

  it("has the hashes that anybody can compute from the page", () => {
    expect(headOf(five.slice(0, 1))).toBe(
      "21cb52f63e0a193b66261d5c12e0f4db457827d2c2dff992816580cdcc0398aa",
    );
  });

  it("with a changed record tells which", () => {
    expect(found(five.with(2, edited(five[2], "0af7", "0af8")))).toEqual([["TRAIL_CHANGED", 3]]);
  });

  it("with a changed record whose hash was made anew tells the one after it", () => {
    const text = writeRecord(record(3, { by: { ...ada, who: null } }));
    const forged = { text, hash: chainHash(five[1]?.hash ?? TRAIL_START, text) };
    expect(found(five.with(2, forged))).toEqual([["TRAIL_CHANGED", 4]]);
  });

  it("that was written anew from some record on has not the head that was sealed", () => {
    const anew = chained([1, 2, 3, 4, 5].map((seq) => record(seq, seq < 3 ? {} : { about: {} })));
    expect(found(anew)).toEqual([]);
    expect(found(anew, headOf(five))).toEqual([["TRAIL_OTHER_HEAD", null]]);
  });

  it.each([
    ["in the middle", [0, 1, 3, 4], [["TRAIL_CUT", 4]]],
    ["at the beginning", [2, 3, 4], [["TRAIL_CUT", 3]]],
  ])("with records cut out %s tells where", (_, kept, problems) => {
    expect(found(kept.flatMap((at) => five[at] ?? []))).toEqual(problems);
  });

  it("whose end was cut off has not the head that was sealed, nor the last of its daemon", () => {
    const cut = five.slice(0, 3);
    expect(found(cut, headOf(five))).toEqual([["TRAIL_OTHER_HEAD", null]]);
    const check = new TrailCheck();
    for (const each of cut) check.visit(each);
    check.expectLast(headOf(five));
    expect(check.finish().problems).toMatchObject([{ code: "TRAIL_CUT", seq: 3 }]);
  });

  it("with two records in each other's place tells both places", () => {
    const swapped = [0, 2, 1, 3, 4].flatMap((at) => five[at] ?? []);
    expect(found(swapped)).toEqual([
      ["TRAIL_CUT", 3],
      ["TRAIL_ORDER", 2],
    ]);
  });

  it("with a record that is none tells which, and goes on behind it", () => {
    const broken = edited(five[2], "administrator", "emperor");
    expect(found(five.with(2, broken))).toEqual([["TRAIL_FORMAT", 3]]);
  });
});

describe("a trail whose beginning the retention has removed", () => {
  const trail = [
    ...five,
    ...chained([forgotten(3, headOf(five.slice(0, 3)))], fromHex(headOf(five))),
  ];

  it("is whole: a record says how what is gone had ended", () => {
    expect(found(trail.slice(3), headOf(five.slice(0, 3)))).toEqual([]);
  });

  it("is not, when more is gone than the record says", () => {
    expect(found(trail.slice(4))).toEqual([["TRAIL_CUT", 5]]);
  });

  it("is not, when its first record is another one", () => {
    const [first, ...others] = trail.slice(3);
    expect(found([edited(first, "0af7", "0af8"), ...others])).toEqual([["TRAIL_CHANGED", 4]]);
  });
});

describe("a record", () => {
  it("comes back as it was written", () => {
    const whole = record(7, { of: 6, code: "ADMIN_TOKEN_UNKNOWN", times: 3, outcome: "refused" });
    expect(readRecord(writeRecord(whole))).toEqual(whole);
  });

  it.each([
    ["with a field more", '{"seq":1,', '{"more":1,"seq":1,'],
    ["with a field twice", '{"seq":1,', '{"seq":1,"seq":1,'],
    ["with white space", '{"seq":1,', '{"seq": 1,'],
    ["with words of several lines", "0af7", String.raw`0a\nf7`],
    ["with an unknown outcome", '"done"', '"maybe"'],
    ["that is no object", "{", "["],
  ])("%s is refused", (_, from, to) => {
    expect(() => readRecord(writeRecord(record(1)).replace(from, to))).toThrow(
      expect.objectContaining({ code: "TRAIL_FORMAT" }),
    );
  });
});
