import { isoTime, type UnixMillis } from "../../base/time.ts";
import type { FeatureLine, MeterLine, UsageReport } from "../../vendor/report.ts";
import { type CsvCell, csvLines } from "../shared/csv.ts";
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
  return csvLines(rows);
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
  "refunds",
  "refunded_units",
  "net_units",
  "named",
  "unnamed",
];

// Cells of the columns that a row has nothing to say in.
const NO_SEATS = ["", "", "", "", ""] as const;
const NO_USE = ["", "", ""] as const;
const NOTHING_BORROWED = ["", "", "", ""] as const;
const NO_REFUNDS = ["", "", ""] as const;
const NO_NAMES = ["", ""] as const;

function featureRow(line: FeatureLine): readonly CsvCell[] {
  const { grants, overdraftGrants, seatMillis, peak, named, unnamed } = line;
  const figures = [grants, overdraftGrants, seatHours(seatMillis), seatMillis, peak];
  const { borrows, borrowedUntil, returned, vendorReleased } = line;
  const borrowing = [borrows, isoOrNothing(borrowedUntil), returned, vendorReleased];
  const start = [...leading("feature", line, line.feature), "", ...figures, denied(line)];
  return [...start, ...NO_USE, ...borrowing, ...NO_REFUNDS, named, unnamed];
}

function isoOrNothing(moment: UnixMillis | null): string {
  return moment === null ? "" : isoTime(moment);
}

function denialRows(line: FeatureLine | MeterLine, name: string): readonly (readonly CsvCell[])[] {
  return line.denials.map(({ reason, count }) => [
    ...leading("denial", line, name),
    reason,
    ...NO_SEATS,
    count,
    ...NO_USE,
    ...NOTHING_BORROWED,
    ...NO_REFUNDS,
    ...NO_NAMES,
  ]);
}

function meterRow(line: MeterLine): readonly CsvCell[] {
  const used = [line.records, line.units, line.late];
  const returned = [line.refunds, line.refundedUnits, line.netUnits];
  const start = [...leading("meter", line, line.meter), "", ...NO_SEATS, denied(line)];
  return [...start, ...used, ...NOTHING_BORROWED, ...returned, ...NO_NAMES];
}

const denied = (line: FeatureLine | MeterLine): number =>
  line.denials.reduce((sum, { count }) => sum + count, 0);

function leading(kind: string, line: FeatureLine | MeterLine, name: string): readonly CsvCell[] {
  return [kind, line.site, line.chainId, line.period, name];
}
