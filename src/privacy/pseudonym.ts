import { toBase64Url, utf8 } from "../base/bytes.ts";
import { type Pseudonym, parsePseudonym, type RawIdentity } from "../base/identity.ts";
import { hmacSha256 } from "../crypto/hash.ts";

/** What a raw identity names. Equal texts of different kinds get unrelated pseudonyms. */
export type IdentityKind = "user" | "host" | "display" | "address";

/** The key is drawn at `init` and never leaves the site; without it nobody can test a guess. */
const SITE_KEY_BYTES = 32;

/** Bytes of HMAC output kept: with 16, a clash among 2^30 identities has odds of about 2^-69. */
const PSEUDONYM_BYTES = 16;

const PREFIX: Readonly<Record<IdentityKind, string>> = {
  user: "u_",
  host: "h_",
  display: "d_",
  address: "a_",
};

/**
 * The pseudonym of an identity at this site: a prefix for the kind, then the first 16 bytes of
 * `HMAC-SHA256(siteKey, "seatkeeper/pseudonym/v1" ‖ 00 ‖ kind ‖ 00 ‖ name)` as base64url, where
 * `name` is the identity without white space around it, in Unicode form NFC, as UTF-8. Upper and
 * lower case stay different, because on many systems they name different persons.
 *
 * The same person keeps one pseudonym for the life of the site key, so pseudonyms are still
 * personal data in the law's sense.
 * @throws RangeError unless `siteKey` has 32 bytes.
 */
export function pseudonymOf(
  siteKey: Uint8Array,
  kind: IdentityKind,
  identity: RawIdentity,
): Pseudonym {
  if (siteKey.length !== SITE_KEY_BYTES) throw new RangeError("a site key has 32 bytes");
  const name = identity.trim().normalize("NFC");
  const mac = hmacSha256(siteKey, utf8(`seatkeeper/pseudonym/v1\0${kind}\0${name}`));
  return parsePseudonym(PREFIX[kind] + toBase64Url(mac.subarray(0, PSEUDONYM_BYTES)));
}
