import { type AuditorKey, isSealedKeyFile, openAuditorKey } from "../../audit/auditor-key-file.ts";
import type { Output } from "../shared/output.ts";
import { type PassphraseSource, readPassphrase } from "../shared/passphrase.ts";
import { readSecretText } from "../shared/secret-file.ts";

/**
 * The auditor's key in a file, after asking for its passphrase if it has one.
 * @throws CliError for a file that cannot be read; CryptoError KEY_FILE_FORMAT, KEY_FILE_PASSPHRASE.
 */
export async function readKeyFile(
  path: string,
  passphrase: PassphraseSource,
  out: Output,
): Promise<AuditorKey> {
  const text = readSecretText(path, "auditor's key file", out);
  if (!isSealedKeyFile(text)) return openAuditorKey(text, "");
  const request = { prompt: `passphrase of ${path}`, isNew: false };
  return openAuditorKey(text, await readPassphrase(passphrase, request, out));
}
