import { rmSync } from "node:fs";
import { makeBackup } from "../../vendor/backup.ts";
import { databasePath, keyFiles } from "../../vendor/folder.ts";
import { type Command, command } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { eachChunk, withLongInput } from "../shared/input-file.ts";
import { checkOutput, refuseInputAsOutput, streamOutput } from "../shared/output-file.ts";
import { DIR_OPTION, now, openDesk, withStore } from "./desk.ts";

/** `seatkeeper-vendor backup`: keys, vendor file, revocations and books in one file. */
export const backup: Command = command({
  command: "backup",
  summary: "write the vendor's keys and books to one file",
  options: {
    out: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the file to write; what is secret in it stays under the passphrase",
    },
    ...FORCE_OPTION,
    ...DIR_OPTION,
    ...JSON_OPTION,
  },
  examples: [["backup --out /media/stick/vendor.backup", "after each day on which you signed"]],
  async run(options, shell) {
    const folder = openDesk(options, shell);
    refuseInputAsOutput(options.out, [
      ["vendor file", folder.vendorFilePath],
      ["vendor's store", databasePath(folder.path)],
      ...keyFiles(folder).map((path) => ["vendor's key file", path] as const),
    ]);
    checkOutput(options.out, options);
    const made = await withStore(folder, (store) => makeBackup(folder.path, store, now().wall));
    try {
      const output = { force: options.force, mode: 0o600 };
      await streamOutput(options.out, output, (write) =>
        withLongInput(made, "backup", (fd) =>
          Promise.resolve(eachChunk(fd, made, "backup", write)),
        ),
      );
    } finally {
      rmSync(made, { force: true });
    }
    if (options.json) shell.out.json({ vendor: folder.vendor.name, out: options.out });
    else shell.out.line(`written  ${options.out}`);
    shell.out.note(
      "it opens with the passphrase of today; try it now and then: seatkeeper-vendor restore --from FILE --dir NEW",
    );
    return EXIT.done;
  },
});
