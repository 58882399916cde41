import { isoTime } from "../../base/time.ts";
import type {
  DenialCount,
  FeatureLine,
  MeterLine,
  ReportQuery,
  UsageReport,
} from "../../vendor/report.ts";
import type { Output } from "../shared/output.ts";
import type { Column } from "../shared/table.ts";

/** The report for people: features, then meters. */
export function printReport(report: UsageReport, { by }: ReportQuery, out: Output): void {
  if (report.features.length + report.meters.length === 0) {
    return out.note("no usage was reported for this time");
  }
  const withPeriod = by !== "total";
  if (report.features.length > 0) printFeatures(report.features, withPeriod, out);
  printBorrows(report.features, withPeriod, out);
  if (report.features.length > 0 && report.meters.length > 0) out.line();
  if (report.meters.length > 0) printMeters(report.meters, withPeriod, out);
}

/** Lists of named users have columns where one was changed. */
function printFeatures(lines: readonly FeatureLine[], withPeriod: boolean, out: Output): void {
  const withNames = lines.some(({ named, unnamed }) => named + unnamed > 0);
  const figures = [...FEATURE_FIGURES, ...(withNames ? ["named", "unnamed"] : []), "denials"];
  out.table(
    [...leading(withPeriod), { title: "feature" }, ...rightAligned(figures), DENIALS],
    lines.map((line) => [...whoAndWhen(line, withPeriod), ...featureCells(line, withNames)]),
  );
}

/** Refunds have columns where there was one. */
function printMeters(lines: readonly MeterLine[], withPeriod: boolean, out: Output): void {
  const withRefunds = lines.some(({ refunds }) => refunds > 0);
  const refunds = withRefunds ? ["refunds", "refunded", "net"] : [];
  const figures = [...METER_FIGURES, ...refunds, "denials"];
  out.table(
    [...leading(withPeriod), { title: "meter" }, ...rightAligned(figures), DENIALS],
    lines.map((line) => [...whoAndWhen(line, withPeriod), ...meterCells(line, withRefunds)]),
  );
}

/** Only where something was borrowed: most features never are. */
function printBorrows(features: readonly FeatureLine[], withPeriod: boolean, out: Output): void {
  const borrowed = features.filter(
    ({ borrows, returned, vendorReleased }) => borrows + returned + vendorReleased > 0,
  );
  if (borrowed.length === 0) return;
  out.line();
  out.table(
    [...leading(withPeriod), { title: "feature" }, ...rightAligned(BORROW_FIGURES)],
    borrowed.map((line) => [...whoAndWhen(line, withPeriod), ...borrowCells(line)]),
  );
}

/** Seat hours with two decimals, as they are billed. */
export function seatHours(seatMillis: number): number {
  return Math.round(seatMillis / 36_000) / 100;
}

const FEATURE_FIGURES = ["grants", "overdraft", "seat hours", "peak"];
const BORROW_FIGURES = ["borrowed", "until at the latest", "returned", "given up"];
const METER_FIGURES = ["records", "units", "late"];
const DENIALS: Column = { title: "why denied" };

function leading(withPeriod: boolean): readonly Column[] {
  const period = withPeriod ? [{ title: "period" }] : [];
  return [{ title: "site" }, { title: "ledger" }, ...period];
}

const rightAligned = (titles: readonly string[]): readonly Column[] =>
  titles.map((title) => ({ title, align: "right" }));

function whoAndWhen(line: FeatureLine | MeterLine, withPeriod: boolean): readonly string[] {
  const period = withPeriod ? [line.period] : [];
  return [nameOf(line), line.chainId.slice(0, 8), ...period];
}

/** Old invoices bear the old names. */
function nameOf({ site, formerNames }: FeatureLine | MeterLine): string {
  return formerNames.length === 0 ? site : `${site} (was ${formerNames.join(", ")})`;
}

function featureCells(line: FeatureLine, withNames: boolean): readonly string[] {
  const figures = [line.grants, line.overdraftGrants, seatHours(line.seatMillis).toFixed(2)];
  const counts = [...figures, line.peak, ...(withNames ? [line.named, line.unnamed] : [])];
  return [line.feature, ...counts.map(String), ...denialCells(line.denials)];
}

function borrowCells(line: FeatureLine): readonly string[] {
  const until = line.borrowedUntil === null ? "" : isoTime(line.borrowedUntil);
  return [
    line.feature,
    String(line.borrows),
    until,
    String(line.returned),
    String(line.vendorReleased),
  ];
}

function meterCells(line: MeterLine, withRefunds: boolean): readonly string[] {
  const used = [line.records, line.units, line.late];
  const returned = withRefunds ? [line.refunds, line.refundedUnits, line.netUnits] : [];
  return [line.meter, ...[...used, ...returned].map(String), ...denialCells(line.denials)];
}

/** How many, and why. */
function denialCells(denials: readonly DenialCount[]): readonly string[] {
  const denied = denials.reduce((sum, { count }) => sum + count, 0);
  return [String(denied), denials.map(({ reason, count }) => `${reason} ${count}`).join(", ")];
}
