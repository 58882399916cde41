import { fromUtf8 } from "../base/bytes.ts";
import { NoteError } from "../note/errors.ts";
import { type NoteKind, readJsonNote } from "../note/json-note.ts";
import type { NoteVerifier } from "../note/signed-note.ts";

/** What was signed, and the exact note. */
export interface SignedBody {
  readonly body: unknown;
  readonly text: string;
}

/**
 * The body of a note that this key signed.
 * @param refused makes the error for a missing or false signature of its kind of file.
 * @throws NoteError for everything else that is wrong with the note.
 */
export function readSigned(
  kind: NoteKind,
  file: string | Uint8Array,
  verifier: NoteVerifier,
  refused: (cause: NoteError) => Error,
): SignedBody {
  try {
    const body = readJsonNote(kind, file, [verifier]);
    return { body, text: typeof file === "string" ? file : fromUtf8(file) };
  } catch (error) {
    if (error instanceof NoteError && isAboutSignature(error)) throw refused(error);
    throw error;
  }
}

function isAboutSignature({ code }: NoteError): boolean {
  return code === "NOTE_SIGNATURE" || code === "NOTE_UNSIGNED";
}
