import type { FeatureLine, MeterLine, ReportQuery, UsageReport } from "../../vendor/report.ts";
import type { Output } from "../shared/output.ts";
import type { Column } from "../shared/table.ts";

/** The report for people: features, then meters. */
export function printReport(report: UsageReport, { by }: ReportQuery, out: Output): void {
  if (report.features.length + report.meters.length === 0) {
    return out.note("no usage was reported for this time");
  }
  const withPeriod = by !== "total";
  if (report.features.length > 0) {
    out.table(
      [...leading(withPeriod), { title: "feature" }, ...rightAligned(FEATURE_FIGURES), DENIALS],
      report.features.map((line) => [...whoAndWhen(line, withPeriod), ...featureCells(line)]),
    );
  }
  if (report.features.length > 0 && report.meters.length > 0) out.line();
  if (report.meters.length > 0) {
    out.table(
      [...leading(withPeriod), { title: "meter" }, ...rightAligned(["records", "units", "late"])],
      report.meters.map((line) => [...whoAndWhen(line, withPeriod), ...meterCells(line)]),
    );
  }
}

/** Seat hours with two decimals, as they are billed. */
export function seatHours(seatMillis: number): number {
  return Math.round(seatMillis / 36_000) / 100;
}

const FEATURE_FIGURES = ["grants", "overdraft", "seat hours", "peak", "denials"];
const DENIALS: Column = { title: "why denied" };

function leading(withPeriod: boolean): readonly Column[] {
  const period = withPeriod ? [{ title: "period" }] : [];
  return [{ title: "site" }, { title: "ledger" }, ...period];
}

const rightAligned = (titles: readonly string[]): readonly Column[] =>
  titles.map((title) => ({ title, align: "right" }));

function whoAndWhen(line: FeatureLine | MeterLine, withPeriod: boolean): readonly string[] {
  const period = withPeriod ? [line.period] : [];
  return [line.site, line.chainId.slice(0, 8), ...period];
}

function featureCells(line: FeatureLine): readonly string[] {
  const denied = line.denials.reduce((sum, { count }) => sum + count, 0);
  const figures = [line.grants, line.overdraftGrants, seatHours(line.seatMillis).toFixed(2)];
  const reasons = line.denials.map(({ reason, count }) => `${reason} ${count}`).join(", ");
  return [line.feature, ...figures.map(String), String(line.peak), String(denied), reasons];
}

function meterCells({ meter, records, units, late }: MeterLine): readonly string[] {
  return [meter, String(records), String(units), String(late)];
}
