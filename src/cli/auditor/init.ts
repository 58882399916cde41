import { plainAuditorKey, sealAuditorKey } from "../../audit/auditor-key-file.ts";
import { auditorKeyOf } from "../../crypto/auditor-key.ts";
import { erase } from "../../crypto/erase.ts";
import { randomBytes } from "../../crypto/random.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { CliError, usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { checkOutput, writeOutput } from "../shared/output-file.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { keyJson, printKey } from "./key-words.ts";

/** `seatkeeper-audit init`: a key pair. A key that is there is never replaced: it may be the only reader. */
export const init: Command = command({
  command: "init",
  summary: "make an auditor's key; its public half goes to the administrator",
  options: {
    out: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "file to write the private key to, *.skkey",
    },
    plain: {
      type: "boolean",
      default: false,
      describe: "without a passphrase: only the mode of the file protects it (0600)",
    },
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["init --out auditor.skkey", "asks for a passphrase"],
    ["init --out /media/safe/auditor.skkey --plain", "for a medium that is locked away"],
  ],
  async run(options, { out }) {
    const { file, fd } = { file: options.passphraseFile, fd: options.passphraseFd };
    if (options.plain && (file !== undefined || fd !== undefined))
      throw usageError("--plain takes no passphrase");
    refuseReplacing(options.out);
    const request = { prompt: "new passphrase of the auditor's key", isNew: true };
    const passphrase = options.plain ? undefined : await readPassphrase({ file, fd }, request, out);
    const secret = randomBytes(32);
    const text =
      passphrase === undefined ? plainAuditorKey(secret) : sealAuditorKey(secret, passphrase);
    const publicText = auditorKeyOf(secret);
    erase(secret);
    writeOutput(options.out, text, { mode: 0o600 });
    if (options.json) out.json({ file: options.out, ...keyJson(publicText) });
    else {
      out.line(`key file  ${options.out}`);
      printKey(publicText, out);
      out.note(
        "keep the key file, and a copy of it in a safe: without it nothing can be read again",
      );
    }
    return EXIT.done;
  },
});

function refuseReplacing(path: string): void {
  try {
    checkOutput(path);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "OUTPUT_EXISTS") throw error;
    throw new CliError(error.code, error.message, {
      cause: error,
      hint: "choose another name: a key is never replaced, for it may be the only one that reads what is sealed",
    });
  }
}
