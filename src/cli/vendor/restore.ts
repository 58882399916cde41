import { restoreBackup } from "../../vendor/backup.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { withInput } from "../shared/input-file.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { DIR_OPTION, folderPath } from "./desk.ts";

/** `seatkeeper-vendor restore`: a vendor's folder from a backup, every key tried. */
export const restore: Command = command({
  command: "restore",
  summary: "make a vendor's folder from a backup, and try its keys",
  options: {
    from: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the file that seatkeeper-vendor backup has written",
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["restore --from /media/stick/vendor.backup --dir vendor", "into a new folder"]],
  async run(options, shell) {
    const { out } = shell;
    withInput(options.from, "backup", () => undefined);
    const source = { file: options.passphraseFile, fd: options.passphraseFd };
    const request = { prompt: "passphrase of the backup", isNew: false };
    const passphrase = await readPassphrase(source, request, out);
    const path = folderPath(options.dir, shell);
    const { vendor } = restoreBackup({ backup: options.from, path, passphrase });
    if (options.json) out.json({ vendor: vendor.name, folder: path });
    else {
      out.line(`vendor  ${vendor.name}`);
      out.line(`folder  ${path}`);
    }
    out.note(
      "do again what was done since the backup: ingest those bundles, revoke what was revoked",
    );
    return EXIT.done;
  },
});
