import { changePassphrase } from "../../vendor/keys.ts";
import { type Command, command } from "../shared/command.ts";
import { EXIT } from "../shared/exit.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { DIR_OPTION, openDesk } from "./desk.ts";

/** `seatkeeper-vendor passphrase`: seals the keys under another passphrase. */
export const passphrase: Command = command({
  command: "passphrase",
  summary: "change the passphrase of the vendor's keys",
  options: {
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    "new-passphrase-file": {
      type: "string",
      requiresArg: true,
      describe: "read the new passphrase from the first line of this file",
    },
    "new-passphrase-fd": {
      type: "number",
      requiresArg: true,
      describe: "read the new passphrase from this open file descriptor",
    },
  },
  examples: [["passphrase --dir vendor", "asks for the old and the new passphrase"]],
  async run(options, shell) {
    const { out } = shell;
    const folder = openDesk(options, shell);
    const { name } = folder.vendor;
    const old = await readPassphrase(
      { file: options.passphraseFile, fd: options.passphraseFd },
      { prompt: `passphrase of ${name}`, isNew: false },
      out,
    );
    const next = await readPassphrase(
      { file: options.newPassphraseFile, fd: options.newPassphraseFd },
      { prompt: `new passphrase of ${name}`, isNew: true },
      out,
    );
    const count = changePassphrase(folder, { old, next });
    out.line(`keys sealed anew: ${count}`);
    out.note("copies of the folder in backups still open with the old passphrase");
    return EXIT.done;
  },
});
