import type { Database } from "better-sqlite3";
import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { acknowledgedRoot } from "../bundle/acknowledged-root.ts";
import type { Activation } from "../bundle/known-ledger.ts";
import { type EvidenceFile, readEvidenceFile } from "../license/evidence-file.ts";
import { readLicense } from "../license/license.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { verifyConsistency } from "../merkle/proof.ts";
import { chainOrigin, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import { peekJsonNote } from "../note/json-note.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { type ActivationRecord, findActivation, newestLicense } from "./activations.ts";
import { VendorError } from "./errors.ts";

/**
 * `FORK`: the daemon signed two heads of one size. `NOT_ACKNOWLEDGED`: it signed a head that is not of the ledger
 * that this vendor has acknowledged. Both are proven by signatures alone. The rest goes by the client's
 * word: `WENT_BACK`: the daemon showed less than before. `NOT_PROVEN`: it showed more, and gave no proof that this goes on from
 * what was known. `NO_HEAD`: it showed nothing. `ONE_LEDGER`: there is no contradiction in the file.
 */
export const EVIDENCE_CODES = [
  "FORK",
  "NOT_ACKNOWLEDGED",
  "WENT_BACK",
  "NOT_PROVEN",
  "NO_HEAD",
  "ONE_LEDGER",
] as const;

export type EvidenceFinding = (typeof EVIDENCE_CODES)[number];

/** A head in the file, and how it stands to the books. */
export interface EvidenceHead {
  readonly size: number;
  readonly root: Uint8Array;
  /** Who vouches for it: the daemon's signature, or this vendor's own license. */
  readonly signedBy: "daemon" | "vendor";
  /** `open` where it is not acknowledged yet, or lost blocks leave it open. */
  readonly books: "agree" | "contradict" | "open";
}

/** What an evidence file says, and what of it needs nobody's word. */
export interface JudgedEvidence {
  readonly finding: EvidenceFinding;
  /** True when signatures alone prove that there are two ledgers where there must be one. */
  readonly isProven: boolean;
  readonly site: string;
  readonly chainId: ChainId;
  /** Blocks that are acknowledged; 0 before the first bundle. */
  readonly acknowledged: number;
  readonly seenAt: UnixMillis;
  readonly known: EvidenceHead;
  /** Undefined when the daemon showed none. */
  readonly shown: EvidenceHead | undefined;
  /** What was looked at, in words. */
  readonly checked: readonly string[];
}

/**
 * Judges what a client has kept against this vendor's own books: the ledger's activation gives the key, and what is
 * acknowledged gives the tree. Nothing is believed for standing in the file.
 * @throws VendorError EVIDENCE_SIGNATURE, EVIDENCE_UNKNOWN_LEDGER; LicenseError EVIDENCE_FIELD, and for a
 * license in it that does not hold.
 */
export function judgeEvidence(
  database: Database,
  vendor: VendorFile,
  bytes: Uint8Array,
): JudgedEvidence {
  const file = readEvidenceFile(bytes);
  const record = ledgerOf(database, vendor, file);
  const { chainId } = record;
  const acked = acknowledgedLedger(database, chainId);
  const activation = { ...record, vendorName: vendor.name };
  const place = (head: SignedHead): EvidenceHead => ({
    ...head,
    books: standingOf(head, acknowledgedRoot(activation, acked, head.size)),
  });
  const known = place(knownHead(file, vendor, activation));
  const shown = file.shown === null ? undefined : place(daemonHead(file.shown, activation));
  const finding = findingOf(known, shown, file.proof);
  const acknowledged = acked?.state.size ?? 0;
  return {
    finding,
    isProven: finding === "FORK" || finding === "NOT_ACKNOWLEDGED",
    site: newestLicense(database, chainId, vendor).terms.site,
    chainId,
    acknowledged,
    seenAt: file.seenAt,
    known,
    shown,
    checked: checkedIn(known, shown, file, acknowledged),
  };
}

type SignedHead = Omit<EvidenceHead, "books">;

const LICENSE = "seatkeeper license v1\n";

/** The ledger that the file is about, as the vendor has activated it. */
function ledgerOf(
  database: Database,
  vendor: VendorFile,
  { known }: EvidenceFile,
): ActivationRecord {
  const origin = known.startsWith(LICENSE)
    ? originIn(peekJsonNote(known, "license").body)
    : (known.split("\n", 1)[0] ?? "");
  const [name = "", chain = ""] = origin.split("/skc/");
  const record = name === vendor.name ? findActivation(database, chain) : undefined;
  if (record !== undefined) return record;
  throw new VendorError(
    "EVIDENCE_UNKNOWN_LEDGER",
    "the file is about a ledger that this vendor has not activated",
    { hint: "see seatkeeper-vendor sites; is it another vendor's?" },
  );
}

function originIn(body: unknown): string {
  const origin: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "origin") : undefined;
  return typeof origin === "string" ? origin : "";
}

function knownHead(
  { known }: EvidenceFile,
  vendor: VendorFile,
  activation: Activation,
): SignedHead {
  if (!known.startsWith(LICENSE)) return daemonHead(known, activation);
  const { name: vendorName, rootKey } = vendor;
  const { acknowledged, chainId } = readLicense(known, { vendorName, rootKey });
  if (acknowledged !== null && chainOrigin(vendorName, chainId) === activation.origin)
    return { ...acknowledged, signedBy: "vendor" };
  throw notSigned("the license in it says nothing of this ledger");
}

function daemonHead(note: string, { origin, daemonKey }: Activation): SignedHead {
  try {
    const { size, root } = openHead(note, { name: origin, publicKey: daemonKey });
    return { size, root, signedBy: "daemon" };
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw notSigned("a head in it is not signed by the daemon key on record", cause);
  }
}

function standingOf({ root }: SignedHead, own: Uint8Array | undefined): EvidenceHead["books"] {
  if (own === undefined) return "open";
  return equalBytes(own, root) ? "agree" : "contradict";
}

function findingOf(
  known: EvidenceHead,
  shown: EvidenceHead | undefined,
  proof: EvidenceFile["proof"],
): EvidenceFinding {
  const isSameSize = shown?.size === known.size;
  const isOther = shown && isSameSize && !equalBytes(shown.root, known.root);
  if (isOther) return known.signedBy === "daemon" ? "FORK" : "NOT_ACKNOWLEDGED";
  if ([known, shown].some(isAgainstBooks)) return "NOT_ACKNOWLEDGED";
  if (shown === undefined) return "NO_HEAD";
  if (isSameSize) return "ONE_LEDGER";
  if (shown.size < known.size) return "WENT_BACK";
  const isOfBooks = known.books === "agree" && shown.books === "agree";
  return isOfBooks || goesOn(known, shown, proof) ? "ONE_LEDGER" : "NOT_PROVEN";
}

/** What a license of ours says is no deed of the daemon's: then it is our books that went back. */
function isAgainstBooks(head: EvidenceHead | undefined): boolean {
  return head?.books === "contradict" && head.signedBy === "daemon";
}

function goesOn(known: SignedHead, shown: SignedHead, proof: EvidenceFile["proof"]): boolean {
  if (proof === null) return false;
  const [oldSize, oldRoot] = [known.size, known.root];
  return verifyConsistency({ oldSize, oldRoot, newSize: shown.size, newRoot: shown.root, proof });
}

function checkedIn(
  known: SignedHead,
  shown: SignedHead | undefined,
  { proof }: EvidenceFile,
  acknowledged: number,
): readonly string[] {
  const signature =
    known.signedBy === "vendor"
      ? "the license that says what was acknowledged"
      : "signature of the known head by the daemon key on record";
  return [
    signature,
    ...(shown === undefined ? [] : ["signature of the shown head by the daemon key on record"]),
    acknowledged === 0
      ? "block 0 on record; nothing else is acknowledged yet"
      : `roots of the ${acknowledged} acknowledged blocks`,
    ...(proof === null ? [] : ["the proof that the daemon gave"]),
  ];
}

function notSigned(what: string, cause?: unknown): VendorError {
  return new VendorError("EVIDENCE_SIGNATURE", what, {
    cause,
    hint: "it proves nothing: the file was changed, or was made by somebody else",
  });
}
