import { concat, equalBytes, fromBase64Url, toBase64Url, utf8 } from "../base/bytes.ts";
import { CryptoError } from "./errors.ts";
import { sha256 } from "./hash.ts";
import { x25519PublicKey, x25519Shared } from "./x25519.ts";

// The public half of an auditor's key pair as people hand it on: typed, mailed, pasted into a
// configuration. Four bytes of hash catch the slip that would name a key nobody has.

/** `skaud1-` and 48 characters: base64url of the X25519 key and the first four bytes of its hash. */
export function writeAuditorKey(key: Uint8Array): string {
  return `${PREFIX}${toBase64Url(concat(key, checkOf(key)))}`;
}

/**
 * Undoes `writeAuditorKey`.
 * @throws CryptoError `AUDITOR_KEY` for a slip of the pen, and for bytes that are no usable key:
 * nothing could be sealed to them.
 */
export function readAuditorKey(text: string): Uint8Array {
  const bytes = text.startsWith(PREFIX) ? bytesIn(text.slice(PREFIX.length)) : undefined;
  if (bytes?.length !== KEY_BYTES + CHECK_BYTES) throw refused("is not written as one");
  const key = bytes.slice(0, KEY_BYTES);
  if (!equalBytes(bytes.subarray(KEY_BYTES), checkOf(key))) throw refused("has a slip in it");
  if (!isUsable(key)) throw refused("is of small order");
  return key;
}

const PREFIX = "skaud1-";
const KEY_BYTES = 32;
const CHECK_BYTES = 4;
const LABEL = utf8("skc1/auditor-key\0");
/** Any secret will do: a key of small order gives zero with every one. */
const ANY_SECRET = sha256(LABEL);

const checkOf = (key: Uint8Array): Uint8Array => sha256(LABEL, key).subarray(0, CHECK_BYTES);

/** The public half of a secret as people hand it on. */
export function auditorKeyOf(secret: Uint8Array): string {
  return writeAuditorKey(x25519PublicKey(secret));
}

function bytesIn(text: string): Uint8Array | undefined {
  try {
    return fromBase64Url(text);
  } catch {
    return undefined;
  }
}

function isUsable(key: Uint8Array): boolean {
  try {
    x25519Shared(ANY_SECRET, key);
    return true;
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

function refused(why: string): CryptoError {
  return new CryptoError("AUDITOR_KEY", `the auditor's key ${why}`, {
    hint: "copy it whole, as seatkeeper-audit init or seatkeeper-audit key prints it: skaud1- and 48 characters",
  });
}
