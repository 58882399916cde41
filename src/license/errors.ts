import { CodedError, type CodedErrorOptions } from "../base/errors.ts";

export const LICENSE_CODES = [
  "LICENSE_FIELD",
  "LICENSE_UNKNOWN_FIELD",
  "LICENSE_FORMAT",
  "LICENSE_SIGNATURE",
  "LICENSE_UNSIGNED",
  "LICENSE_ISSUER",
  "LICENSE_ISSUER_EXPIRED",
  "LICENSE_ISSUER_REVOKED",
  "LICENSE_REVOKED",
  "LICENSE_WRONG_VENDOR",
  "LICENSE_WRONG_CHAIN",
  "LICENSE_WRONG_DAEMON",
  "LICENSE_WRONG_HOST",
  "LICENSE_EXPIRED",
  "VENDOR_FILE_FIELD",
  "VENDOR_FILE_SIGNATURE",
  "VENDOR_FILE_KEY",
  "REVOCATIONS_FIELD",
  "REVOCATIONS_SIGNATURE",
  "SUPERSEDE_FIELD",
  "SUPERSEDE_SIGNATURE",
  "SUPERSEDE_WRONG_CHAIN",
  "SUPERSEDE_OLDER",
  "SUPERSEDE_OTHER_BRANCH",
  "SUPERSEDE_BEYOND",
  "REQUEST_FIELD",
  "REQUEST_SIGNATURE",
  "REQUEST_HEAD",
  "DAEMON_KEY_FIELD",
  "DAEMON_KEY_SIGNATURE",
  "EVIDENCE_FIELD",
  "LEASE_NOTE_FIELD",
  "LEASE_NOTE_SIGNATURE",
  "TICKET_FIELD",
  "TICKET_SIGNATURE",
  "RELEASE_FIELD",
  "RELEASE_SIGNATURE",
  "RELEASE_WRONG_VENDOR",
  "RELEASE_WRONG_SITE",
  "RELEASE_TOO_OLD",
] as const;

/** A vendor file, list of revocations, supersede note, activation request, license, lease, ticket or release that does not hold. */
export class LicenseError extends CodedError<(typeof LICENSE_CODES)[number]> {}

export const TERMS_CODES = ["TERMS_FIELD"] as const;

/** Terms that a vendor wrote and that cannot be sold. */
export class TermsError extends CodedError<(typeof TERMS_CODES)[number]> {
  /** The keys and list positions that lead to the field, for naming its line. */
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], problem: string, options?: CodedErrorOptions) {
    super("TERMS_FIELD", `${path.length === 0 ? "terms" : path.join(".")} ${problem}`, options);
    this.path = path;
  }
}
