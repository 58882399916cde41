import { equalBytes, fromBase64Url, toBase64Url } from "../base/bytes.ts";
import { auditorKeyOf, readAuditorKey } from "../crypto/auditor-key.ts";
import { erase } from "../crypto/erase.ts";
import { CryptoError } from "../crypto/errors.ts";
import { openKeyFile, type ScryptCost, sealKeyFile } from "../crypto/key-file.ts";
import { x25519PublicKey } from "../crypto/x25519.ts";

/** A pair of keys of one auditor. The secret is all that it takes to read. */
export interface AuditorKey {
  readonly secret: Uint8Array;
  /** As it stands in the site's configuration. */
  readonly publicText: string;
}

/** The key file under a passphrase (docs/spec/keys.md): its kind is `auditor`, its name the public key. */
export function sealAuditorKey(secret: Uint8Array, passphrase: string, cost?: ScryptCost): string {
  const name = auditorKeyOf(secret);
  return sealKeyFile({ kind: KIND, name, secret, passphrase, ...(cost ? { cost } : {}) });
}

/** The key file without one: whoever can read the file can read the ledger. */
export function plainAuditorKey(secret: Uint8Array): string {
  return `${TITLE}public: ${auditorKeyOf(secret)}\nsecret: ${toBase64Url(secret)}\n`;
}

/** Whether the file is one that only a passphrase opens. */
export function isSealedKeyFile(text: string): boolean {
  return text.startsWith("seatkeeper key file ");
}

/**
 * Undoes `sealAuditorKey` and `plainAuditorKey`.
 * @param passphrase of no account for a plain file.
 * @throws CryptoError `KEY_FILE_FORMAT`, `KEY_FILE_COST`, `KEY_FILE_PASSPHRASE`.
 */
export function openAuditorKey(text: string, passphrase: string): AuditorKey {
  if (!isSealedKeyFile(text)) return openPlain(text);
  const { kind, name, secret } = openKeyFile(text, passphrase);
  if (kind !== KIND) {
    erase(secret);
    throw new CryptoError("KEY_FILE_FORMAT", `the key file holds a ${kind} key, not an auditor's`, {
      hint: "name the file that seatkeeper-audit init has written",
    });
  }
  return paired(secret, name);
}

const KIND = "auditor";
const TITLE = "seatkeeper auditor key v1\n";
const PLAIN =
  /^seatkeeper auditor key v1\npublic: (?<name>skaud1-[\w-]{48})\nsecret: (?<secret>[\w-]{43})\n$/;

function openPlain(text: string): AuditorKey {
  const fields = PLAIN.exec(text)?.groups;
  if (!fields) throw damaged();
  const { name = "", secret = "" } = fields;
  try {
    return paired(fromBase64Url(secret), name);
  } catch (cause) {
    throw damaged(cause);
  }
}

/** The two halves of a file belong together: else an administrator could be handed a foreign key. */
function paired(secret: Uint8Array, name: string): AuditorKey {
  if (secret.length === 32 && equalBytes(readAuditorKey(name), x25519PublicKey(secret))) {
    return { secret, publicText: name };
  }
  throw damaged();
}

function damaged(cause?: unknown): CryptoError {
  return new CryptoError("KEY_FILE_FORMAT", "this is no auditor's key file, or it was damaged", {
    cause,
    hint: "restore it from the backup, or make a new one with seatkeeper-audit init and have it named",
  });
}
