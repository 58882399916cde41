import { fstatSync } from "node:fs";
import { type AuditorKey, isSealedKeyFile, openAuditorKey } from "../../audit/auditor-key-file.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { CliError } from "../shared/errors.ts";
import { readOpened, withInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { type PassphraseSource, readPassphrase } from "../shared/passphrase.ts";

/** Bytes of a key file: far above any real one. */
const KEY_FILE_BYTES = 16_384;

/**
 * The auditor's key in a file, after asking for its passphrase if it has one.
 * @throws CliError for a file that cannot be read; CryptoError KEY_FILE_FORMAT, KEY_FILE_PASSPHRASE.
 */
export async function readKeyFile(
  path: string,
  passphrase: PassphraseSource,
  out: Output,
): Promise<AuditorKey> {
  const text = keyFileText(path, out);
  if (!isSealedKeyFile(text)) return openAuditorKey(text, "");
  const request = { prompt: `passphrase of ${path}`, isNew: false };
  return openAuditorKey(text, await readPassphrase(passphrase, request, out));
}

function keyFileText(path: string, out: Output): string {
  const what = "auditor's key file";
  return withInput(path, what, (fd) => {
    const stat = fstatSync(fd);
    if (stat.isFile() && (stat.mode & 0o077) !== 0)
      out.warn(`${what} ${path} can be read by others: chmod 600 ${path}`);
    try {
      return fromUtf8(readOpened(fd, path, what, KEY_FILE_BYTES));
    } catch (cause) {
      if (cause instanceof CliError) throw cause;
      throw new CliError("FILE_UNREADABLE", `${what} ${path} is not text`, {
        cause,
        hint: "name the file that seatkeeper-audit init has written",
      });
    }
  });
}
