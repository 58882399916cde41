import { basename, dirname, join } from "node:path";
import { fileSource } from "../../vendor/file-source.ts";
import { type Ingested, ingestBundle } from "../../vendor/ingest.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { withInput } from "../shared/input-file.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { DIR_OPTION, now, openDesk, unlockDesk, withStore } from "./desk.ts";
import { ingestJson, printIngested } from "./ingest-words.ts";
import { writeReceiptFile } from "./receipt-file.ts";

/** `seatkeeper-vendor ingest`: verify, count, and acknowledge. */
export const ingest: Command = command({
  command: "ingest <file..>",
  summary: "verify usage bundles, take them into the books, write the receipts",
  options: {
    file: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "usage bundles, *.skb",
    },
    "receipt-dir": {
      type: "string",
      requiresArg: true,
      describe: "write receipts into this folder instead of beside the bundles",
    },
    reviewed: {
      type: "boolean",
      default: false,
      describe: "acknowledge although blocks are missing: you have agreed on them with the site",
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["ingest usage.skb", "writes usage.skrcpt, which goes back to the site"],
    ["ingest inbox/*.skb --json", "for scripts; exit code 3 when one does not verify"],
  ],
  async run(options, shell) {
    const { out } = shell;
    const folder = openDesk(options, shell);
    const keys = await unlockDesk(folder, options, shell);
    const results = await withStore(folder, (store) =>
      options.file.map((path) => {
        out.progress(`verifying ${path} …`);
        const done = withInput(path, "usage bundle", (fd) =>
          ingestBundle(store, folder, keys, {
            source: fileSource(fd, path),
            name: basename(path),
            now: now(),
            reviewed: options.reviewed,
          }),
        );
        const receiptPath = receiptPathFor(path, options.receiptDir);
        if (done.receipt) writeReceiptFile(receiptPath, done.receipt.text);
        const result = { ...done, path, receiptPath };
        if (!options.json) printIngested(result, out);
        return result;
      }),
    );
    if (options.json) out.json({ bundles: results.map(ingestJson) });
    return results.every(isFine) ? EXIT.done : EXIT.unverified;
  },
});

const isFine = ({ accepted }: Ingested): boolean => accepted;

/** `usage.skrcpt` for `usage.skb`. */
function receiptPathFor(bundle: string, folder: string | undefined): string {
  const name = `${basename(bundle).replace(/\.skb$/, "")}.skrcpt`;
  return join(folder ?? dirname(bundle), name);
}
