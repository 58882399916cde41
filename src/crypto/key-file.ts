import { scryptSync } from "node:crypto";
import { fromBase64Url, toBase64Url, utf8 } from "../base/bytes.ts";
import { xchachaOpen, xchachaSeal } from "./aead.ts";
import { erase } from "./erase.ts";
import { CryptoError } from "./errors.ts";
import { randomBytes } from "./random.ts";

/**
 * A secret key at rest under a passphrase, as text:
 *
 *     seatkeeper key file v1
 *     kind: root
 *     name: acme.example
 *     scrypt: 131072 8 1 2b1vKkkqH0dVvWOaXyYf3Q
 *     nonce: 0tYw3mPzq3v8gqKk7qv0r5lYQmT0n1oL
 *     secret: mB3…
 *
 * The key is scrypt(passphrase in NFC, salt) with the parameters N, r and p of the fourth line; the
 * last line is XChaCha20-Poly1305 of the secret under that key and nonce. The lines before it are
 * its additional data, byte for byte, so none of them can be exchanged. Bytes are base64url.
 */
export interface KeyFile {
  /** What the key is for: lower-case letters, digits and dashes. */
  readonly kind: string;
  /** Whose key it is: visible ASCII without spaces. */
  readonly name: string;
  readonly secret: Uint8Array;
}

/** What a guess costs: memory 128 · n · r bytes, time n · r · p. */
export interface ScryptCost {
  /** A power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and some tenths of a second for each guess. */
export const DEFAULT_COST: ScryptCost = { n: 131_072, r: 8, p: 1 };

/** @throws TypeError for a kind, name, passphrase or cost that cannot be in a key file. */
export function sealKeyFile(
  file: KeyFile & { readonly passphrase: string; readonly cost?: ScryptCost },
): string {
  const { kind, name, secret, passphrase, cost = DEFAULT_COST } = file;
  if (!KIND.test(kind) || !NAME.test(name) || secret.length === 0 || passphrase === "") {
    throw new TypeError("a key file needs a kind, a name, a secret and a passphrase");
  }
  if (!isBearable(cost)) throw new TypeError("a key file needs a bearable cost");
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)];
  const header = headerOf(kind, name, cost, salt, nonce);
  const key = keyOf(passphrase, salt, cost);
  const sealed = xchachaSeal(key, nonce, secret, utf8(header));
  erase(key);
  return `${header}secret: ${toBase64Url(sealed)}\n`;
}

/**
 * Undoes `sealKeyFile`.
 * @throws CryptoError `KEY_FILE_FORMAT` when it is no key file, `KEY_FILE_COST` when opening it
 * would cost more than a sane file does, `KEY_FILE_PASSPHRASE` when the passphrase is not the one.
 */
export function openKeyFile(text: string, passphrase: string): KeyFile {
  const fields = FILE.exec(text)?.groups;
  if (!fields) throw malformed();
  const { header = "", kind = "", name = "", n, r, p } = fields;
  const cost = { n: Number(n), r: Number(r), p: Number(p) };
  if (!isBearable(cost)) {
    throw new CryptoError(
      "KEY_FILE_COST",
      `the key file asks for scrypt with n ${n}, r ${r}, p ${p}`,
      {
        hint: "seatkeeper did not write this file; restore it from a backup",
      },
    );
  }
  const salt = bytesIn(fields["salt"], SALT_BYTES);
  const nonce = bytesIn(fields["nonce"], NONCE_BYTES);
  const sealed = bytesIn(fields["sealed"]);
  const key = keyOf(passphrase, salt, cost);
  const secret = xchachaOpen(key, nonce, sealed, utf8(header));
  erase(key);
  if (!secret) throw wrongPassphrase(name);
  return { kind, name, secret };
}

const SALT_BYTES = 16;
const NONCE_BYTES = 24;
const KIND = /^[a-z][a-z0-9-]{0,31}$/;
const NAME = /^[!-~]{1,200}$/;
const FILE =
  /^(?<header>seatkeeper key file v1\nkind: (?<kind>[a-z][a-z0-9-]{0,31})\nname: (?<name>[!-~]{1,200})\nscrypt: (?<n>[1-9]\d{0,9}) (?<r>[1-9]\d{0,3}) (?<p>[1-9]\d{0,3}) (?<salt>[\w-]{22})\nnonce: (?<nonce>[\w-]{32})\n)secret: (?<sealed>[\w-]{22,4096})\n$/;

/** 512 MiB: a file must not make its reader fall over. */
const MEMORY_MAX = 536_870_912;

function isBearable({ n, r, p }: ScryptCost): boolean {
  const isPower = Number.isInteger(Math.log2(n));
  // RFC 7914, section 2: N below 2^(128 r / 8), which only bites for the smallest r.
  const isScrypt = isPower && r >= 1 && p >= 1 && Math.log2(n) < 16 * r;
  return isScrypt && n >= 1_024 && p <= 4 && 128 * n * r <= MEMORY_MAX;
}

function headerOf(
  kind: string,
  name: string,
  { n, r, p }: ScryptCost,
  salt: Uint8Array,
  nonce: Uint8Array,
): string {
  const scrypt = `${n} ${r} ${p} ${toBase64Url(salt)}`;
  return `seatkeeper key file v1\nkind: ${kind}\nname: ${name}\nscrypt: ${scrypt}\nnonce: ${toBase64Url(nonce)}\n`;
}

/** Keyboards and systems differ in how they compose letters: NFC makes one passphrase one key. */
function keyOf(passphrase: string, salt: Uint8Array, { n, r, p }: ScryptCost): Uint8Array {
  const options = { N: n, r, p, maxmem: 2 * MEMORY_MAX };
  return new Uint8Array(scryptSync(passphrase.normalize("NFC"), salt, 32, options));
}

function bytesIn(text: string | undefined, length?: number): Uint8Array {
  try {
    const bytes = fromBase64Url(text ?? "");
    if (length === undefined || bytes.length === length) return bytes;
  } catch (cause) {
    throw malformed(cause);
  }
  throw malformed();
}

function malformed(cause?: unknown): CryptoError {
  return new CryptoError("KEY_FILE_FORMAT", "this is not a key file, or it was damaged", {
    cause,
    hint: "restore the key file from a backup",
  });
}

function wrongPassphrase(name: string): CryptoError {
  return new CryptoError("KEY_FILE_PASSPHRASE", `the passphrase does not open the key of ${name}`, {
    hint: "try again; if you are sure of the passphrase, the file was damaged: restore it from a backup",
  });
}
