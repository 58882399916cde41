import type { AuditedBlock } from "../../audit/audit-report.ts";
import { CELLS, cellsOf, pageOf, recordOf } from "../../audit/block-page.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { csvLines } from "../shared/csv.ts";
import { usageError } from "../shared/errors.ts";
import type { Output } from "../shared/output.ts";
import { printPage } from "../shared/page.ts";
import { PASSPHRASE_OPTIONS } from "../shared/passphrase.ts";
import { EXAMINATION_OPTIONS, examine } from "./examination.ts";
import { exitCodeOf, printReport, reportJson } from "./report-words.ts";

/** `seatkeeper-audit show`: every block, whole, and then what the checks say. */
export const show: Command = command({
  command: "show <file>",
  summary: "print everything that a bundle or ledger tells, and the checks",
  options: {
    ...EXAMINATION_OPTIONS,
    ...PASSPHRASE_OPTIONS,
    csv: { type: "boolean", default: false, describe: "print one line for each value" },
    ...JSON_OPTION,
  },
  examples: [
    ["show usage.skb --key auditor.skkey", "a page to read"],
    ["show usage.skb --key auditor.skkey --csv > usage.csv", "for a spreadsheet"],
    ["show ledger.skc --key auditor.skkey --json", "for scripts; exit code 3 as verify has it"],
  ],
  async run(options, shell) {
    const { out } = shell;
    if (options.csv && options.json) throw usageError("--csv and --json exclude each other");
    const writer = options.json ? jsonPages(out) : options.csv ? csvPages(out) : textPages(out);
    const report = await examine(options, shell, (block) => writer.block(block));
    if (options.json) writer.end(JSON.stringify(reportJson(options.file, report)));
    else if (!options.csv) printReport(options.file, report, out);
    else for (const { code, detail } of report.problems) out.warn(`${code}: ${detail}`);
    return exitCodeOf(report);
  },
});

/** Writes block after block: a ledger of years does not have to fit into memory. */
interface Pages {
  block(block: AuditedBlock): void;
  end(report: string): void;
}

function textPages(out: Output): Pages {
  return { block: (block) => printPage(pageOf(block), out), end: () => undefined };
}

function csvPages(out: Output): Pages {
  let written = 0;
  return {
    block(block) {
      if (written === 0) out.text(csvLines([CELLS]));
      written += 1;
      out.text(csvLines(cellsOf(block)));
    },
    end: () => undefined,
  };
}

function jsonPages(out: Output): Pages {
  let before = '{"blocks":[\n';
  return {
    block(block) {
      out.text(before + JSON.stringify(recordOf(block)));
      before = ",\n";
    },
    end(report) {
      out.text(`${before.startsWith("{") ? before : "\n"}],\n"report":${report}}\n`);
    },
  };
}
