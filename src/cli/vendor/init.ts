import { toBase64Url } from "../../base/bytes.ts";
import { initVendor } from "../../vendor/keys.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { DIR_OPTION, folderPath, now } from "./desk.ts";

/** `seatkeeper-vendor init`: the vendor's keys, its public file and an empty store. */
export const init: Command = command({
  command: "init",
  summary: "make a vendor: its keys, its public vendor file, an empty store",
  options: {
    name: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the vendor's name: a domain name that is yours",
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["init --name acme.example --dir vendor", "asks for a passphrase"]],
  async run(options, shell) {
    const { out } = shell;
    const source = { file: options.passphraseFile, fd: options.passphraseFd };
    const request = { prompt: `new passphrase of ${options.name}`, isNew: true };
    const passphrase = await readPassphrase(source, request, out);
    const path = folderPath(options.dir, shell);
    const { vendor, vendorFilePath } = initVendor({
      path,
      name: options.name,
      passphrase,
      now: now(),
    });
    const rootKey = toBase64Url(vendor.rootKey);
    if (options.json) {
      out.json({ vendor: vendor.name, folder: path, vendorFile: vendorFilePath, rootKey });
      return EXIT.done;
    }
    out.line(`vendor       ${vendor.name}`);
    out.line(`vendor file  ${vendorFilePath}`);
    out.line(`root key     ${rootKey}`);
    out.note(
      "ship the vendor file with your software, compile the root key in, back the folder up",
    );
    return EXIT.done;
  },
});
