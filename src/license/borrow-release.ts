import { type ChainId, chainId, type LeaseId, leaseId } from "../base/ids.ts";
import { days, isoTime, type Millis, type UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import type { NoteError } from "../note/errors.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  decodeWith,
  embeddedNote,
  extensions,
  type FieldProblem,
  idOf,
  lineOfText,
  mapOf,
  moment,
  vendorNameField,
} from "./fields.ts";
import { issuerKeyName, mayIssueAt, readIssuer } from "./issuer.ts";
import { readSigned } from "./signed-body.ts";

/** How long after its date a release may be handed in. */
const RELEASE_LIFE: Millis = days(30);

/** The vendor says: the seats of this borrowed lease are free again, its workstation is lost. */
export interface BorrowRelease {
  readonly vendor: string;
  readonly chainId: ChainId;
  readonly leaseId: LeaseId;
  /** Why, in one line, for those who look back. */
  readonly reason: string;
  readonly issuedAt: UnixMillis;
  /** The certificate of the key that signed: a note. */
  readonly issuer: string;
}

/** Signed by the issuing key that `release.issuer` certifies. */
export function writeBorrowRelease(release: BorrowRelease, issuerSigner: Signer): string {
  const body = {
    vendor: release.vendor,
    chain_id: release.chainId,
    lease_id: release.leaseId,
    reason: release.reason,
    issued_at: release.issuedAt,
    issuer: release.issuer,
  };
  const signer = { name: issuerKeyName(release.vendor), signer: issuerSigner };
  return writeJsonNote("borrow-release", body, signer, { pretty: true });
}

/**
 * A release that chains to the vendor's root key. Says nothing yet about this site or the present
 * moment: see `checkRelease`.
 * @throws LicenseError `RELEASE_WRONG_VENDOR`, `LICENSE_ISSUER`, `LICENSE_ISSUER_EXPIRED`,
 * `RELEASE_SIGNATURE`, `RELEASE_FIELD`
 * @throws NoteError when it is no note of this kind.
 */
export function readBorrowRelease(
  file: string | Uint8Array,
  trust: { readonly vendorName: string; readonly rootKey: Uint8Array },
): BorrowRelease {
  const claims = decodeWith(RELEASE, peekJsonNote(file, "borrow-release").body, refusedField);
  if (claims.vendor !== trust.vendorName) throw otherVendor(trust.vendorName, claims.vendor);
  const issuer = readIssuer(claims.issuer, trust.vendorName, trust.rootKey);
  const verifier = { name: issuerKeyName(trust.vendorName), publicKey: issuer.key };
  const { body } = readSigned("borrow-release", file, verifier, refusedSignature);
  const fields = decodeWith(RELEASE, body, refusedField);
  if (!mayIssueAt(issuer, fields.issued_at)) throw issuerExpired(fields.issued_at);
  return {
    vendor: fields.vendor,
    chainId: fields.chain_id,
    leaseId: fields.lease_id,
    reason: fields.reason,
    issuedAt: fields.issued_at,
    issuer: fields.issuer,
  };
}

/**
 * The release is for this ledger and not too old: one that was never handed in must not take a seat
 * from a workstation that was found again long ago.
 * @throws LicenseError `RELEASE_WRONG_SITE`, `RELEASE_TOO_OLD`
 */
export function checkRelease(release: BorrowRelease, chain: ChainId, now: UnixMillis): void {
  if (release.chainId !== chain) {
    throw new LicenseError(
      "RELEASE_WRONG_SITE",
      `the release is for ledger ${release.chainId}, this site's is ${chain}`,
      {
        hint: "hand it in at the site that lent the seat, or ask the vendor for one for this site",
      },
    );
  }
  if (now - release.issuedAt < RELEASE_LIFE) return;
  throw new LicenseError("RELEASE_TOO_OLD", `the release is of ${isoTime(release.issuedAt)}`, {
    hint: "one may be handed in for 30 days; ask the vendor for another if the seat is still lost",
  });
}

const HEX_16_FORM = "16 bytes in lower-case hex";

const RELEASE = mapOf({
  vendor: vendorNameField,
  chain_id: idOf(chainId, HEX_16_FORM),
  lease_id: idOf(leaseId, HEX_16_FORM),
  reason: lineOfText,
  issued_at: moment,
  issuer: embeddedNote,
  ext: extensions,
});

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("RELEASE_FIELD", `borrow release: ${path.join(".")} ${problem}`, {
    hint: "install a newer release of the daemon, or ask the vendor for the file again",
  });
}

function refusedSignature(cause: NoteError): LicenseError {
  return new LicenseError("RELEASE_SIGNATURE", "the release is not as the vendor signed it", {
    cause,
    hint: "fetch it again from the vendor and hand it in unchanged",
  });
}

function otherVendor(wanted: string, found: string): LicenseError {
  return new LicenseError("RELEASE_WRONG_VENDOR", `the release is by ${found}, not ${wanted}`, {
    hint: `hand it in where ${found} is served`,
  });
}

function issuerExpired(at: UnixMillis): LicenseError {
  return new LicenseError(
    "LICENSE_ISSUER_EXPIRED",
    `the release is dated ${isoTime(at)}, outside the time of its issuing key`,
    { hint: "ask the vendor for one that is signed by a current key" },
  );
}
