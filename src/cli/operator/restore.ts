import { toHex } from "../../base/bytes.ts";
import { isoTime } from "../../base/time.ts";
import type { Lent } from "../../daemon/lent-licenses.ts";
import { type RestoredSite, restoreSite } from "../../daemon/restore-site.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import { fileSource } from "../shared/file-source.ts";
import { withLongInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { readSignedInput } from "../shared/signed-input.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted } from "./words.ts";

/** `seatkeeper restore`: a site from its backup, with new ledgers that say so. */
export const restore: Command = command({
  command: "restore <file>",
  summary: "make the site anew from a backup, in an empty data folder",
  options: {
    file: { type: "string", demandOption: true, describe: "the backup, *.skbackup" },
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's public file, *.skvendor: refuse a backup of another vendor's site",
    },
    emergency: {
      type: "boolean",
      default: false,
      describe: "serve at once, for the emergency days that the license gives",
    },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["restore /mnt/backup/site.skbackup", "after this, the vendor has to issue a license"],
    ["restore site.skbackup --vendor acme.skvendor", "and take acme's newest file into use"],
    [
      "restore site.skbackup --emergency",
      "the server died at night: seats at once, without the vendor",
    ],
  ],
  async run(options, shell) {
    const config = siteConfig(options, shell);
    const { file, vendor, emergency: isEmergency } = options;
    const vendorFile = vendor === undefined ? undefined : readSignedInput(vendor, "vendor");
    const restored = await withLongInput(file, "backup", (fd) =>
      restoreSite(config, fileSource(fd, file), { vendorFile, isEmergency }),
    );
    if (options.json) shell.out.json({ file, dataDir: config.dataDir, ...facts(restored) });
    else describe(shell.out, restored, config.dataDir);
    return EXIT.done;
  },
});

function facts({ madeAt, ledgers }: RestoredSite): object {
  return {
    madeAt,
    ledgers: ledgers.map(({ lent, ...ledger }) => ({
      ...ledger,
      former: { ...ledger.former, root: toHex(ledger.former.root) },
      lent: lent === undefined ? null : { by: lent.lending, days: lent.days },
    })),
  };
}

function describe(out: Output, { madeAt, ledgers }: RestoredSite, dataDir: string): void {
  out.line(`restored  ${dataDir}, as it was at ${isoTime(madeAt)}`);
  for (const { vendor, chainId, former, usage, lent, problems } of ledgers) {
    out.line(`vendor    ${vendor}`);
    out.line(`  former  ${former.chainId}, ${counted(former.size, "block")}`);
    out.line(`  ledger  ${chainId}, a new one`);
    out.line(`  usage   ${usage}`);
    if (lent !== undefined) out.line(`  seats   ${lentWords(lent)}`);
    for (const { code, detail } of problems) out.warn(`${code}: ${detail}`);
  }
  if (ledgers.length === 0) return;
  const isServing = ledgers.every(({ lent }) => lent !== undefined);
  if (!isServing) {
    out.note("no seats are granted yet: a license names the ledger that it was issued for");
  }
  const request = "seatkeeper license request --out site.skreq";
  const next = `${request}, and send that file and the usage to the vendor`;
  out.note(isServing ? `next: seatkeeper serve; then ${next}` : `next: ${next}`);
}

/** Both end with the vendor's answer. */
function lentWords({ lending, days }: Lent): string {
  if (lending === "standby") return "at once, for the license names this standby host";
  return `at once, for ${counted(days, "emergency day")} from the first start on`;
}
