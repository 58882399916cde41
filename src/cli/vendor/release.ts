import { HEX_16, leaseId } from "../../base/ids.ts";
import { isoTime } from "../../base/time.ts";
import { lineOfText } from "../../license/fields.ts";
import { databasePath, keyFiles, type VendorFolder } from "../../vendor/folder.ts";
import { releaseBorrowed } from "../../vendor/release.ts";
import { type Command, command } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { checkOutput, refuseInputAsOutput, writeOutput } from "../shared/output-file.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { DIR_OPTION, now, openDesk, unlockDesk, withStore } from "./desk.ts";

const text = { type: "string", requiresArg: true } as const;

/** `seatkeeper-vendor release`: gives up a borrowed seat whose workstation is lost. */
export const release: Command = command({
  command: "release",
  summary: "give up a borrowed seat whose workstation is lost",
  options: {
    site: {
      ...text,
      demandOption: true,
      describe: "the site: its name, or the beginning of its ledger's id",
    },
    lease: {
      ...text,
      demandOption: true,
      describe: "the lease, as the site's `seatkeeper seats list` shows it",
    },
    reason: { ...text, default: "workstation lost", describe: "why, in one line, for the books" },
    out: { ...text, demandOption: true, describe: "the release to write, *.skrelease" },
    ...FORCE_OPTION,
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    [
      "release --site Example --lease 0af7651916cd43dd8448eb211c80319c --out lost.skrelease",
      "a laptop was stolen",
    ],
  ],
  async run(options, shell) {
    const { out } = shell;
    if (!HEX_16.test(options.lease)) {
      throw usageError("a lease has 32 hex digits", "ask the site for its seatkeeper seats list");
    }
    if (!lineOfText.safeParse(options.reason).success)
      throw usageError("--reason is one line of 1 to 200 characters");
    const folder = openDesk(options, shell);
    refuseInputAsOutput(options.out, ownFiles(folder, options.passphraseFile));
    checkOutput(options.out, options);
    const { issuing } = await unlockDesk(folder, options, shell);
    const { site, earlier } = await withStore(folder, (store) =>
      releaseBorrowed(store, folder, issuing, {
        site: options.site,
        lease: leaseId(options.lease),
        reason: options.reason,
        now: now(),
        deliver: (note) => writeOutput(options.out, note, options),
      }),
    );
    for (const moment of earlier) {
      out.warn(`this seat was given up before, on ${isoTime(moment)}`);
    }
    if (options.json) {
      const facts = { site: site.site, chainId: site.chainId, lease: options.lease };
      out.json({ ...facts, earlier: earlier.map(isoTime), out: options.out });
      return EXIT.done;
    }
    out.line(`lease    ${options.lease}`);
    out.line(`site     ${site.site}`);
    out.line(`ledger   ${site.chainId}`);
    out.line(`written  ${options.out}`);
    out.note("the site hands it in within 30 days: seatkeeper seats release --note FILE");
    return EXIT.done;
  },
});

function ownFiles(
  folder: VendorFolder,
  passphraseFile: string | undefined,
): readonly (readonly [what: string, path: string])[] {
  return [
    ...(passphraseFile === undefined ? [] : [["passphrase file", passphraseFile] as const]),
    ["vendor file", folder.vendorFilePath],
    ["vendor's store", databasePath(folder.path)],
    ...keyFiles(folder).map((path) => ["vendor's key file", path] as const),
  ];
}
