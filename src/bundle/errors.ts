import { CodedError } from "../base/errors.ts";

/** Why bytes are no bundle that can be read. The verifier turns each into a verdict. */
export const BUNDLE_CODES = [
  "BUNDLE_MALFORMED",
  "BUNDLE_UNSUPPORTED",
  "BUNDLE_DOWNGRADE",
  "BUNDLE_LIMIT_EXCEEDED",
] as const;

export type BundleCode = (typeof BUNDLE_CODES)[number];

export class BundleError extends CodedError<BundleCode> {}

export const RECEIPT_CODES = [
  "RECEIPT_FIELD",
  "RECEIPT_WRONG_VENDOR",
  "RECEIPT_WRONG_CHAIN",
  "RECEIPT_ISSUER_EXPIRED",
  "RECEIPT_REPEATED",
  "RECEIPT_AHEAD",
  "RECEIPT_BEHIND",
  "RECEIPT_ROOT",
] as const;

/** A receipt that the site must not take. What is wrong with its signature or text is a `NoteError`. */
export class ReceiptError extends CodedError<(typeof RECEIPT_CODES)[number]> {}
