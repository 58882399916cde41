import { equalBytes, toBase64Url } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { isoTime, type UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { chainOrigin, type Head, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  extensions,
  type FieldProblem,
  idOf,
  lineOfText,
  listOf,
  mapOf,
  moment,
  vendorNameField,
  wholeNumber,
} from "./fields.ts";
import { issuerKeyName, mayIssueAt, readIssuer } from "./issuer.ts";
import { refuseRevokedIssuer } from "./revocation-checks.ts";
import type { Revocations } from "./revocations.ts";
import { readSigned } from "./signed-body.ts";

/** How a ledger began, at a head that is none of the branch that goes on. */
export interface AbandonedHead {
  /** Blocks. */
  readonly size: number;
  /** RFC 6962 root over them: 32 bytes. */
  readonly root: Uint8Array;
}

/**
 * The vendor says which of two branches of one ledger is the ledger from now on
 * (docs/spec/license.md, "Supersede").
 */
export interface Supersede {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Rises from note to note of a ledger: the highest is the newest. At least 1. */
  readonly number: number;
  /** A head of the branch that goes on, as the site's daemon signed it: a checkpoint note. */
  readonly head: string;
  /** What it says. */
  readonly accepted: Head;
  /** Heads of up to so many blocks that the accepted branch does not have are given up. */
  readonly abandonedUpTo: number;
  /** Those of them that the vendor has seen, for people and as evidence. */
  readonly abandoned: readonly AbandonedHead[];
  /** Why, in one line, for those who look back. */
  readonly reason: string;
  readonly issuedAt: UnixMillis;
  /** The certificate of the key that signed: a note. */
  readonly issuer: string;
  /** The exact note. */
  readonly text: string;
}

/** What a vendor decides. */
export type SupersedeFields = Omit<Supersede, "accepted" | "text">;

/** Of the heads that were given up so many are named at most: the note travels in each welcome. */
export const NAMED_HEADS = 32;

/** Signed by the issuing key that `fields.issuer` certifies. */
export function writeSupersede(fields: SupersedeFields, issuerSigner: Signer): string {
  const body = {
    vendor: fields.vendor,
    chain_id: fields.chainId,
    number: fields.number,
    accepted: fields.head,
    abandoned_up_to: fields.abandonedUpTo,
    abandoned: fields.abandoned.map(({ size, root }) => ({ size, root: toBase64Url(root) })),
    reason: fields.reason,
    issued_at: fields.issuedAt,
    issuer: fields.issuer,
  };
  const signer = { name: issuerKeyName(fields.vendor), signer: issuerSigner };
  return writeJsonNote("supersede", body, signer, { pretty: true });
}

/** Whom a note must come from, and of whose ledger it must speak. */
export interface SupersedeTrust {
  readonly vendorName: string;
  readonly rootKey: Uint8Array;
  readonly chainId: ChainId;
  /** The key that signs the heads of this ledger. */
  readonly daemonKey: Uint8Array;
  /** The newest list that is known. */
  readonly revocations?: Revocations | undefined;
}

/**
 * A note that chains to the vendor's root key, about a head that this ledger's daemon signed. Says
 * nothing yet about whether it is the newest, or whether the ledger goes on from that head.
 * @throws LicenseError `SUPERSEDE_WRONG_CHAIN`, `SUPERSEDE_SIGNATURE`, `SUPERSEDE_FIELD`,
 * `LICENSE_ISSUER`, `LICENSE_ISSUER_EXPIRED`, `LICENSE_ISSUER_REVOKED`
 * @throws NoteError when it is no note of this kind.
 */
export function readSupersede(file: string | Uint8Array, trust: SupersedeTrust): Supersede {
  const { vendorName, rootKey } = trust;
  const claims = decodeWith(SUPERSEDE, peekJsonNote(file, "supersede").body, refusedField);
  if (claims.vendor !== vendorName || claims.chain_id !== trust.chainId) {
    throw otherLedger(claims.vendor, claims.chain_id);
  }
  const issuer = readIssuer(claims.issuer, vendorName, rootKey);
  const verifier = { name: issuerKeyName(vendorName), publicKey: issuer.key };
  const { body, text } = readSigned("supersede", file, verifier, refusedSignature);
  const fields = decodeWith(SUPERSEDE, body, refusedField);
  if (!mayIssueAt(issuer, fields.issued_at)) throw issuerExpired(fields.issued_at);
  refuseRevokedIssuer("supersede note", fields.issuer, rootKey, trust.revocations);
  return {
    vendor: fields.vendor,
    chainId: fields.chain_id,
    number: fields.number,
    head: fields.accepted,
    accepted: acceptedHead(fields.accepted, trust),
    abandonedUpTo: fields.abandoned_up_to,
    abandoned: fields.abandoned,
    reason: fields.reason,
    issuedAt: fields.issued_at,
    issuer: fields.issuer,
    text,
  };
}

/** What a site has when a note arrives. */
export interface SupersededSite {
  /** The newest note that is known here. */
  readonly newest: Supersede | undefined;
  /** Blocks in the ledger. */
  readonly size: number;
  /** The root of the site's own tree at a size up to `size`. */
  rootAt(size: number): Uint8Array;
}

/** The very note that is known is no mistake. */
export type SupersedeCheck = "new" | "repeated";

/**
 * The note is newer than what is known, and this ledger goes on from the head that it accepts.
 * @throws LicenseError `SUPERSEDE_OLDER`, `SUPERSEDE_OTHER_BRANCH`
 */
export function checkSupersede(note: Supersede, site: SupersededSite): SupersedeCheck {
  const { number, accepted } = note;
  if (site.newest !== undefined && number <= site.newest.number) {
    if (site.newest.text === note.text) return "repeated";
    throw older(number, site.newest.number);
  }
  const { size, root } = accepted;
  if (size > site.size || !equalBytes(root, site.rootAt(size))) throw otherBranch(note);
  return "new";
}

/** Whether a head that the ledger does not go on from is among those that the vendor has given up. */
export function isGivenUp(
  { size }: Pick<AbandonedHead, "size">,
  note: Pick<Supersede, "abandonedUpTo"> | undefined,
): boolean {
  return note !== undefined && size <= note.abandonedUpTo;
}

const head = mapOf({ size: wholeNumber(1, Number.MAX_SAFE_INTEGER), root: bytes(32) });

const SUPERSEDE = mapOf({
  vendor: vendorNameField,
  chain_id: idOf(chainId, "16 bytes in lower-case hex"),
  number: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  accepted: embeddedNote,
  abandoned_up_to: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  abandoned: listOf(head, NAMED_HEADS),
  reason: lineOfText,
  issued_at: moment,
  issuer: embeddedNote,
  ext: extensions,
});

function acceptedHead(
  text: string,
  { vendorName, chainId: chain, daemonKey }: SupersedeTrust,
): Head {
  try {
    return openHead(text, { name: chainOrigin(vendorName, chain), publicKey: daemonKey });
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new LicenseError(
      "SUPERSEDE_FIELD",
      "supersede note: accepted is no head of this ledger",
      {
        cause,
        hint: ASK_AGAIN,
      },
    );
  }
}

const ASK_AGAIN = "ask the vendor for the file that brought the note again";

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("SUPERSEDE_FIELD", `supersede note: ${path.join(".")} ${problem}`, {
    hint: `${ASK_AGAIN}, or install a newer release`,
  });
}

function refusedSignature(cause: NoteError): LicenseError {
  return new LicenseError(
    "SUPERSEDE_SIGNATURE",
    "the supersede note is not as the vendor signed it",
    {
      cause,
      hint: `${ASK_AGAIN}; do not trust its sender before`,
    },
  );
}

function otherLedger(vendor: string, chain: ChainId): LicenseError {
  return new LicenseError(
    "SUPERSEDE_WRONG_CHAIN",
    `the supersede note is for ledger ${chain} of ${vendor}`,
    { hint: "ask the vendor for one for this ledger" },
  );
}

function issuerExpired(at: UnixMillis): LicenseError {
  return new LicenseError(
    "LICENSE_ISSUER_EXPIRED",
    `the supersede note is dated ${isoTime(at)}, outside the time of its issuing key`,
    { hint: "ask the vendor for one that is signed by a current key" },
  );
}

function older(number: number, newest: number): LicenseError {
  return new LicenseError(
    "SUPERSEDE_OLDER",
    `supersede note ${number} is not newer than ${newest}, which is known already`,
    { hint: "nothing has to be done: the newest note holds" },
  );
}

function otherBranch({ number, accepted }: Supersede): LicenseError {
  return new LicenseError(
    "SUPERSEDE_OTHER_BRANCH",
    `supersede note ${number} accepts a head of ${accepted.size} blocks that this ledger does not go on from`,
    {
      hint: "this is the copy that was given up, or it was put back again: export its usage, and tell the vendor before going on",
    },
  );
}
