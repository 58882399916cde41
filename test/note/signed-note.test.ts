import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromBase64, toBase64, toHex, utf8 } from "../../src/base/bytes.ts";
import { signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { NoteError } from "../../src/note/errors.ts";
import {
  NOTE_MAX_BYTES,
  noteKeyId,
  openNote,
  signNote,
  unverifiedText,
} from "../../src/note/signed-note.ts";

const refusal = (code: string): unknown => expect.objectContaining({ code });

const ada = { name: "ada.example/key", signer: signerFromSeed(sha256(utf8("ada"))) };
const bob = { name: "bob.example/key", signer: signerFromSeed(sha256(utf8("bob"))) };
const adaKey = { name: ada.name, publicKey: ada.signer.publicKey };
const bobKey = { name: bob.name, publicKey: bob.signer.publicKey };

/** The example of golang.org/x/mod/sumdb/note, where the format comes from. */
const PETER_NEUMANN = {
  name: "PeterNeumann",
  publicKey: fromBase64("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").subarray(1),
};
const GO_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

/** The example of the C2SP page. Its key is not published. */
const C2SP_NOTE = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;

describe("notes of other implementations", () => {
  it("are verified", () => {
    const opened = openNote(GO_NOTE, [PETER_NEUMANN]);
    expect(opened.signedBy).toEqual([PETER_NEUMANN]);
    expect(opened.text).toBe(
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
    );
  });

  it("have the key ids that we compute", () => {
    expect(toHex(noteKeyId(PETER_NEUMANN.name, PETER_NEUMANN.publicKey))).toBe("c74f20a3");
  });

  it("may have blank lines in their text: the last one ends it", () => {
    expect(unverifiedText(C2SP_NOTE)).toBe(
      "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n",
    );
  });
});

describe("a note", () => {
  const note = signNote("the text\n", ada, bob);

  it("tells who of the known keys signed it", () => {
    expect(openNote(note, [bobKey])).toEqual({ text: "the text\n", signedBy: [bobKey] });
    expect(openNote(note, [adaKey, bobKey]).signedBy).toEqual([adaKey, bobKey]);
  });

  it("opens from its bytes as from its text", () => {
    expect(openNote(utf8(note), [adaKey])).toEqual(openNote(note, [adaKey]));
  });

  it("gives any text back", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ -~äöü—\u{1f4be}]*$/u)), (lines) => {
        const text = `${lines.join("\n")}\n`;
        expect(openNote(signNote(text, ada), [adaKey]).text).toBe(text);
      }),
    );
  });

  it("does not survive one changed byte of its text", () => {
    const bytes = utf8(note);
    fc.assert(
      fc.property(fc.nat({ max: 8 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(() => openNote(changed, [adaKey])).toThrow(NoteError);
      }),
    );
  });
});

describe("signatures", () => {
  const note = signNote("the text\n", ada);

  it("of nobody known are not enough", () => {
    expect(() => openNote(note, [bobKey])).toThrow(refusal("NOTE_UNSIGNED"));
  });

  it("of another key under a known name are those of an unknown key", () => {
    const impostor = signNote("the text\n", { name: ada.name, signer: bob.signer });
    expect(() => openNote(impostor, [adaKey])).toThrow(refusal("NOTE_UNSIGNED"));
  });

  it("of a known key that do not verify refuse the note, whoever else signed it", () => {
    const forged = signNote("another text\n", ada, bob).replace("another", "the");
    const half =
      signNote("the text\n", bob) + forged.slice(forged.indexOf("— ada"), forged.indexOf("— bob"));
    expect(() => openNote(forged, [adaKey])).toThrow(refusal("NOTE_SIGNATURE"));
    expect(() => openNote(half, [adaKey, bobKey])).toThrow(refusal("NOTE_SIGNATURE"));
    expect(openNote(half, [bobKey]).signedBy).toEqual([bobKey]);
  });

  it("are looked at up to sixteen", () => {
    const fifteen = Array.from({ length: 15 }, (_, index) => ({ ...bob, name: `bob${index}` }));
    expect(openNote(signNote("the text\n", ...fifteen, ada), [adaKey]).signedBy).toEqual([adaKey]);
    expect(() => openNote(signNote("the text\n", ...fifteen, bob, ada), [adaKey])).toThrow(
      refusal("NOTE_MALFORMED"),
    );
  });

  it.each([
    ["no dash", "ada.example/key AAAA"],
    ["a hyphen for a dash", "- ada.example/key AAAA"],
    ["no name", "— AAAA"],
    ["a plus in the name", "— ada+key AAAAAAAA"],
    ["no base64", "— ada !!!!"],
    ["base64 with stray bits", "— ada AAAAAAB="],
    ["a key id alone", `— ada ${toBase64(new Uint8Array(4))}`],
  ])("are refused with %s", (_, line) => {
    expect(() => openNote(`the text\n\n${line}\n`, [adaKey])).toThrow(refusal("NOTE_MALFORMED"));
  });
});

describe("a note that was damaged on its way", () => {
  const note = signNote("the text\nof two lines\n", ada);

  it.each([
    ["crlf line endings", note.replaceAll("\n", "\r\n")],
    ["one crlf line ending", note.replace("lines\n", "lines\r\n")],
    ["cr line endings", note.replaceAll("\n", "\r")],
  ])("is recognised by %s", (_, damaged) => {
    expect(() => openNote(damaged, [adaKey])).toThrow(refusal("NOTE_CRLF"));
    expect(() => openNote(utf8(damaged), [adaKey])).toThrow(refusal("NOTE_CRLF"));
  });

  it("names the first line with a carriage return", () => {
    expect(() => openNote(note.replace("lines\n", "lines\r\n"), [adaKey])).toThrow("line 2");
  });

  it("is recognised wherever it was cut", () => {
    for (let length = 0; length < note.length; length += 1) {
      const cut = note.slice(0, length);
      expect(() => openNote(cut, [adaKey])).toThrow(refusal("NOTE_TRUNCATED"));
    }
  });

  it.each([
    ["a byte order mark", utf8(`\ufeff${note}`)],
    ["latin-1", Uint8Array.of(0xe9, 0x0a)],
    ["utf-16", Uint8Array.from(Buffer.from(note, "utf16le"))],
    ["a zero byte", concat(utf8("\0"), utf8(note))],
    ["a tabulator", utf8(`\t${note}`)],
  ])("is recognised by %s", (_, damaged) => {
    expect(() => openNote(damaged, [adaKey])).toThrow(refusal("NOTE_MALFORMED"));
  });

  it("is recognised by half of a character", () => {
    expect(() => openNote(`\ud800${note}`, [adaKey])).toThrow(refusal("NOTE_MALFORMED"));
  });

  it("is not read beyond the limit", () => {
    const long = `${"x".repeat(NOTE_MAX_BYTES)}\n`;
    expect(() => openNote(long, [adaKey])).toThrow(refusal("NOTE_TOO_LARGE"));
    expect(() => openNote(utf8(long), [adaKey])).toThrow(refusal("NOTE_TOO_LARGE"));
  });
});

describe("a note that cannot be", () => {
  it.each([
    ["without its last newline", "the text"],
    ["with a carriage return", "the text\r\n"],
    ["with a tabulator", "the\ttext\n"],
    ["with half of a character", "\ud800\n"],
  ])("is not signed %s", (_, text) => {
    expect(() => signNote(text, ada)).toThrow(TypeError);
  });

  it.each(["", "two words", "a+b", "a\u00a0b", "a\u0085b"])("is not signed by %j", (name) => {
    expect(() => signNote("the text\n", { name, signer: ada.signer })).toThrow(TypeError);
  });

  it("is not signed by nobody", () => {
    expect(() => signNote("the text\n")).toThrow(TypeError);
  });
});
