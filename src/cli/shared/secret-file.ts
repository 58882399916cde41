import { fstatSync } from "node:fs";
import { fromUtf8 } from "../../base/bytes.ts";
import { CliError } from "./errors.ts";
import { readOpened, withInput } from "./input-file.ts";
import type { Output } from "./output.ts";

/** Bytes of a key file: far above any real one. */
const SECRET_FILE_BYTES = 16_384;

/**
 * The text of a file that holds a secret. Says so when others can read it.
 * @throws CliError as `readInput`, and FILE_UNREADABLE when it is not text.
 */
export function readSecretText(path: string, what: string, out: Output): string {
  return withInput(path, what, (fd) => {
    const stat = fstatSync(fd);
    if (stat.isFile() && (stat.mode & 0o077) !== 0)
      out.warn(`${what} ${path} can be read by others: chmod 600 ${path}`);
    const bytes = readOpened(fd, path, what, SECRET_FILE_BYTES);
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      throw new CliError("FILE_UNREADABLE", `${what} ${path} is not text`, {
        cause,
        hint: "this is probably another kind of file",
      });
    }
  });
}
