import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { peekJsonNote, readJsonNote, writeJsonNote } from "../../src/note/json-note.ts";
import { signNote } from "../../src/note/signed-note.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });
const ada = { name: "ada.example/key", signer: signerFromSeed(sha256(utf8("ada"))) };
const adaKey = { name: ada.name, publicKey: ada.signer.publicKey };

/** A text that Ada signed, whatever is in it. */
const signed = (text: string): string => signNote(text, ada);
const reading = (text: string) => (): unknown => readJsonNote("lease", signed(text), [adaKey]);

/** An object of this many levels, itself included. */
const nested = (levels: number): string =>
  `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

describe("a json note", () => {
  it("is one line that says what it is, the json, and the signature", () => {
    const note = writeJsonNote("lease", { count: 1, feature: "cad.pro" }, ada);
    expect(note).toMatch(
      /^seatkeeper lease v1\n\{"count":1,"feature":"cad\.pro"\}\n\n— ada\.example\/key [A-Za-z0-9+/]{91}=\n$/,
    );
  });

  it("may be laid out for people", () => {
    const note = writeJsonNote("license", { seats: 3 }, ada, { pretty: true });
    expect(note).toContain('seatkeeper license v1\n{\n  "seats": 3\n}\n\n');
    expect(readJsonNote("license", note, [adaKey])).toEqual({ seats: 3 });
  });

  it("gives any body back, in both layouts", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })),
        fc.boolean(),
        (body, pretty) => {
          const plain: unknown = JSON.parse(JSON.stringify(body));
          const note = writeJsonNote("hello", body, ada, { pretty });
          expect(readJsonNote("hello", note, [adaKey])).toEqual(plain);
          expect(peekJsonNote(note)).toEqual({ kind: "hello", version: 1, body: plain });
        },
      ),
    );
  });

  it("is not read as another kind", () => {
    const note = writeJsonNote("hello", {}, ada);
    expect(() => readJsonNote("welcome", note, [adaKey])).toThrow(refusal("NOTE_KIND"));
    expect(() => peekJsonNote(note, "welcome")).toThrow(refusal("NOTE_KIND"));
    expect(peekJsonNote(note, "hello").body).toEqual({});
  });

  it("may be looked into without a key, but not believed", () => {
    const note = writeJsonNote("lease", { count: 1 }, ada).replace("1}", "9}");
    expect(peekJsonNote(note).body).toEqual({ count: 9 });
    expect(() => readJsonNote("lease", note, [adaKey])).toThrow(refusal("NOTE_SIGNATURE"));
  });
});

describe("a first line", () => {
  it.each([
    "",
    "hello",
    "seatkeeper",
    "seatkeeper lease",
    "seatkeeper nothing v1",
    "Seatkeeper lease v1",
    "seatkeeper lease v1 ",
  ])("of %j is no known kind", (line) => {
    expect(reading(`${line}\n{}\n`)).toThrow(refusal("NOTE_KIND"));
  });

  it.each(["v0", "v2", "v01", "v10"])("of %s is another version", (version) => {
    expect(reading(`seatkeeper lease ${version}\n{}\n`)).toThrow(refusal("NOTE_VERSION"));
  });
});

describe("json in a note", () => {
  it.each([
    ["duplicate keys", '{"a":1,"a":2}'],
    ["duplicate keys of equal value", '{"a":1,"a":1}'],
    ["a space", '{"a": 1}'],
    ["a trailing newline", '{"a":1}\n'],
    ["another indentation", '{\n    "a": 1\n}'],
    ["an exponent", '{"a":1e3}'],
    ["a trailing zero", '{"a":1.0}'],
    ["minus zero", '{"a":-0}'],
    ["a number that loses digits", '{"a":9007199254740993}'],
    ["a needless escape", '{"a":"\\u0041"}'],
    ["an escaped slash", '{"a":"\\/"}'],
    ["keys in an order that objects do not keep", '{"b":1,"1":2}'],
    ["a comment", '{"a":1}//'],
    ["no json", "a"],
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "1"],
  ])("is refused with %s", (_, json) => {
    expect(reading(`seatkeeper lease v1\n${json}\n`)).toThrow(refusal("NOTE_JSON"));
  });

  it("may be sixteen levels deep, and no deeper", () => {
    expect(reading(`seatkeeper lease v1\n${nested(16)}\n`)).not.toThrow();
    expect(reading(`seatkeeper lease v1\n${nested(17)}\n`)).toThrow(refusal("NOTE_JSON"));
    expect(reading(`seatkeeper lease v1\n${nested(100_000)}\n`)).toThrow(refusal("NOTE_JSON"));
  });

  it("that is missing is refused", () => {
    expect(reading("seatkeeper lease v1\n")).toThrow(refusal("NOTE_JSON"));
  });
});
