import { toHex } from "../../base/bytes.ts";
import { inspectLedger, type LedgerInspection } from "../../daemon/ledger-inspection.ts";
import { type Command, command, group } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { EXIT } from "../shared/exit.ts";
import type { Output } from "../shared/output.ts";
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
    ...SITE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [["ledger verify", "with the daemon running or stopped; nothing is changed"]],
  async run(options, shell) {
    const report = await inspectLedger(siteConfig(options, shell), options.vendor);
    const sound = report.problems.length === 0;
    if (options.json) shell.out.json({ ...report, root: toHex(report.root), sound });
    else describe(shell.out, report);
    return sound ? EXIT.done : EXIT.unverified;
  },
});

export const ledger: Command = group("ledger", "look after the sealed ledger", [verify]);

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
