import { CodedError } from "../base/errors.ts";

export const VENDOR_CODES = [
  // The vendor's folder and its keys.
  "VENDOR_NAME",
  "VENDOR_EXISTS",
  "VENDOR_MISSING",
  "VENDOR_FOLDER_FAILED",
  "VENDOR_KEY_MISSING",
  "VENDOR_KEY_MISMATCH",
  "VENDOR_ISSUER_EXPIRED",
  "VENDOR_KEY_FUTURE",
  "VENDOR_KEY_UNKNOWN",
  "VENDOR_KEY_IN_USE",
  "VENDOR_LICENSE_UNKNOWN",
  // Its store.
  "VENDOR_STORE_CORRUPT",
  "VENDOR_STORE_NEWER",
  "VENDOR_STORE_BUSY",
  "VENDOR_STORE_FAILED",
  "VENDOR_BACKUP_UNUSABLE",
  // Requests it cannot sign for.
  "REQUEST_WRONG_VENDOR",
  "REQUEST_GENESIS",
  "REQUEST_CONFLICT",
  "RENEWAL_BEHIND",
  "RENEWAL_FORKED",
  "RENEWAL_UNPROVEN",
  "RENEWAL_RECEIPT",
  // What clients have kept.
  "EVIDENCE_SIGNATURE",
  "EVIDENCE_UNKNOWN_LEDGER",
  // Bundles and reports.
  "BUNDLE_UNREADABLE",
  "SUPERSEDE_UNPROVEN",
  "SUPERSEDE_NEEDLESS",
  "SUPERSEDE_EVIDENCE",
  "SITE_UNKNOWN",
  "SITE_AMBIGUOUS",
] as const;

/** Something at the vendor's desk that cannot be done or believed. */
export class VendorError extends CodedError<(typeof VENDOR_CODES)[number]> {}
