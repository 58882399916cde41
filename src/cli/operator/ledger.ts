import { toHex } from "../../base/bytes.ts";
import type { Config } from "../../config/config.ts";
import { inspectLedger, type LedgerInspection } from "../../daemon/ledger-inspection.ts";
import { type SucceededLedger, succeedLedger } from "../../daemon/succeed-ledger.ts";
import { dataFolder, vendorFolder } from "../../store/data-folder.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
import { compareArchive } from "./archive-file.ts";
import { archive } from "./ledger-archive.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";
import { counted, readersInWords } from "./words.ts";

const verify = command({
  command: "verify",
  summary: "check the ledger as far as it can be checked without the vendor's keys",
  options: {
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's name, where there are several",
    },
    archive: {
      type: "string",
      array: true,
      requiresArg: true,
      describe: "archives to check against the ledger as well, *.skarchive",
    },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["ledger verify", "with the daemon running or stopped; nothing is changed"],
    ["ledger verify --archive /mnt/archive/*.skarchive", "and what was moved out of it"],
  ],
  async run(options, shell) {
    const config = siteConfig(options, shell);
    const report = withArchives(
      await inspectLedger(config, options.vendor),
      config,
      options.archive ?? [],
    );
    const sound = report.problems.length === 0;
    if (options.json) shell.out.json({ ...report, root: toHex(report.root), sound });
    else describe(shell.out, report);
    return sound ? EXIT.done : EXIT.unverified;
  },
});

const succeed = command({
  command: "succeed",
  summary: "begin another ledger in the place of one that cannot be continued",
  options: {
    vendor: {
      type: "string",
      requiresArg: true,
      describe: "the vendor's name, where there are several",
    },
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    [
      "ledger succeed",
      "when serve says CHAIN_KEY_LOST, STATE_REGRESSION or EVENT_STORE_REGRESSION",
    ],
  ],
  async run(options, shell) {
    const done = await succeedLedger(siteConfig(options, shell), options.vendor);
    const former = { ...done.former, root: toHex(done.former.root) };
    if (options.json) shell.out.json({ ...done, former });
    else describeSuccession(shell.out, done);
    return EXIT.done;
  },
});

/** The report, and what the archives have to do with this ledger. */
function withArchives(
  report: LedgerInspection,
  { dataDir }: Config,
  files: readonly string[],
): LedgerInspection {
  if (files.length === 0) return report;
  const { chain } = vendorFolder(dataFolder(dataDir), report.vendor);
  const found = files.map((file) => compareArchive(file, chain));
  const checked = [...report.checked, ...found.flatMap((each) => each.checked)];
  const problems = [...report.problems, ...found.flatMap((each) => each.problems)];
  return { ...report, checked, problems };
}

export const ledger: Command = group("ledger", "look after the sealed ledger", [
  verify,
  archive,
  succeed,
]);

function describeSuccession(out: Output, done: SucceededLedger): void {
  const { vendor, chainId, former, code, usage } = done;
  out.line(`vendor    ${vendor}`);
  out.line(`  former  ${former.chainId}, ${counted(former.size, "block")}, ended by ${code}`);
  out.line(`  ledger  ${chainId}, a new one`);
  out.line(`  usage   ${usage}`);
  out.note("no seats are granted yet: a license names the ledger that it was issued for");
  out.note(
    "next: seatkeeper license request --out site.skreq, and send that file and the usage to the vendor",
  );
}

function describe(out: Output, report: LedgerInspection): void {
  out.line(`${report.vendor}: ${counted(report.size, "block")}`);
  for (const check of report.checked) out.line(`  ${out.paint("green", "checked")}  ${check}`);
  // Where there never was an auditor, the vendor alone reads: nothing to tell.
  const isAudited = report.readers.some(({ auditors }) => auditors.length > 0);
  for (const change of isAudited ? report.readers : []) {
    out.line(`  ${out.paint("cyan", "readers")}  ${readersInWords(change)}`);
  }
  for (const problem of report.problems) {
    out.line(`  ${out.paint("red", problem.code)}  ${problem.detail}`);
  }
  out.line(
    `  ${out.paint("dim", "not checked here: what the blocks say, and who wrote them; that takes the vendor's key")}`,
  );
  if (report.problems.length === 0) return;
  out.note("hint: stop the daemon, keep a copy of the data folder as it is, and ask the vendor");
}
