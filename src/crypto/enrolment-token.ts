import { fromBase64Url, toBase64Url, utf8 } from "../base/bytes.ts";
import { sha256 } from "./hash.ts";
import { randomBytes } from "./random.ts";

// A secret that a site gives to a workstation, as text that is copied into a file. It names the one
// daemon that it is for: a hello is said before a license has vouched for the server, and a secret
// that went to any server would be stolen by the first false one.

/** `sktok1-`, 22 characters that name the daemon, 43 of 256 random bits. */
export const ENROLMENT_TOKEN: RegExp = /^sktok1-[\w-]{65}$/;

/** A fresh token for the daemon with this signing key. */
export function newEnrolmentToken(daemonKey: Uint8Array): string {
  return `${PREFIX}${nameOf(daemonKey)}${toBase64Url(randomBytes(SECRET_BYTES))}`;
}

/** A fresh secret by which somebody administers that daemon. Clients show none of this kind to anybody. */
export function newAdminToken(daemonKey: Uint8Array): string {
  return `${ADMIN_PREFIX}${nameOf(daemonKey)}${toBase64Url(randomBytes(SECRET_BYTES))}`;
}

/** `skadm1-`, and the rest as of an enrolment token. */
export const ADMIN_TOKEN: RegExp = /^skadm1-[\w-]{65}$/;

/** Whether the token may be shown to the daemon with this signing key, in base64url. */
export function isTokenFor(token: string, daemonKey: string): boolean {
  return token.startsWith(`${PREFIX}${nameOf(fromBase64Url(daemonKey))}`);
}

/**
 * What is kept of a token. One round of SHA-256 is enough: a slow hash with a salt protects secrets
 * that can be guessed, and nobody goes through 2^256.
 */
export function enrolmentTokenHash(token: string): Uint8Array {
  return sha256(utf8(token));
}

const PREFIX = "sktok1-";
const ADMIN_PREFIX = "skadm1-";
const SECRET_BYTES = 32;
/** Of the hash of the daemon key: whoever made another key with the same name could ask for its tokens. */
const NAME_BYTES = 16;

const nameOf = (daemonKey: Uint8Array): string =>
  toBase64Url(sha256(utf8("seatkeeper/enrolment\0"), daemonKey).subarray(0, NAME_BYTES));
