import { initSite } from "../../daemon/init-site.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";

/** `seatkeeper init`: the site's identity, and a ledger for one vendor. */
export const init: Command = command({
  command: "init",
  summary: "make this site's keys, certificate and the ledger for a vendor",
  options: {
    vendor: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "the vendor's public file, *.skvendor",
    },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["init --vendor acme.skvendor", "prepare this machine for acme's licenses"]],
  async run(options, shell) {
    const config = siteConfig(options, shell);
    const site = await initSite(config, readSignedInput(options.vendor, "vendor"));
    if (options.json) {
      shell.out.json(site);
      return EXIT.done;
    }
    if (site.restored) shell.out.note("the ledger was here: its vendor file was put back");
    shell.out.line(`vendor    ${site.vendor}`);
    shell.out.line(`chain     ${site.chainId}`);
    shell.out.line(`data      ${config.dataDir}`);
    if (site.restored) return EXIT.done;
    shell.out.note(
      "next: seatkeeper license request --out site.skreq, and send that file to the vendor",
    );
    return EXIT.done;
  },
});
