import type { AdminHistoryRow } from "../../protocol/admin/history.ts";
import { type CsvCell, csvLines } from "../shared/csv.ts";

const COLUMNS = [
  "kind",
  "vendor",
  "period",
  "feature",
  "reason",
  "denials",
  "peak",
  "licensed",
  "overdraft_peak",
  "queue_peak",
  "grants",
  "overdraft_grants",
  "seat_ms",
  "waits",
  "gave_up",
  "waited_ms",
  "longest_wait_ms",
];

/**
 * The history as one table for spreadsheets: a `feature` row per period and feature, and behind it a
 * `denial` row for each of its reasons, whose other cells are empty.
 */
export function historyCsv(rows: readonly AdminHistoryRow[]): string {
  return csvLines([COLUMNS, ...rows.flatMap((row) => [featureCells(row), ...denialCells(row)])]);
}

function featureCells(row: AdminHistoryRow): readonly CsvCell[] {
  const { peak, licensed, overdraftPeak, queuePeak, grants, overdrafts, seatMillis } = row;
  const { waits, gaveUp, waitedMs, longestWaitMs } = row;
  const seats = [peak, licensed, overdraftPeak, queuePeak, grants, overdrafts, seatMillis];
  return [
    ...leading("feature", row),
    "",
    denied(row),
    ...seats,
    waits,
    gaveUp,
    waitedMs,
    longestWaitMs,
  ];
}

function denialCells(row: AdminHistoryRow): readonly (readonly CsvCell[])[] {
  return Object.entries(row.denials).map(([reason, count]) => [
    ...leading("denial", row),
    reason,
    count,
    ...COLUMNS.slice(6).map(() => ""),
  ]);
}

const leading = (
  kind: string,
  { vendor, period, feature }: AdminHistoryRow,
): readonly CsvCell[] => [kind, vendor, period, feature];

/** For all reasons together. */
export const denied = ({ denials }: AdminHistoryRow): number =>
  Object.values(denials).reduce((sum, count) => sum + count, 0);
