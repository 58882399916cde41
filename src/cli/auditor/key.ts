import { erase } from "../../crypto/erase.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { readKeyFile } from "./key-file.ts";
import { keyJson, printKey } from "./key-words.ts";

/** `seatkeeper-audit key`: the public half again. The file is opened for it: its own word is no proof. */
export const key: Command = command({
  command: "key <file>",
  summary: "show the public half of an auditor's key again",
  options: {
    file: { type: "string", demandOption: true, describe: "the private key, *.skkey" },
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["key auditor.skkey", "to compare with what status and the vendor show"]],
  async run(options, { out }) {
    const source = { file: options.passphraseFile, fd: options.passphraseFd };
    const { secret, publicText } = await readKeyFile(options.file, source, out);
    erase(secret);
    if (options.json) out.json(keyJson(publicText));
    else printKey(publicText, out);
    return EXIT.done;
  },
});
