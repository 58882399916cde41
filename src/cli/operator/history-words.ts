import type {
  AdminHistory,
  AdminHistoryFeature,
  AdminHistoryRow,
} from "../../protocol/admin/history.ts";
import type { Output } from "../shared/output.ts";
import { denied } from "./history-csv.ts";
import { counted, seatHours, spanInWords } from "./words.ts";

const COLUMNS = [
  { title: "period" },
  { title: "feature" },
  { title: "peak", align: "right" },
  { title: "seats", align: "right" },
  { title: "grants", align: "right" },
  { title: "denied", align: "right" },
  { title: "waited", align: "right" },
  { title: "gave up", align: "right" },
  { title: "longest wait", align: "right" },
  { title: "seat hours", align: "right" },
] as const;

/** A history for people: a table, or a map of the week, and what it says about the number of seats. */
export function printHistory(history: AdminHistory, out: Output): void {
  const { by, rows, features } = history;
  if (by === "weekday-hour") for (const feature of features) printWeek(feature, rows, out);
  else out.table(COLUMNS, rows.map(cells));
  if (features.length > 0 && by !== "weekday-hour") out.line();
  for (const feature of features) out.line(sizing(feature));
}

function cells(row: AdminHistoryRow): readonly string[] {
  const { period, feature, peak, licensed, grants, waits, gaveUp, longestWaitMs, seatMillis } = row;
  const figures = [peak, licensed, grants, denied(row), waits, gaveUp].map(String);
  return [period, feature, ...figures, spanInWords(longestWaitMs), seatHours(seatMillis)];
}

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

/** Tenths of the seats at the peak of each hour of the week; `!` where somebody was denied or gave up. */
function printWeek(
  { vendor, feature }: AdminHistoryFeature,
  rows: readonly AdminHistoryRow[],
  out: Output,
): void {
  const own = rows.filter((row) => row.vendor === vendor && row.feature === feature);
  const at = new Map(own.map((row) => [row.period, row]));
  out.line(out.paint("bold", `${feature}, seats in use at the peak in tenths of the license`));
  out.line(`     ${HOURS.join(" ")}`);
  for (const [index, weekday] of WEEKDAYS.entries()) {
    const shades = HOURS.map((hour) => shade(at.get(`${index} ${hour}`)).padStart(2));
    out.line(`${weekday}  ${shades.join(" ")}`.trimEnd());
  }
  out.line("     . none in use, ! somebody was denied or gave up");
  out.line();
}

function shade(row: AdminHistoryRow | undefined): string {
  if (row === undefined) return ".";
  if (denied(row) + row.gaveUp > 0) return "!";
  if (row.peak === 0) return ".";
  return row.licensed === 0 ? "+" : String(Math.max(1, Math.round((10 * row.peak) / row.licensed)));
}

/** Days of history below which nothing is advised: a week has working days and others. */
const ENOUGH_DAYS = 14;

/** What the history says about the number of seats; advice only where it bears it. */
function sizing(one: AdminHistoryFeature): string {
  const { feature, peak, licensed, days, daysInVain, daysWaited } = one;
  const most = `${feature}: at most ${peak} of ${counted(licensed, "seat")} in use`;
  const trouble = [
    ...(daysInVain > 0 ? [`asked for in vain on ${daysInVain}`] : []),
    ...(daysWaited > 0 ? [`waited for on ${daysWaited}`] : []),
  ];
  const found =
    trouble.length === 0
      ? `nobody lacked one in ${counted(days, "day")}`
      : `${trouble.join(", ")} of ${counted(days, "day")}`;
  return `${most}; ${found}${advice(one)}`;
}

function advice({ peak, licensed, days, daysInVain, daysWaited }: AdminHistoryFeature): string {
  if (days < ENOUGH_DAYS) return "; too few days to advise";
  const unused = licensed - peak;
  if (daysInVain > 0) return "; more seats would have been used";
  if (unused <= 0 || daysWaited > 0) return "";
  return `; ${counted(unused, "seat")} never needed`;
}
