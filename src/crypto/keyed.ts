import { chachaOpen, chachaOpenNative } from "./aead.ts";
import { hmacNative, hmacSha256 } from "./hash.ts";

/** The keyed primitives of the ledger. Every pair of implementations gives the same bytes. */
export interface Keyed {
  /** As `hmacSha256`. */
  readonly hmac: (key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;
  /** As `chachaOpen`. */
  readonly open: (
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    aad: Uint8Array,
  ) => Uint8Array | undefined;
}

/** For whoever must be able to forget a key: the site, whose old keys are what an intruder wants. */
export const ERASABLE: Keyed = { hmac: hmacSha256, open: chachaOpen };

/**
 * Two to three times as fast, and OpenSSL's copies of a key are out of our reach. For whoever holds
 * the secret that all these keys come from, so that forgetting one of them would protect nothing:
 * the vendor.
 */
export const NATIVE: Keyed = { hmac: hmacNative, open: chachaOpenNative };
