import { basename } from "node:path";
import { isoTime } from "../../base/time.ts";
import { lineOfText } from "../../license/fields.ts";
import { databasePath, keyFiles, type VendorFolder } from "../../vendor/folder.ts";
import { type Superseded, supersede as supersedeAt } from "../../vendor/supersede.ts";
import { type Command, command } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { readTextInput, withInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { checkOutput, refuseInputAsOutput, writeOutput } from "../shared/output-file.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { bundleSource } from "./bundle-file.ts";
import { DIR_OPTION, now, openDesk, unlockDesk, withStore } from "./desk.ts";
import { countedWords, several } from "./ingest-words.ts";

const text = { type: "string", requiresArg: true } as const;

/** `seatkeeper-vendor supersede`: accepts one of two branches of a ledger. */
export const supersede: Command = command({
  command: "supersede <bundle>",
  summary: "say which of two branches of a ledger is the ledger from now on",
  options: {
    bundle: {
      type: "string",
      demandOption: true,
      describe: "the newest usage bundle of the branch that goes on, *.skb",
    },
    reason: {
      ...text,
      demandOption: true,
      describe: "why there were two, in one line, for the books and the site",
    },
    out: {
      ...text,
      demandOption: true,
      describe: "the receipt to write, *.skrcpt: it brings the decision to the site",
    },
    evidence: {
      ...text,
      array: true,
      default: [],
      describe:
        "what workstations remember of the other branch: their evidence files, or the site's status --json",
    },
    ...FORCE_OPTION,
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    [
      'supersede usage.skb --reason "server put back to a snapshot" --out accepted.skrcpt',
      "a bundle that ingest found to be a FORK or CLONE_SUSPECTED is the truth",
    ],
    [
      'supersede usage.skb --evidence status.json --reason "disk replaced" --out accepted.skrcpt',
      "only workstations remember the other branch",
    ],
  ],
  async run(options, shell) {
    if (!lineOfText.safeParse(options.reason).success)
      throw usageError("--reason is one line of 1 to 200 characters");
    const folder = openDesk(options, shell);
    refuseInputAsOutput(options.out, inputsOf(options, folder));
    checkOutput(options.out, options);
    const evidence = options.evidence.map((path) => readTextInput(path, "evidence"));
    const keys = await unlockDesk(folder, options, shell);
    const { bundle } = options;
    const done = await withStore(folder, (store) =>
      withInput(bundle, "usage bundle", (fd) =>
        supersedeAt(store, folder, keys, {
          source: bundleSource(fd, bundle),
          name: basename(bundle),
          evidence,
          reason: options.reason,
          now: now(),
          deliver: (receipt) => writeOutput(options.out, receipt, options),
        }),
      ),
    );
    if (options.json) shell.out.json(jsonOf(done, options.out));
    else tell(done, options.out, shell.out);
    return EXIT.done;
  },
});

function tell(done: Superseded, path: string, out: Output): void {
  const { note, receipt, givenUp } = done;
  out.line(`site      ${done.site}`);
  out.line(`ledger    ${done.chainId}`);
  out.line(`accepted  ${several(note.accepted.size, "block")}`);
  out.line(
    `given up  heads of up to ${several(note.abandonedUpTo, "block")} that it does not have; ${note.abandoned.length} seen`,
  );
  out.line(`counted   ${countedWords(done.counted)}`);
  if (givenUp !== undefined && givenUp.checkpoints > 0) {
    out.line(
      `stays     ${several(givenUp.checkpoints, "checkpoint")} of acknowledged blocks from block ${givenUp.from} on`,
    );
  }
  const repeated = receipt.resent ? ", as before" : "";
  out.line(`note      ${note.number} of ${isoTime(note.issuedAt)}${repeated}`);
  out.line(`receipt   ${path} (number ${receipt.receiptNo}${repeated})`);
  out.note(`hint: send ${path} to the site, which takes it with seatkeeper usage receipt`);
}

function jsonOf(done: Superseded, path: string): object {
  const { note, report, receipt, counted, givenUp } = done;
  return {
    site: done.site,
    chainId: done.chainId,
    number: note.number,
    issuedAt: isoTime(note.issuedAt),
    accepted: note.accepted.size,
    abandonedUpTo: note.abandonedUpTo,
    abandoned: note.abandoned.map(({ size, root }) => ({
      size,
      root: Buffer.from(root).toString("hex"),
    })),
    verdict: report.verdict,
    counted: counted ?? null,
    givenUp: givenUp ?? null,
    receipt: { receiptNo: receipt.receiptNo, resent: receipt.resent, file: path },
  };
}

/** What the command reads, and must not write over even with `--force`. */
function inputsOf(
  options: {
    readonly bundle: string;
    readonly evidence: readonly string[];
    readonly passphraseFile?: string | undefined;
  },
  folder: VendorFolder,
): readonly (readonly [what: string, path: string])[] {
  const { passphraseFile } = options;
  return [
    ["usage bundle", options.bundle],
    ...options.evidence.map((path) => ["evidence", path] as const),
    ...(passphraseFile === undefined ? [] : [["passphrase file", passphraseFile] as const]),
    ["vendor file", folder.vendorFilePath],
    ["vendor's store", databasePath(folder.path)],
    ...keyFiles(folder).map((path) => ["vendor's key file", path] as const),
  ];
}
