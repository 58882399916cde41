import { fromBase64Url, fromUtf8, toBase64Url } from "../base/bytes.ts";
import { type Signer, signerFromSeed } from "../crypto/ed25519.ts";
import { randomBytes } from "../crypto/random.ts";
import { DaemonError } from "./errors.ts";

/** The two secrets of a site. Neither ever leaves it. */
export interface SiteKey {
  /** Signs challenges, leases and heads; licenses bind its public half. */
  readonly signer: Signer;
  /** Keys the pseudonyms: without it nobody can test a guess at a name. 32 bytes. */
  readonly pseudonymKey: Uint8Array;
}

const TITLE = "seatkeeper site key v1";
const FORMAT = /^seatkeeper site key v1\ndaemon ([\w-]{43})\npseudonym ([\w-]{43})\n$/;

/** A fresh key as the text of `site.key`: a title and two lines of base64url. */
export function newSiteKeyText(): string {
  return siteKeyTextAfter(undefined);
}

/** The same with the pseudonyms of a former key: everybody stays who they are. */
export function siteKeyTextAfter(former: SiteKey | undefined): string {
  const daemon = toBase64Url(randomBytes(32));
  const pseudonym = toBase64Url(former?.pseudonymKey ?? randomBytes(32));
  return `${TITLE}\ndaemon ${daemon}\npseudonym ${pseudonym}\n`;
}

/** @throws DaemonError SITE_KEY_DAMAGED; `path` is only named in it. */
export function decodeSiteKey(bytes: Uint8Array, path: string): SiteKey {
  try {
    const [, daemon = "", pseudonym = ""] = FORMAT.exec(fromUtf8(bytes)) ?? [];
    const seed = fromBase64Url(daemon);
    const pseudonymKey = fromBase64Url(pseudonym);
    if (seed.length !== 32 || pseudonymKey.length !== 32) throw new RangeError("not 32 bytes");
    return { signer: signerFromSeed(seed), pseudonymKey };
  } catch (cause) {
    throw new DaemonError("SITE_KEY_DAMAGED", `${path} is not a site key`, {
      hint: "restore it from the backup; a new key needs new licenses",
      cause,
    });
  }
}
