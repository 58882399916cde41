import { NoteError } from "./errors.ts";
import {
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signNote,
  signNotes,
  unverifiedText,
} from "./signed-note.ts";

/** Every kind of signed JSON text there is. */
export const NOTE_KINDS = [
  "vendor",
  "issuer",
  "license",
  "request",
  "daemon-key",
  "lease",
  "borrow",
  "borrow-release",
  "receipt",
  "supersede",
  "revocations",
  "challenge",
  "hello",
  "welcome",
] as const;

export type NoteKind = (typeof NOTE_KINDS)[number];

/** What a note says it is, before anybody verified it. */
export interface PeekedNote {
  readonly kind: NoteKind;
  readonly version: 1;
  readonly body: unknown;
}

/** How the JSON is laid out. */
export interface JsonLayout {
  /** Two spaces of indentation, for files that people open. Off by default. */
  readonly pretty?: boolean;
}

/** `seatkeeper <kind> v1`, the body as JSON, signed. `undefined` fields are left out. */
export function writeJsonNote(
  kind: NoteKind,
  body: object,
  signer: NoteSigner,
  layout: JsonLayout = {},
): string {
  return signNote(jsonText(kind, body, layout), signer);
}

/** The same for many bodies, compact, under one signature for all: see `signNotes`. */
export function writeJsonNotes(
  kind: NoteKind,
  bodies: readonly object[],
  signer: NoteSigner,
): readonly string[] {
  const texts = bodies.map((body) => jsonText(kind, body, {}));
  return signNotes(texts, signer);
}

/**
 * The body of a note of this kind that one of `verifiers` signed. Its shape is for the caller to check.
 * @throws NoteError
 */
export function readJsonNote(
  kind: NoteKind,
  note: string | Uint8Array,
  verifiers: readonly NoteVerifier[],
): unknown {
  const found = parse(openNote(note, verifiers).text);
  if (found.kind !== kind) throw wrongKind(kind, found.kind);
  return found.body;
}

/**
 * Kind and body of a note whose signatures nobody has looked at: for finding the key that must
 * have signed it.
 * @param wanted refuses every other kind.
 * @throws NoteError
 */
export function peekJsonNote(note: string | Uint8Array, wanted?: NoteKind): PeekedNote {
  const found = parse(unverifiedText(note));
  if (wanted !== undefined && found.kind !== wanted) throw wrongKind(wanted, found.kind);
  return found;
}

/** Deepest nesting of a body. Indenting a deeper one would cost the reader the square of its size. */
const MAX_DEPTH = 16;
const FIRST_LINE = /^seatkeeper (?<kind>[a-z-]{1,32}) v(?<version>[0-9]{1,6})$/;

function jsonText(kind: NoteKind, body: object, { pretty = false }: JsonLayout): string {
  return `seatkeeper ${kind} v1\n${JSON.stringify(body, null, pretty ? 2 : undefined)}\n`;
}

function parse(text: string): PeekedNote {
  const end = text.indexOf("\n");
  const kind = kindOf(text.slice(0, end));
  return { kind, version: 1, body: parseJson(text.slice(end + 1, -1)) };
}

function kindOf(line: string): NoteKind {
  const { kind, version } = FIRST_LINE.exec(line)?.groups ?? {};
  const known = NOTE_KINDS.find((candidate) => candidate === kind);
  if (!known) {
    throw new NoteError("NOTE_KIND", "the note does not begin with a known kind", {
      hint: "check that this is a file of Seatkeeper, and that this release is not older than it",
    });
  }
  if (version !== "1") {
    throw new NoteError(
      "NOTE_VERSION",
      `the ${known} has version ${version}, this release reads 1`,
      {
        hint: "install a newer release",
      },
    );
  }
  return known;
}

/**
 * Accepts only what `JSON.stringify` writes: parsing and writing again must give the same text.
 * So no duplicate key, odd number, needless escape or stray space can carry a second meaning.
 */
function parseJson(json: string): unknown {
  const body = parsed(json);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badJson("is not an object");
  }
  if (!isWithin(body, MAX_DEPTH)) throw badJson(`is nested deeper than ${MAX_DEPTH} levels`);
  if (JSON.stringify(body, null, json.startsWith("{\n") ? 2 : undefined) !== json) {
    throw badJson("is not in its one written form (duplicate keys, spaces, numbers or escapes)");
  }
  return body;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The parser's message would quote the text.
    throw badJson("does not parse");
  }
}

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((part) => isWithin(part, depth - 1));
}

function wrongKind(wanted: NoteKind, found: NoteKind): NoteError {
  return new NoteError("NOTE_KIND", `this is a ${found}, not a ${wanted}`, {
    hint: `give the ${wanted} file instead`,
  });
}

function badJson(what: string): NoteError {
  return new NoteError("NOTE_JSON", `the note's json ${what}`);
}
