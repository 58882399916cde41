import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { EXAMINATION_OPTIONS, examine } from "./examination.ts";
import { exitCodeOf, printReport, reportJson } from "./report-words.ts";

/** `seatkeeper-audit verify`: the checks without the contents. */
export const verify: Command = command({
  command: "verify <file>",
  summary: "recompute all that an auditor can, and say what only the vendor can check",
  options: { ...EXAMINATION_OPTIONS, ...PASSPHRASE_OPTIONS, ...JSON_OPTION },
  examples: [
    ["verify usage.skb --key auditor.skkey", "exit code 3 when something does not verify"],
    [
      "verify ledger.skc --key auditor.skkey --license site.sklic --vendor-file acme.skvendor",
      "also that it is the licensed ledger",
    ],
  ],
  async run(options, shell) {
    const report = await examine(options, shell);
    if (options.json) shell.out.json(reportJson(options.file, report));
    else printReport(options.file, report, shell.out);
    return exitCodeOf(report);
  },
});
