import { isoTime } from "../../base/time.ts";
import { reportedEmergencies } from "../../vendor/emergency.ts";
import { type ReportQuery, type UsageReport, usageReport } from "../../vendor/report.ts";
import { type UnprovenEnd, unprovenEnds } from "../../vendor/unproven-ends.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { DIR_OPTION, openDesk, withStore } from "./desk.ts";
import { emergencyWords, warnOfEmergency } from "./emergency-words.ts";
import { reportCsv } from "./report-csv.ts";
import { fromMoment, toMoment } from "./report-dates.ts";
import { printReport, seatHours } from "./report-table.ts";

/** `seatkeeper-vendor report`: what the accepted bundles say. */
export const report: Command = command({
  command: "report",
  summary: "show the usage that sites have reported",
  options: {
    site: {
      type: "string",
      requiresArg: true,
      describe: "only this site: its name, or the beginning of its ledger's id",
    },
    from: { type: "string", requiresArg: true, describe: "first day (UTC), 2026-11-01" },
    to: { type: "string", requiresArg: true, describe: "last day (UTC), included" },
    by: {
      choices: ["total", "month", "day"],
      default: "total",
      describe: "one line for the whole time, each month or each day",
    },
    ...DIR_OPTION,
    ...JSON_OPTION,
    csv: { type: "boolean", default: false, describe: "print comma-separated values" },
  },
  examples: [
    ["report", "everything, one line per site and feature"],
    ['report --site "Example GmbH" --from 2026-11-01 --to 2026-11-30 --csv', "for the invoice"],
  ],
  async run(options, { out, ...rest }) {
    if (options.json && options.csv) throw usageError("--json and --csv exclude each other");
    const query: ReportQuery = {
      site: options.site,
      from: options.from === undefined ? undefined : fromMoment(options.from),
      to: options.to === undefined ? undefined : toMoment(options.to),
      by: options.by,
    };
    if (query.from !== undefined && query.to !== undefined && query.from >= query.to)
      throw usageError("--from is after --to");
    const folder = openDesk(options, { out, ...rest });
    const { found, emergencies, ends } = await withStore(folder, (store) =>
      store.read((database) => ({
        found: usageReport(database, query),
        ends: unprovenEnds(database, query.site),
        emergencies: reportedEmergencies(database, folder.vendor, options.site),
      })),
    );
    if (options.json)
      out.json({ ...jsonOf(found, query), emergencies, unprovenEnds: ends.map(endJson) });
    else if (options.csv) out.text(reportCsv(found));
    else {
      printReport(found, query, out);
      for (const each of ends) out.line(`by word: ${endWords(each)}`);
      for (const each of emergencies) out.line(`emergency: ${emergencyWords(each)}`);
    }
    for (const each of emergencies) warnOfEmergency(each, out);
    return EXIT.done;
  },
});

/** What is counted and not proven, in one line. */
function endWords({ chainId, from, size, agreedAt }: UnprovenEnd): string {
  const blocks = `${size - from} ${size - from === 1 ? "block" : "blocks"}`;
  return `the last ${blocks} of ledger ${chainId}, whose keys are lost; that no more followed is the site's word, agreed on ${isoTime(agreedAt)}`;
}

const endJson = (end: UnprovenEnd): object => ({ ...end, agreedAt: isoTime(end.agreedAt) });

function jsonOf(found: UsageReport, { from, to, by }: ReportQuery): object {
  return {
    from: from === undefined ? null : isoTime(from),
    /** The first moment after what is reported. */
    to: to === undefined ? null : isoTime(to),
    by,
    features: found.features.map((line) => ({ ...line, seatHours: seatHours(line.seatMillis) })),
    meters: found.meters,
  };
}
