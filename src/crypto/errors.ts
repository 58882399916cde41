import { CodedError } from "../base/errors.ts";

export const CRYPTO_CODES = [
  "KEY_AGREEMENT",
  "KEY_FILE_FORMAT",
  "KEY_FILE_COST",
  "KEY_FILE_PASSPHRASE",
  "CERTIFICATE_FORMAT",
  "AUDITOR_KEY",
] as const;

/** Key material from outside that cannot be used. */
export class CryptoError extends CodedError<(typeof CRYPTO_CODES)[number]> {}
