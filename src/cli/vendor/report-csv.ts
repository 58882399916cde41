import { isoTime, type UnixMillis } from "../../base/time.ts";
import type { FeatureLine, MeterLine, UsageReport } from "../../vendor/report.ts";
import { seatHours } from "./report-table.ts";

/**
 * The report as one table for spreadsheets: a `feature` row per feature, a `meter` row per meter, and
 * behind each a `denial` row for each of its reasons; cells that do not apply are empty.
 */
export function reportCsv({ features, meters }: UsageReport): string {
  const rows = [
    COLUMNS,
    ...features.flatMap((line) => [featureRow(line), ...denialRows(line, line.feature)]),
    ...meters.flatMap((line) => [meterRow(line), ...denialRows(line, line.meter)]),
  ];
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

const COLUMNS = [
  "kind",
  "site",
  "ledger",
  "period",
  "name",
  "reason",
  "grants",
  "overdraft_grants",
  "seat_hours",
  "seat_ms",
  "peak",
  "denials",
  "records",
  "units",
  "late",
  "borrows",
  "borrowed_until",
  "returned",
  "vendor_released",
];

/** Of rows that are not about a feature. */
const NOTHING_BORROWED = ["", "", "", ""];

type Cell = string | number;

function featureRow(line: FeatureLine): readonly Cell[] {
  const { grants, overdraftGrants, seatMillis, peak } = line;
  const figures = [grants, overdraftGrants, seatHours(seatMillis), seatMillis, peak];
  const { borrows, borrowedUntil, returned, vendorReleased } = line;
  const borrowing = [borrows, isoOrNothing(borrowedUntil), returned, vendorReleased];
  const start = [...leading("feature", line, line.feature), "", ...figures, denied(line)];
  return [...start, "", "", "", ...borrowing];
}

function isoOrNothing(moment: UnixMillis | null): string {
  return moment === null ? "" : isoTime(moment);
}

function denialRows(line: FeatureLine | MeterLine, name: string): readonly (readonly Cell[])[] {
  return line.denials.map(({ reason, count }) => [
    ...leading("denial", line, name),
    reason,
    "",
    "",
    "",
    "",
    "",
    count,
    "",
    "",
    "",
    ...NOTHING_BORROWED,
  ]);
}

function meterRow(line: MeterLine): readonly Cell[] {
  const figures = [line.records, line.units, line.late];
  return [
    ...leading("meter", line, line.meter),
    "",
    "",
    "",
    "",
    "",
    "",
    denied(line),
    ...figures,
    ...NOTHING_BORROWED,
  ];
}

const denied = (line: FeatureLine | MeterLine): number =>
  line.denials.reduce((sum, { count }) => sum + count, 0);

function leading(kind: string, line: FeatureLine | MeterLine, name: string): readonly Cell[] {
  return [kind, line.site, line.chainId, line.period, name];
}

/** RFC 4180; text that a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(value: Cell): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
