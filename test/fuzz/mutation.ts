import { concat } from "../../src/base/bytes.ts";
import type { Dice } from "./dice.ts";

/** Longest input: far above every honest note, far below what a file may be. */
const LONGEST = 16_384;

/** Numbers at which lengths, counts and places are judged. */
const EDGES = [
  0,
  1,
  8,
  9,
  16,
  23,
  24,
  127,
  128,
  255,
  256,
  1023,
  1024,
  65_535,
  65_552,
  2 ** 31,
  2 ** 32 - 1,
];

/** Words and bytes that the formats give a meaning. */
const TOKENS: readonly Uint8Array[] = [
  "\n",
  "\n\n",
  "\u2014 ",
  '"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "null",
  "-1",
  "1e999",
  "9007199254740993",
  '"__proto__":',
  '"ext":{}',
  "\\ud800",
  "\ufeff",
  "&a ",
  "*a",
  "!!binary ",
  "<<: ",
  "- ",
  "SKB1",
  "SKX1",
  "seatkeeper license v1\n",
].map((text) => new TextEncoder().encode(text));

const CBOR_TOKENS: readonly Uint8Array[] = [
  [0x9f],
  [0xbf],
  [0xff],
  [0x5f],
  [0xf9, 0x7e, 0x00],
  [0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
  [0xc0],
  [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x9a, 0xff, 0xff, 0xff, 0xff],
  [0x80],
  [0xa0],
].map((bytes) => new Uint8Array(bytes));

/** A value of JSON or YAML, and what else may stand in its place. */
const VALUE = /"(?:[^"\\\n]|\\.)*"|-?\b\d+\b|\btrue\b|\bfalse\b|\bnull\b|\[\]|\{\}/g;
const WORDS: readonly string[] = [
  "null",
  "true",
  "0",
  "-1",
  "9007199254740992",
  "1e3",
  '""',
  "[]",
  "{}",
  "[null]",
  '"\\u0000"',
  '"*"',
  '"2026-13-45"',
  '"90s"',
];

/** Mostly one change: what is wrong in several ways ends at the first of them. */
const HOW_MANY = [1, 1, 1, 1, 2, 3, 5];

/** A few changes, one after the other, of the kinds that parsers stumble over. */
export function mutated(input: Uint8Array, others: readonly Uint8Array[], dice: Dice): Uint8Array {
  let bytes = input;
  for (let change = dice.pick(HOW_MANY); change > 0; change -= 1) {
    bytes = dice.pick(CHANGES)(bytes, others, dice).subarray(0, LONGEST);
  }
  return bytes.slice();
}

type Change = (bytes: Uint8Array, others: readonly Uint8Array[], dice: Dice) => Uint8Array;

const CHANGES: readonly Change[] = [
  function bit(bytes, _, dice) {
    const copy = bytes.slice();
    const at = dice.roll(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << dice.roll(8));
    return copy;
  },
  function byte(bytes, _, dice) {
    const copy = bytes.slice();
    copy[dice.roll(copy.length)] = dice.roll(256);
    return copy;
  },
  function edge(bytes, _, dice) {
    const width = dice.pick([1, 2, 4, 8]);
    const copy = bytes.slice();
    let value = BigInt(dice.pick(EDGES));
    const at = dice.roll(Math.max(1, copy.length - width));
    for (let place = at + width - 1; place >= at; place -= 1, value >>= 8n) {
      if (place < copy.length) copy[place] = Number(value & 255n);
    }
    return copy;
  },
  function token(bytes, _, dice) {
    const at = dice.roll(bytes.length + 1);
    const word = dice.pick(dice.roll(3) === 0 ? CBOR_TOKENS : TOKENS);
    return concat(bytes.subarray(0, at), word, bytes.subarray(at + dice.roll(2) * word.length));
  },
  function value(bytes, others, dice) {
    // Where the file is text with values in it: one of them becomes another, and the form stays whole.
    const text = Buffer.from(bytes).toString("latin1");
    const values = [...text.matchAll(VALUE)];
    if (values.length === 0) return bytes;
    const { index, 0: old } = dice.pick(values);
    const foreign = Buffer.from(dice.pick(others)).toString("latin1");
    const theirs = [...values, ...foreign.matchAll(VALUE)].map(([each]) => each);
    const other = dice.roll(3) === 0 ? dice.pick(WORDS) : dice.pick(theirs);
    const changed = text.slice(0, index) + other + text.slice(index + old.length);
    return new Uint8Array(Buffer.from(changed, "latin1"));
  },
  function removal(bytes, _, dice) {
    const at = dice.roll(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + dice.roll(32)));
  },
  function repetition(bytes, _, dice) {
    const at = dice.roll(bytes.length);
    const part = bytes.subarray(at, at + 1 + dice.roll(64));
    const times = dice.roll(8) === 0 ? 200 : 1 + dice.roll(3);
    return concat(
      bytes.subarray(0, at),
      ...Array.from({ length: times }, () => part),
      bytes.subarray(at),
    );
  },
  function cut(bytes, _, dice) {
    return bytes.subarray(0, dice.roll(bytes.length + 1));
  },
  function splice(bytes, others, dice) {
    const other = dice.pick(others);
    return concat(
      bytes.subarray(0, dice.roll(bytes.length + 1)),
      other.subarray(dice.roll(other.length + 1)),
    );
  },
];
