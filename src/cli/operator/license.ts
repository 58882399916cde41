import type { Config } from "../../config/config.ts";
import { AdminClient } from "../../daemon/admin-client.ts";
import { readHost } from "../../daemon/host.ts";
import { openOffline } from "../../daemon/offline.ts";
import { replaceSiteKey } from "../../daemon/replace-site-key.ts";
import { requestLicense } from "../../daemon/request-license.ts";
import type { AdminStatus } from "../../protocol/admin/status.ts";
import { type Command, command, group } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { checkOutput, writeOutput } from "../shared/output-file.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { isUnreachable } from "./export-usage.ts";
import { describeLicense } from "./license-words.ts";
import { tellNewKey } from "./new-key-words.ts";
import { ADMIN_OPTIONS, admin, SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted, isLicense } from "./words.ts";

const request = command({
  command: "request",
  summary: "write the activation request that the vendor turns into a license",
  options: {
    out: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "file to write, *.skreq",
    },
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's name, where there are several",
    },
    renew: {
      type: "boolean",
      default: false,
      describe: "show the vendor how far the ledger has come, for a license that renews another",
    },
    rekey: {
      type: "boolean",
      default: false,
      describe:
        "give the site a new daemon key first; until a license for it is installed, no seats are granted",
    },
    ...FORCE_OPTION,
    ...SITE_OPTIONS,
  },
  examples: [
    ["license request --out site.skreq", "ask for the first license"],
    ["license request --renew --out renewal.skreq", "ask for the next one, before the first ends"],
    [
      "license request --rekey --out site.skreq",
      "the daemon key is old, stolen or lost; with the daemon stopped",
    ],
  ],
  async run(options, shell) {
    const { out, vendor, renew, rekey, force } = options;
    if (renew && rekey) {
      throw usageError("with a new daemon key a new ledger begins: --rekey goes without --renew");
    }
    const config = siteConfig(options, shell);
    if (rekey) {
      checkOutput(out, options);
      tellNewKey(await replaceSiteKey(config, vendor), shell.out);
    }
    const note = renew ? await renewalOf(config, vendor) : await requestLicense(config, vendor);
    writeOutput(out, note, { force });
    shell.out.note(`wrote ${out}; send it to the vendor${rekey ? " with the usage" : ""}`);
    return EXIT.done;
  },
});

const install = command({
  command: "install <file>",
  summary: "install a license from the vendor; it takes effect at once",
  options: {
    file: { type: "string", demandOption: true, describe: "the license, *.sklic" },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["license install site.sklic", "use what the vendor has sent"]],
  async run(options, shell) {
    const client = admin(options, shell);
    const license = await client.installLicense(readSignedInput(options.file, "license"));
    const status = await client.status();
    const totals = totalsOf(status, license.vendor);
    warnOfContradiction(status, license.licenseId, shell.out);
    if (options.json) shell.out.json({ ...license, totals });
    else {
      describeLicense(shell.out, license);
      for (const { feature, seats } of totals) {
        shell.out.line(`  total    ${feature}: ${counted(seats, "seat")}`);
      }
    }
    return EXIT.done;
  },
});

const show = command({
  command: "show",
  summary: "show the installed licenses",
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION },
  examples: [
    ["license show", "what was bought, until when, on which terms"],
    ["license show --json", "the same for another program"],
  ],
  async run(options, shell) {
    const { licenses } = await admin(options, shell).licenses();
    if (options.json) {
      shell.out.json({ licenses });
      return EXIT.done;
    }
    if (licenses.length === 0) shell.out.note("no license is installed");
    for (const license of licenses) describeLicense(shell.out, license);
    return EXIT.done;
  },
});

const host = command({
  command: "host",
  summary: "show the hash by which licenses name this machine, a standby host too",
  options: { ...JSON_OPTION },
  examples: [["license host", "on a standby machine: the vendor puts the hash into standby_hosts"]],
  run(options, shell) {
    const { hash, parts } = readHost();
    if (options.json) shell.out.json({ hash, parts });
    else {
      shell.out.line(hash);
      shell.out.note(`made from ${parts.join(", ")}; for standby_hosts in the vendor's terms`);
    }
    return Promise.resolve(EXIT.done);
  },
});

export const license: Command = group("license", "request, install and show licenses", [
  request,
  install,
  show,
  host,
]);

/** From the running daemon, or straight from the data folder without one. */
async function renewalOf(config: Config, vendor: string | undefined): Promise<string> {
  try {
    return (await new AdminClient(config.socket).requestRenewal(vendor)).note;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
  const site = await openOffline(config);
  try {
    return site.requestRenewal(vendor);
  } finally {
    await site.leave();
  }
}

/** Tells that the license speaks of a longer or of another ledger than the one that is here. */
function warnOfContradiction({ vendors }: AdminStatus, licenseId: string, out: Output): void {
  const found = vendors
    .flatMap(({ contradictions }) => contradictions)
    .find(({ shown }) => isLicense(shown) && shown.includes(licenseId));
  if (found === undefined) return;
  const known = counted(found.size, "block");
  out.warn(`the vendor has acknowledged ${known} that this ledger does not go on from`);
  out.note("hint: was the site put back to an older state? tell the vendor; see status --json");
}

/** What the licenses of a vendor give together now. */
function totalsOf({ vendors }: AdminStatus, name: string): readonly Total[] {
  const features = vendors.find(({ vendor }) => vendor === name)?.features ?? [];
  return features.map(({ feature, seats }) => ({ feature, seats }));
}

interface Total {
  readonly feature: string;
  readonly seats: number;
}
