import type { HistoryPeriod } from "../../protocol/admin/history.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { historyCsv } from "./history-csv.ts";
import { printHistory } from "./history-words.ts";
import { ADMIN_OPTIONS, admin } from "./site-options.ts";

const PERIODS: readonly HistoryPeriod[] = ["hour", "day", "month", "weekday-hour"];

/** `seatkeeper usage history`: whether there are enough seats, and when not. */
export const usageHistory: Command = command({
  command: "history",
  summary: "show peaks, denials and waits per feature, and whether the seats suffice",
  options: {
    feature: { type: "string", requiresArg: true, describe: "only this feature" },
    from: {
      type: "string",
      requiresArg: true,
      describe: "first day, as 2026-01-31 [default: 30 days ago]",
    },
    to: { type: "string", requiresArg: true, describe: "last day, included [default: today]" },
    by: {
      choices: PERIODS,
      default: "day",
      describe: "one line for each; weekday-hour draws the hours of the week",
    },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
    csv: { type: "boolean", default: false, describe: "print comma-separated values" },
  },
  examples: [
    ["usage history --by weekday-hour --feature cad.pro", "when the seats run short"],
    ["usage history --from 2026-01-01 --by hour --csv", "for a spreadsheet"],
  ],
  async run(options, shell) {
    const { feature, from, to, by } = options;
    if (options.json && options.csv) throw usageError("--json and --csv exclude each other");
    for (const day of [from, to]) {
      if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day))
        throw usageError("a day is written as 2026-01-31");
    }
    if (from !== undefined && to !== undefined && from > to)
      throw usageError("--from is after --to");
    const found = await admin(options, shell).usageHistory({
      by,
      ...(feature === undefined ? {} : { feature }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    if (options.json) shell.out.json(found);
    else if (options.csv) shell.out.text(historyCsv(found.rows));
    else if (found.rows.length === 0) shell.out.note("nothing was asked for in that time");
    else printHistory(found, shell.out);
    return EXIT.done;
  },
});
