import { toBase64Url } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  extensions,
  type FieldProblem,
  hex16,
  listOf,
  mapOf,
  moment,
  vendorNameField,
  wholeNumber,
} from "./fields.ts";
import { readSigned } from "./signed-body.ts";

/**
 * What a vendor does not stand by any more. Each list has all that the one before had: a reader
 * needs the newest alone (docs/spec/license.md, "Revocations").
 */
export interface Revocations {
  readonly vendor: string;
  /** Rises from list to list: the highest is the newest. At least 1. */
  readonly number: number;
  readonly issuedAt: UnixMillis;
  /** Issuing keys, Ed25519, 32 bytes each. Nothing they have signed is believed, whatever its date. */
  readonly issuers: readonly Uint8Array[];
  /** Ids of licenses, 16 bytes in lower-case hex. */
  readonly licenses: readonly string[];
  /** The exact note. */
  readonly text: string;
}

/** Signed by the root key: whoever stole an issuing key can neither write nor shorten it. */
export function writeRevocations(fields: Omit<Revocations, "text">, rootSigner: Signer): string {
  const body = {
    vendor: fields.vendor,
    number: fields.number,
    issued_at: fields.issuedAt,
    issuers: fields.issuers.map(toBase64Url),
    licenses: fields.licenses,
  };
  const signer = { name: fields.vendor, signer: rootSigner };
  return writeJsonNote("revocations", body, signer);
}

/**
 * A list that this vendor's root key signed.
 * @throws LicenseError `REVOCATIONS_SIGNATURE`, `REVOCATIONS_FIELD`
 * @throws NoteError when it is no note of this kind.
 */
export function readRevocations(
  note: string | Uint8Array,
  { vendorName, rootKey }: { readonly vendorName: string; readonly rootKey: Uint8Array },
): Revocations {
  const verifier = { name: vendorName, publicKey: rootKey };
  const { body, text } = readSigned("revocations", note, verifier, refusedSignature);
  const fields = decodeWith(REVOCATIONS, body, refusedField);
  if (fields.vendor !== vendorName)
    throw refusedField({ path: ["vendor"], unknown: false, problem: `must be ${vendorName}` });
  return {
    vendor: fields.vendor,
    number: fields.number,
    issuedAt: fields.issued_at,
    issuers: fields.issuers,
    licenses: fields.licenses,
    text,
  };
}

/** The one with the highest number; undefined where there is none. */
export function newestRevocations(
  lists: readonly (Revocations | undefined)[],
): Revocations | undefined {
  return lists
    .filter((list) => list !== undefined)
    .toSorted((left, right) => right.number - left.number)[0];
}

// A receipt with the longest list still fits into one block of the ledger.
const MOST_ISSUERS = 100;
const MOST_LICENSES = 500;

const REVOCATIONS = mapOf({
  vendor: vendorNameField,
  number: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  issued_at: moment,
  issuers: listOf(bytes(32), MOST_ISSUERS),
  licenses: listOf(hex16, MOST_LICENSES),
  ext: extensions,
});

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("REVOCATIONS_FIELD", `revocations: ${path.join(".")} ${problem}`, {
    hint: "ask the vendor for the file that brought the list again, or install a newer release",
  });
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError(
    "REVOCATIONS_SIGNATURE",
    "the list of revocations is not signed by the vendor's root key",
    {
      cause,
      hint: "ask the vendor for the file that brought it again; do not trust its sender before",
    },
  );
}
