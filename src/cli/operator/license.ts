import { isoTime } from "../../base/time.ts";
import { requestLicense } from "../../daemon/request-license.ts";
import type { AdminLicense } from "../../protocol/admin.ts";
import { type Command, command, group } from "../shared/command.ts";
import { FORCE_OPTION, JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { readInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { writeOutput } from "../shared/output-file.ts";
import { admin, SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

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
    ...FORCE_OPTION,
    ...SITE_OPTIONS,
  },
  examples: [["license request --out site.skreq", "ask for a license"]],
  async run(options, shell) {
    const note = await requestLicense(siteConfig(options, shell), options.vendor);
    writeOutput(options.out, note, { force: options.force });
    shell.out.note(`wrote ${options.out}; send it to the vendor`);
    return EXIT.done;
  },
});

const install = command({
  command: "install <file>",
  summary: "install a license from the vendor; it takes effect at once",
  options: {
    file: { type: "string", demandOption: true, describe: "the license, *.sklic" },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["license install site.sklic", "use what the vendor has sent"]],
  async run(options, shell) {
    const license = await admin(options, shell).installLicense(readInput(options.file, "license"));
    if (options.json) shell.out.json(license);
    else describe(shell.out, license);
    return EXIT.done;
  },
});

const show = command({
  command: "show",
  summary: "show the installed licenses",
  options: { ...SITE_OPTIONS, ...JSON_OPTION },
  async run(options, shell) {
    const { licenses } = await admin(options, shell).licenses();
    if (options.json) {
      shell.out.json({ licenses });
      return EXIT.done;
    }
    if (licenses.length === 0) shell.out.note("no license is installed");
    for (const license of licenses) describe(shell.out, license);
    return EXIT.done;
  },
});

export const license: Command = group("license", "request, install and show licenses", [
  request,
  install,
  show,
]);

function describe(out: Output, installed: AdminLicense): void {
  const state =
    installed.problem === "" ? out.paint("green", "in force") : out.paint("red", installed.problem);
  out.line(`${installed.licenseId}  ${state}`);
  out.line(`  vendor   ${installed.vendor}`);
  // Nothing in a file that does not verify is repeated.
  if (installed.site === "") return;
  out.line(`  site     ${installed.site}`);
  out.line(`  issued   ${isoTime(installed.issuedAt)}`);
  for (const { feature, seats } of installed.features) {
    out.line(`  feature  ${feature}: ${counted(seats, "seat")}`);
  }
}
