import { toBase64Url, toHex, utf8 } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { sha256Public } from "../crypto/hash.ts";
import { readJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import { bytes, decodeWith, extensions, mapOf, moment, vendorNameField } from "./fields.ts";

/** The vendor's root key says: this key may issue licenses for a while. */
export interface Issuer {
  readonly vendor: string;
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array;
  readonly notBefore: UnixMillis;
  /** The first moment from which it issues no more; null for ever. */
  readonly notAfter: UnixMillis | null;
  readonly text: string;
}

/** The name under which a vendor's issuing keys sign. */
export function issuerKeyName(vendor: string): string {
  return `${vendor}/issuer`;
}

/** A short name of an issuing key: 8 bytes of a hash of it in hex. */
export function issuerKeyId(key: Uint8Array): string {
  return toHex(sha256Public(utf8("seatkeeper/issuer\0"), key).subarray(0, 8));
}

export function writeIssuer(fields: Omit<Issuer, "text">, rootSigner: Signer): string {
  const body = {
    vendor: fields.vendor,
    key: toBase64Url(fields.key),
    not_before: fields.notBefore,
    not_after: fields.notAfter,
  };
  return writeJsonNote("issuer", body, { name: fields.vendor, signer: rootSigner });
}

/**
 * The certificate of an issuing key of this vendor.
 * @throws LicenseError `LICENSE_ISSUER` when the vendor's root key did not sign it, or not as one.
 */
export function readIssuer(note: string, vendor: string, rootKey: Uint8Array): Issuer {
  const fields = decodeWith(ISSUER, bodyOf(note, vendor, rootKey), ({ path, problem }) =>
    refused(`${path.join(".")} ${problem}`),
  );
  if (fields.vendor !== vendor) throw refused(`is for ${fields.vendor}`);
  return {
    vendor,
    key: fields.key,
    notBefore: fields.not_before,
    notAfter: fields.not_after,
    text: note,
  };
}

/** True while the key may issue. */
export function mayIssueAt(issuer: Issuer, at: UnixMillis): boolean {
  return at >= issuer.notBefore && (issuer.notAfter === null || at < issuer.notAfter);
}

const ISSUER = mapOf({
  vendor: vendorNameField,
  key: bytes(32),
  not_before: moment,
  not_after: moment.nullable(),
  ext: extensions,
});

function bodyOf(note: string, vendor: string, rootKey: Uint8Array): unknown {
  try {
    return readJsonNote("issuer", note, [{ name: vendor, publicKey: rootKey }]);
  } catch (cause) {
    throw refused(`is not signed by the root key of ${vendor}`, cause);
  }
}

function refused(what: string, cause?: unknown): LicenseError {
  return new LicenseError("LICENSE_ISSUER", `the issuer certificate ${what}`, {
    cause,
    hint: "ask the vendor for a license issued under the root key of your vendor file",
  });
}
