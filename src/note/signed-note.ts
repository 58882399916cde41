import { concat, equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from "../base/bytes.ts";
import { type Signer, verifySignature } from "../crypto/ed25519.ts";
import { sha256Public } from "../crypto/hash.ts";
import { NoteError } from "./errors.ts";
import { groupKeyId, signGroup, verifyGroupSignature } from "./group-signature.ts";

/** Who signs a note, and under which key name. */
export interface NoteSigner {
  readonly name: string;
  readonly signer: Signer;
}

/** A key that a reader trusts, and the name it signs under. */
export interface NoteVerifier {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Whether its group signatures count like plain ones. Only leases are signed in groups. Off by default. */
  readonly signsGroups?: boolean;
}

/** A note of which at least one signature was verified. */
export interface OpenedNote {
  /** The signed text with its last newline. */
  readonly text: string;
  /** Never empty. */
  readonly signedBy: readonly NoteVerifier[];
}

/** Longest note that is read, in bytes. */
export const NOTE_MAX_BYTES = 262_144;

/** Most signature lines that are read. C2SP signed-note demands at least this many. */
const NOTE_MAX_SIGNATURES = 16;

/**
 * The text, a blank line, and a signature line for each signer (C2SP signed-note).
 * @param text ends in a newline; no control characters besides newlines.
 * @throws TypeError when the text or a key name cannot be in a note, or nobody signs.
 */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  refuseText(text);
  if (signers.length === 0) throw new TypeError("a note needs a signer");
  return `${text}\n${signers.map((signer) => plainLine(text, signer)).join("")}`;
}

/**
 * A note for each text, in their order, under one signature for all (docs/spec/note.md, "Group
 * signatures"): for many short notes at once. One alone is signed as ever.
 * @throws TypeError when a text or the key name cannot be in a note.
 */
export function signNotes(texts: readonly string[], by: NoteSigner): readonly string[] {
  if (texts.length < 2) return texts.map((text) => signNote(text, by));
  for (const text of texts) refuseText(text);
  const { name, signer } = by;
  const keyId = groupKeyId(name, signer.publicKey);
  const signatures = signGroup(texts.map(utf8), signer);
  return signatures.map((signature, at) => `${texts[at]}\n${lineOf(name, keyId, signature)}`);
}

/**
 * The text of a note that one of `verifiers` signed. Lines of other keys are ignored; a line of
 * a known key that does not verify refuses the whole note.
 * @throws NoteError
 */
export function openNote(
  note: string | Uint8Array,
  verifiers: readonly NoteVerifier[],
): OpenedNote {
  const { text, lines } = split(decode(note));
  const signed = utf8(text);
  const signedBy = verifiers.filter((verifier) => hasSigned(verifier, signed, lines));
  if (signedBy.length === 0) throw unsigned(verifiers, lines);
  return { text, signedBy };
}

/**
 * The text of a well-formed note whose signatures nobody has looked at: for choosing a key or a
 * door, never for believing.
 * @throws NoteError
 */
export function unverifiedText(note: string | Uint8Array): string {
  return split(decode(note)).text;
}

/** `SHA-256(name || 0x0A || 0x01 || key)[0..4]`: tells apart keys of one name; collisions are harmless. */
export function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256Public(utf8(name), KEY_ID_SEPARATOR, publicKey).slice(0, KEY_ID_BYTES);
}

interface SignatureLine {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

const KEY_ID_BYTES = 4;
/** A newline, then the algorithm: 0x01 is Ed25519. */
const KEY_ID_SEPARATOR = Uint8Array.of(0x0a, 0x01);
// oxlint-disable-next-line no-control-regex -- a note contains none of these
const FORBIDDEN = /[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u;
const KEY_NAME = /^[^\s\u0085+]+$/u;
const SIGNATURE_LINE = /^— (?<name>[^\s\u0085+]+) (?<signature>[A-Za-z0-9+/]+={0,2})$/u;

function refuseText(text: string): void {
  if (!text.endsWith("\n") || FORBIDDEN.test(text)) {
    throw new TypeError("not the text of a note");
  }
}

function plainLine(text: string, { name, signer }: NoteSigner): string {
  return lineOf(name, noteKeyId(name, signer.publicKey), signer.sign(utf8(text)));
}

function lineOf(name: string, keyId: Uint8Array, signature: Uint8Array): string {
  if (!KEY_NAME.test(name)) throw new TypeError("not a key name");
  return `— ${name} ${toBase64(concat(keyId, signature))}\n`;
}

function decode(note: string | Uint8Array): string {
  const length = typeof note === "string" ? Buffer.byteLength(note) : note.length;
  if (length > NOTE_MAX_BYTES) {
    throw new NoteError(
      "NOTE_TOO_LARGE",
      `the note has ${length} bytes, the limit is ${NOTE_MAX_BYTES}`,
    );
  }
  const text = typeof note === "string" ? note : decodeUtf8(note);
  if (text.includes("\r")) throw lineEndings(text);
  if (text.startsWith("\ufeff")) throw malformed("begins with a byte order mark");
  if (FORBIDDEN.test(text)) throw malformed("contains a character it must not");
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw malformed("is not utf-8 text", cause);
  }
}

function split(note: string): { text: string; lines: readonly SignatureLine[] } {
  if (note === "") throw new NoteError("NOTE_TRUNCATED", "the note is empty", COPY_AGAIN);
  if (!note.endsWith("\n")) {
    throw new NoteError("NOTE_TRUNCATED", "the note ends in the middle of a line", COPY_AGAIN);
  }
  const blank = note.lastIndexOf("\n\n");
  if (blank < 0 || blank + 2 === note.length) {
    throw new NoteError("NOTE_TRUNCATED", "the note ends before its signature", COPY_AGAIN);
  }
  const lines = note.slice(blank + 2, -1).split("\n");
  if (lines.length > NOTE_MAX_SIGNATURES) {
    throw malformed(`has more than ${NOTE_MAX_SIGNATURES} signature lines`);
  }
  return { text: note.slice(0, blank + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): SignatureLine {
  const { name, signature } = SIGNATURE_LINE.exec(line)?.groups ?? {};
  if (name === undefined || signature === undefined) throw malformed("has a broken signature line");
  const bytes = decodeBase64(signature);
  if (bytes.length <= KEY_ID_BYTES) throw malformed("has a signature line without a signature");
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}

function decodeBase64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw malformed("has a signature line that is not base64", cause);
  }
}

function hasSigned(
  verifier: NoteVerifier,
  signed: Uint8Array,
  lines: readonly SignatureLine[],
): boolean {
  const { name, publicKey, signsGroups = false } = verifier;
  const under = (keyId: Uint8Array): readonly SignatureLine[] =>
    lines.filter((line) => line.name === name && equalBytes(line.keyId, keyId));
  const plain = under(noteKeyId(name, publicKey));
  const grouped = signsGroups ? under(groupKeyId(name, publicKey)) : [];
  const verified =
    plain.every(({ signature }) => verifySignature(publicKey, signed, signature)) &&
    grouped.every(({ signature }) => verifyGroupSignature(publicKey, signed, signature));
  if (!verified) {
    throw new NoteError("NOTE_SIGNATURE", `the signature of ${name} does not verify`, {
      hint: "the file was changed after it was signed; fetch it again from its sender",
    });
  }
  return plain.length + grouped.length > 0;
}

function unsigned(verifiers: readonly NoteVerifier[], lines: readonly SignatureLine[]): NoteError {
  const wanted = verifiers.map((verifier) => verifier.name).join(", ");
  const found = lines.map((line) => line.name).join(", ");
  return new NoteError(
    "NOTE_UNSIGNED",
    `the note is signed by ${found}, not by the known key of ${wanted}`,
    {
      hint: "check that the file comes from the sender you expect",
    },
  );
}

const COPY_AGAIN = { hint: "copy the file again, whole and unchanged" };

function lineEndings(note: string): NoteError {
  return new NoteError(
    "NOTE_CRLF",
    `the note has carriage returns, first in line ${note.slice(0, note.indexOf("\r")).split("\n").length}`,
    {
      hint: "a mail program or editor changed its line endings; transfer the file as an attachment or in binary mode",
    },
  );
}

function malformed(what: string, cause?: unknown): NoteError {
  return new NoteError("NOTE_MALFORMED", `the note ${what}`, { ...COPY_AGAIN, cause });
}
