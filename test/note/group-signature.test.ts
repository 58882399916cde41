import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromBase64, toBase64, u32, utf8 } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { openHead } from "../../src/note/checkpoint.ts";
import { readJsonNote, writeJsonNotes } from "../../src/note/json-note.ts";
import { openNote, signNote, signNotes } from "../../src/note/signed-note.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });

const ada = { name: "ada.example/key", signer: signerFromSeed(sha256(utf8("ada"))) };
const bob = { name: ada.name, signer: signerFromSeed(sha256(utf8("bob"))) };
const plainKey = { name: ada.name, publicKey: ada.signer.publicKey };
const groupKey = { ...plainKey, signsGroups: true };

const textNo = (number: number): string => `text ${number}\n`;
const groupOf = (size: number, first = 0): readonly string[] =>
  signNotes(
    Array.from({ length: size }, (_, at) => textNo(first + at)),
    ada,
  );
const nth = (notes: readonly string[], at: number): string => notes[at] ?? "";

/** A note of a group, and where it stands there. */
const member = fc
  .tuple(fc.integer({ min: 2, max: 40 }), fc.nat({ max: 39 }))
  .map(([size, at]) => ({ size, at: at % size }));

/** What stands in the one signature line: key id (4 bytes), signature (64), index (4), size (4), path. */
const [AT_SIGNATURE, AT_INDEX, AT_SIZE, AT_PATH] = [4, 68, 72, 76];

function lineOf(note: string): Uint8Array {
  return fromBase64(note.slice(note.lastIndexOf(" ") + 1, -1));
}

function withLine(note: string, line: Uint8Array): string {
  return `${note.slice(0, note.lastIndexOf(" ") + 1)}${toBase64(line)}\n`;
}

const put = (line: Uint8Array, at: number, bytes: Uint8Array): Uint8Array =>
  concat(line.slice(0, at), bytes, line.slice(at + bytes.length));

describe("notes that are signed together", () => {
  it("open each by itself, with the text that was given", () => {
    fc.assert(
      fc.property(member, ({ size, at }) => {
        const opened = openNote(nth(groupOf(size), at), [groupKey]);
        expect(opened).toEqual({ text: textNo(at), signedBy: [groupKey] });
      }),
    );
  });

  it("have one signature for all", () => {
    const signatures = groupOf(17).map((note) =>
      toBase64(lineOf(note).slice(AT_SIGNATURE, AT_INDEX)),
    );
    expect(new Set(signatures).size).toBe(1);
  });

  it("grow by a hash when their number doubles", () => {
    expect([2, 4, 8, 256].map((size) => lineOf(nth(groupOf(size), 0)).length - AT_PATH)).toEqual([
      32, 64, 96, 256,
    ]);
  });

  it("are signed plainly when there is only one, and not at all when there is none", () => {
    expect(groupOf(1)).toEqual([signNote(textNo(0), ada)]);
    expect(signNotes([], ada)).toEqual([]);
  });

  it("are none when one of the texts, or the name, cannot be in a note", () => {
    expect(() => signNotes(["good\n", "bad"], ada)).toThrow(TypeError);
    expect(() => signNotes(["a\n", "b\n"], { ...ada, name: "two words" })).toThrow(TypeError);
  });

  it("stay good beside a plain signature of the same key, if both are", () => {
    const [note = ""] = groupOf(2);
    const plain = signNote(textNo(0), ada);
    const both = note + plain.slice(plain.lastIndexOf("—"));
    expect(openNote(both, [groupKey]).text).toBe(textNo(0));
    const other = signNote(textNo(1), ada);
    const wrong = note + other.slice(other.lastIndexOf("—"));
    expect(() => openNote(wrong, [groupKey])).toThrow(refusal("NOTE_SIGNATURE"));
  });
});

describe("a note of a group is refused", () => {
  it("with any byte changed, of text, signature, index, size or path", () => {
    for (const [size, at] of [
      [2, 1],
      [3, 2],
      [7, 3],
    ] as const) {
      const note = nth(groupOf(size), at);
      const line = lineOf(note);
      for (let place = AT_SIGNATURE; place < line.length; place += 1) {
        const changed = put(line, place, Uint8Array.of((line[place] ?? 0) ^ 1));
        expect(() => openNote(withLine(note, changed), [groupKey])).toThrow(
          refusal("NOTE_SIGNATURE"),
        );
      }
      expect(() => openNote(note.replace("text", "tent"), [groupKey])).toThrow(
        refusal("NOTE_SIGNATURE"),
      );
    }
  });

  it("at another place, or in a group of another size", () => {
    fc.assert(
      fc.property(member, fc.nat({ max: 80 }), ({ size, at }, other) => {
        const note = nth(groupOf(size), at);
        const line = lineOf(note);
        const moved = other === at ? at + 1 : other;
        const resized = other === size ? size + 1 : other;
        for (const lie of [put(line, AT_INDEX, u32(moved)), put(line, AT_SIZE, u32(resized))]) {
          expect(() => openNote(withLine(note, lie), [groupKey])).toThrow(
            refusal("NOTE_SIGNATURE"),
          );
        }
      }),
    );
  });

  it("with the path of its place in another group, or of its neighbour", () => {
    const [mine, theirs] = [groupOf(8), groupOf(8, 100)];
    const line = lineOf(nth(mine, 3));
    for (const other of [nth(theirs, 3), nth(mine, 2)]) {
      const lie = put(line, AT_PATH, lineOf(other).slice(AT_PATH));
      expect(() => openNote(withLine(nth(mine, 3), lie), [groupKey])).toThrow(
        refusal("NOTE_SIGNATURE"),
      );
      expect(() => openNote(withLine(nth(mine, 3), lineOf(other)), [groupKey])).toThrow(
        refusal("NOTE_SIGNATURE"),
      );
    }
  });

  it("with a path that is too short, too long, or no hashes", () => {
    const note = nth(groupOf(8), 3);
    const line = lineOf(note);
    const hash = new Uint8Array(32);
    for (const lie of [
      line.slice(0, AT_PATH),
      line.slice(0, AT_PATH - 1),
      line.slice(0, AT_INDEX),
      line.slice(0, -32),
      line.slice(0, -1),
      concat(line, Uint8Array.of(0)),
      concat(line, hash),
      concat(line, ...Array.from({ length: 400 }, () => hash)),
    ]) {
      expect(() => openNote(withLine(note, lie), [groupKey])).toThrow(refusal("NOTE_SIGNATURE"));
    }
  });

  it("when a plain signature is dressed up as the group's, or the other way", () => {
    const group = nth(groupOf(2), 0);
    const plain = signNote(textNo(0), ada);
    const [groupLine, plainLine] = [lineOf(group), lineOf(plain)];
    const asGroup = put(groupLine, AT_SIGNATURE, plainLine.slice(AT_SIGNATURE));
    const asPlain = concat(plainLine.slice(0, 4), groupLine.slice(AT_SIGNATURE, AT_INDEX));
    for (const lie of [asGroup, asPlain]) {
      expect(() => openNote(withLine(group, lie), [groupKey])).toThrow(refusal("NOTE_SIGNATURE"));
    }
  });

  it("when another key has signed it under the same name", () => {
    const [note = ""] = signNotes([textNo(0), textNo(1)], bob);
    expect(() => openNote(note, [groupKey])).toThrow(refusal("NOTE_UNSIGNED"));
  });
});

describe("who does not expect a group", () => {
  it("sees a note that nobody known has signed", () => {
    expect(() => openNote(nth(groupOf(2), 0), [plainKey])).toThrow(refusal("NOTE_UNSIGNED"));
  });

  it("takes no head and no other kind of note from one", () => {
    const root = toBase64(new Uint8Array(32));
    const [head = ""] = signNotes([`${ada.name}\n1\n${root}\n`, textNo(1)], ada);
    expect(() => openHead(head, plainKey)).toThrow(refusal("NOTE_UNSIGNED"));
    for (const kind of ["license", "borrow", "challenge", "welcome", "receipt"] as const) {
      const [note = ""] = writeJsonNotes(kind, [{}, {}], ada);
      expect(() => readJsonNote(kind, note, [plainKey])).toThrow(refusal("NOTE_UNSIGNED"));
    }
  });
});
