import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CodedError } from "../../base/errors.ts";
import type { VendorFolder } from "../../vendor/folder.ts";
import { ingestBundle } from "../../vendor/ingest.ts";
import type { VendorKeys } from "../../vendor/issue.ts";
import type { VendorStore } from "../../vendor/vendor-store.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT, type ExitCode } from "../shared/exit.ts";
import { withInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { bundleSource } from "./bundle-file.ts";
import { DIR_OPTION, now, openDesk, unlockDesk, withStore } from "./desk.ts";
import { type FailedFile, type IngestedFile, ingestJson, printIngested } from "./ingest-words.ts";
import { checkReceiptFile, writeReceiptFile } from "./receipt-file.ts";

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
      describe:
        "acknowledge although blocks are missing, or lost keys prove no end: you have agreed on it with the site",
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
    const { receiptDir, reviewed } = options;
    const results = await withStore(folder, (store) =>
      // What one file suffers from is no reason to leave the others.
      options.file.map((path) => {
        out.progress(`verifying ${path} …`);
        const result = ingestFile({ store, folder, keys, reviewed }, path, receiptDir);
        tell(result, out, options.json);
        return result;
      }),
    );
    if (options.json) out.json({ bundles: results.map(ingestJson) });
    return exitCodeOf(results);
  },
});

/** The verdict is told even where its receipt could not be written. */
function tell(result: IngestedFile | FailedFile, out: Output, json: boolean): void {
  if (result.kind === "looked-at" && !json) printIngested(result, out);
  if (result.error) out.error(result.error, json);
}

interface IngestDesk {
  readonly store: VendorStore;
  readonly folder: VendorFolder;
  readonly keys: VendorKeys;
  readonly reviewed: boolean;
}

function ingestFile(
  desk: IngestDesk,
  path: string,
  receiptDir: string | undefined,
): IngestedFile | FailedFile {
  try {
    const receiptPath = receiptPathFor(path, receiptDir);
    // The usage of a bundle is counted once: first make sure that its receipt can be written.
    if (existsSync(path)) checkReceiptFile(receiptPath);
    const done = withInput(path, "usage bundle", (fd) =>
      ingestBundle(desk.store, desk.folder, desk.keys, {
        source: bundleSource(fd, path),
        name: basename(path),
        now: now(),
        reviewed: desk.reviewed,
      }),
    );
    const { receipt } = done;
    const error = receipt && failureOf(() => writeReceiptFile(receiptPath, receipt.text));
    return { kind: "looked-at", ...done, path, receiptPath, error };
  } catch (error) {
    if (isCoded(error)) return { kind: "failed", path, error };
    throw error;
  }
}

function failureOf(work: () => void): CodedError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (isCoded(error)) return error;
    throw error;
  }
}

const isCoded = (error: unknown): error is CodedError => error instanceof CodedError;

function exitCodeOf(results: readonly (IngestedFile | FailedFile)[]): ExitCode {
  if (results.some((result) => result.kind === "looked-at" && !result.accepted))
    return EXIT.unverified;
  return results.some(({ error }) => error !== undefined) ? EXIT.refused : EXIT.done;
}

/** `usage.skrcpt` for `usage.skb`. */
function receiptPathFor(bundle: string, folder: string | undefined): string {
  const name = `${basename(bundle).replace(/\.skb$/, "")}.skrcpt`;
  return join(folder ?? dirname(bundle), name);
}
