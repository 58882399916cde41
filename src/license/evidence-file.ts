import { fromUtf8 } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  extensions,
  type FieldProblem,
  listOf,
  mapOf,
  moment,
  wordOf,
} from "./fields.ts";

/**
 * What a client kept when a daemon's ledger did not go on from what the client knew of it
 * (docs/spec/evidence.md). The file itself is signed by nobody: the notes in it are.
 */
export interface EvidenceFile {
  /** By the client's clock. */
  readonly seenAt: UnixMillis;
  /** The head that was remembered, or the license that says what was acknowledged: a note. */
  readonly known: string;
  /** The head that the daemon showed; null when it showed none. */
  readonly shown: string | null;
  /** The consistency proof that the daemon gave for it; null when it gave none. */
  readonly proof: readonly Uint8Array[] | null;
}

/** @throws LicenseError `EVIDENCE_FIELD` */
export function readEvidenceFile(file: Uint8Array): EvidenceFile {
  const fields = decodeWith(EVIDENCE, bodyOf(file), refusedField);
  return {
    seenAt: fields.seen_at,
    known: fields.known,
    shown: fields.shown,
    proof: fields.proof,
  };
}

/** Between trees of 2^48 blocks there are no longer proofs. */
const LONGEST_PROOF = 96;

const EVIDENCE = mapOf({
  kind: wordOf("seatkeeper evidence v1"),
  seen_at: moment,
  known: embeddedNote,
  shown: embeddedNote.nullable(),
  proof: listOf(bytes(32), LONGEST_PROOF).nullable(),
  ext: extensions,
});

function bodyOf(file: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(file));
  } catch {
    // The parser's message would quote the text.
    throw refused("the file is no JSON in UTF-8");
  }
}

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return refused(`evidence: ${path.join(".") || "the whole"} ${problem}`);
}

function refused(what: string): LicenseError {
  return new LicenseError("EVIDENCE_FIELD", what, {
    hint: "ask for the file as it lies in the client's data folder, unchanged",
  });
}
