import { equalBytes } from "../base/bytes.ts";
import type { CodedError } from "../base/errors.ts";
import { isoTime } from "../base/time.ts";
import { LicenseError } from "./errors.ts";
import { readIssuer } from "./issuer.ts";
import type { Revocations } from "./revocations.ts";

/**
 * The vendor still stands by the license and by the key that signed it.
 * @throws LicenseError `LICENSE_REVOKED`, `LICENSE_ISSUER_REVOKED`
 */
export function refuseRevoked(
  license: { readonly licenseId: string; readonly issuer: string },
  rootKey: Uint8Array,
  list: Revocations | undefined,
): void {
  if (list === undefined) return;
  if (list.licenses.includes(license.licenseId)) {
    throw new LicenseError(
      "LICENSE_REVOKED",
      `the vendor revoked license ${license.licenseId}, ${listed(list)}`,
      { hint: "ask the vendor for another license" },
    );
  }
  refuseRevokedIssuer("license", license.issuer, rootKey, list);
}

/**
 * @param what was signed by the key of this certificate, which holds: `license`, `receipt` …
 * @throws LicenseError `LICENSE_ISSUER_REVOKED`
 */
export function refuseRevokedIssuer(
  what: string,
  certificate: string,
  rootKey: Uint8Array,
  list: Revocations | undefined,
): void {
  if (list === undefined) return;
  const { key } = readIssuer(certificate, list.vendor, rootKey);
  if (!list.issuers.some((revoked) => equalBytes(revoked, key))) return;
  throw new LicenseError(
    "LICENSE_ISSUER_REVOKED",
    `the vendor revoked the key that signed the ${what}, ${listed(list)}`,
    { hint: `ask the vendor for a ${what} that is signed by its present key` },
  );
}

/** Whether something was refused because the vendor revoked it. */
export function isRevoked({ code }: CodedError): boolean {
  return code === "LICENSE_REVOKED" || code === "LICENSE_ISSUER_REVOKED";
}

const listed = ({ number, issuedAt }: Revocations): string =>
  `in list ${number} of ${isoTime(issuedAt)}`;
