import { closeSync, fstatSync, readSync } from "node:fs";
import { fromUtf8 } from "../../base/bytes.ts";
import { systemCode } from "../../base/errors.ts";
import { CliError, usageError } from "./errors.ts";
import { readOpened, withInput } from "./input-file.ts";
import type { Output } from "./output.ts";
import { promptHidden } from "./prompt.ts";

/** Options of every command that needs a passphrase. There is none that takes it from argv or environment. */
export const PASSPHRASE_OPTIONS: {
  readonly "passphrase-file": {
    readonly type: "string";
    readonly requiresArg: true;
    readonly describe: string;
  };
  readonly "passphrase-fd": {
    readonly type: "number";
    readonly requiresArg: true;
    readonly describe: string;
  };
} = {
  "passphrase-file": {
    type: "string",
    requiresArg: true,
    describe: "read the passphrase from the first line of this file",
  },
  "passphrase-fd": {
    type: "number",
    requiresArg: true,
    describe: "read the passphrase from this open file descriptor",
  },
};

/** Where a passphrase is to come from; with neither, from the terminal. */
export interface PassphraseSource {
  readonly file?: string | undefined;
  readonly fd?: number | undefined;
}

export interface PassphraseRequest {
  /** What the prompt asks: `passphrase of acme.example`. */
  readonly prompt: string;
  /** True for a passphrase that is being chosen: asked twice, and with a lower limit on its length. */
  readonly isNew: boolean;
}

/** Fewest characters of a new passphrase. */
const NEW_PASSPHRASE_CHARACTERS: number = 8;

/** Most bytes of any passphrase: whoever names a video file by mistake is told so. */
const PASSPHRASE_BYTES = 1_024;

/**
 * The passphrase, in Unicode form NFC so that keyboards which compose letters differently agree.
 * @throws CliError PASSPHRASE_MISSING, PASSPHRASE_REFUSED, PASSPHRASE_MISMATCH, PROMPT_CANCELLED
 */
export async function readPassphrase(
  source: PassphraseSource,
  request: PassphraseRequest,
  out: Output,
): Promise<string> {
  if (source.file !== undefined && source.fd !== undefined)
    throw usageError("--passphrase-file and --passphrase-fd exclude each other");
  const typed = await fromSource(source, request, out);
  const passphrase = typed.normalize("NFC");
  if (passphrase === "") throw refused("the passphrase is empty");
  if (request.isNew && Array.from(passphrase).length < NEW_PASSPHRASE_CHARACTERS) {
    throw refused(
      "the passphrase is too short",
      `use at least ${NEW_PASSPHRASE_CHARACTERS} characters, better several words`,
    );
  }
  return passphrase;
}

async function fromSource(
  source: PassphraseSource,
  request: PassphraseRequest,
  out: Output,
): Promise<string> {
  if (source.file !== undefined) return fromFile(source.file, out);
  if (source.fd !== undefined) return fromDescriptor(source.fd);
  const again = request.isNew ? ["the same again"] : [];
  const [first = "", second = first] = await promptHidden([request.prompt, ...again]);
  if (first !== second) {
    throw new CliError("PASSPHRASE_MISMATCH", "the two passphrases differ", {
      hint: "run the command again and type the same twice",
    });
  }
  return first;
}

function fromFile(path: string, out: Output): string {
  const what = "passphrase file";
  return withInput(path, what, (fd) => {
    const stat = fstatSync(fd);
    if (stat.isFile() && (stat.mode & 0o077) !== 0)
      out.warn(`${what} ${path} can be read by others: chmod 600 ${path}`);
    return firstLine(readOpened(fd, path, what, PASSPHRASE_BYTES));
  });
}

function fromDescriptor(fd: number): string {
  const bytes = Buffer.alloc(PASSPHRASE_BYTES + 1);
  let length = 0;
  try {
    for (;;) {
      const got = readSync(fd, bytes, length, bytes.length - length, null);
      length += got;
      if (got === 0 || length === bytes.length) break;
    }
    if (fd > 2) closeSync(fd);
  } catch (cause) {
    throw new CliError(
      "PASSPHRASE_MISSING",
      `cannot read the passphrase from descriptor ${fd}: ${systemCode(cause) ?? "not a descriptor"}`,
      { cause, hint: `open it for the command, as in ${fd}<passphrase.txt` },
    );
  }
  if (length > PASSPHRASE_BYTES)
    throw refused(`the passphrase is longer than ${PASSPHRASE_BYTES} bytes`);
  const line = firstLine(bytes.subarray(0, length));
  bytes.fill(0);
  return line;
}

function firstLine(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes).split(/\r?\n/, 1)[0] ?? "";
  } catch (cause) {
    throw new CliError("PASSPHRASE_REFUSED", "the passphrase is not UTF-8 text", { cause });
  }
}

function refused(message: string, hint?: string): CliError {
  return new CliError("PASSPHRASE_REFUSED", message, hint === undefined ? {} : { hint });
}
