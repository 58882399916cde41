import { databasePath, keyFiles, type VendorFolder } from "../../vendor/folder.ts";
import { holdingsIn } from "../../vendor/holdings.ts";
import { issueLicense } from "../../vendor/issue.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { checkOutput, refuseInputAsOutput, writeOutput } from "../shared/output-file.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { DIR_OPTION, now, openDesk, unlockDesk, withStore } from "./desk.ts";
import { tellEarlier } from "./holding-words.ts";
import { tellRenewal } from "./renewal-words.ts";
import { tellSuccession } from "./succession-words.ts";
import { readTermsFile } from "./terms-file.ts";

/** `seatkeeper-vendor issue`: a license in answer to an activation request. */
export const issue: Command = command({
  command: "issue",
  summary: "answer a site's activation request with a license",
  options: {
    request: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the site's activation request, *.skreq",
    },
    terms: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "what you sell, in YAML; see seatkeeper-vendor terms",
    },
    out: {
      type: "string",
      demandOption: true,
      requiresArg: true,
      describe: "the license file to write, *.sklic",
    },
    "same-site": {
      type: "boolean",
      default: false,
      describe: "the site has told you by another way that its former daemon key is lost",
    },
    force: {
      type: "boolean",
      default: false,
      describe: "replace an existing file; issue what has ended already",
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["issue --request site.skreq --terms terms.yaml --out site.sklic", "sell"]],
  async run(options, shell) {
    const { out } = shell;
    const folder = openDesk(options, shell);
    refuseInputAsOutput(options.out, inputsOf(options, folder));
    checkOutput(options.out, options);
    const request = readSignedInput(options.request, "request");
    const { force } = options;
    const terms = readTermsFile(options.terms, { force, now: now().wall });
    const keys = await unlockDesk(folder, options, shell);
    const { license, activated, earlier, renewal, succeeds } = await withStore(folder, (store) =>
      issueLicense(store, folder, keys, {
        request,
        terms,
        now: now(),
        isSameSite: options.sameSite,
        deliver: ({ text }) => writeOutput(options.out, text, options),
      }),
    );
    const { licenseId, chainId } = license;
    if (succeeds) tellSuccession(succeeds, out);
    if (earlier) tellEarlier(earlier, holdingsIn(terms, now().wall), terms.site, out);
    if (renewal) tellRenewal(renewal, out);
    if (options.json) {
      const facts = { licenseId, site: terms.site, chainId, activated, out: options.out };
      out.json({
        ...facts,
        earlier: earlier ?? null,
        renewal: renewal ?? null,
        succeeds: succeeds ?? null,
      });
      return EXIT.done;
    }
    out.line(`license  ${licenseId}`);
    out.line(`site     ${terms.site}`);
    out.line(`ledger   ${chainId}${activated ? " (activated)" : ""}`);
    if (renewal) {
      const { size, acknowledged } = renewal;
      out.line(`shown    ${size} blocks, of which ${acknowledged} are acknowledged`);
    }
    out.line(`written  ${options.out}`);
    return EXIT.done;
  },
});

/** What the command reads, and must not write over even with `--force`. */
function inputsOf(
  options: {
    readonly request: string;
    readonly terms: string;
    readonly passphraseFile?: string | undefined;
  },
  folder: VendorFolder,
): readonly (readonly [what: string, path: string])[] {
  const { passphraseFile } = options;
  return [
    ["activation request", options.request],
    ["terms file", options.terms],
    ...(passphraseFile === undefined ? [] : [["passphrase file", passphraseFile] as const]),
    ["vendor file", folder.vendorFilePath],
    ["vendor's store", databasePath(folder.path)],
    ...keyFiles(folder).map((path) => ["vendor's key file", path] as const),
  ];
}
