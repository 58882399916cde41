import { days, type Millis, type UnixMillis, unixMillis } from "../base/time.ts";
import type { License } from "../license/license.ts";
import { isInForce, validitiesOf } from "../license/license-checks.ts";
import type { ReportTerms, Terms } from "../license/terms.ts";
import type { Withholding } from "../seats/terms.ts";

/** When a license wants the next report of what was used, and what hangs on it. */
export interface ReportDue {
  readonly licenseId: string;
  /** The vendor's time from which the days count. */
  readonly since: UnixMillis;
  /** The vendor should have it before this moment. */
  readonly dueAt: UnixMillis;
  /** From this moment on `overdue` happens. */
  readonly overdueAt: UnixMillis;
  readonly overdue: ReportTerms["overdue"];
}

/** How near it is: `soon` a week before, `due` in its grace. */
type ReportStage = "soon" | "due" | "overdue";

/**
 * What the licenses that hold at `now` want, the soonest first. The time runs from the vendor's word
 * alone: its newest receipt, or where that is older the license, or its start. So neither a receipt that
 * is kept back for later nor a clock makes it longer.
 * @param reportedAt the vendor's time in its newest receipt.
 */
export function reportsDue(
  licenses: readonly License[],
  reportedAt: UnixMillis | undefined,
  now: UnixMillis,
): readonly ReportDue[] {
  return licenses
    .filter((license) => isInForce(license, now))
    .flatMap(({ licenseId, issuedAt, terms }) => {
      const { report } = terms;
      if (report === null) return [];
      const since = unixMillis(Math.max(issuedAt, firstStart(terms), reportedAt ?? 0));
      const dueAt = unixMillis(since + days(report.intervalDays));
      const overdueAt = unixMillis(dueAt + days(report.graceDays));
      return [{ licenseId, since, dueAt, overdueAt, overdue: report.overdue }];
    })
    .toSorted((one, other) => one.overdueAt - other.overdueAt);
}

/** What seats wait for, now or from a moment on. */
export function withheldUntilReport(reports: readonly ReportDue[]): readonly Withholding[] {
  return reports.flatMap(({ overdue, overdueAt }): readonly Withholding[] => {
    if (overdue === "flag") return [];
    const seats = overdue === "no_seats" ? "all" : "new";
    return [{ reason: "REPORT_OVERDUE", from: overdueAt, seats }];
  });
}

/** A step that was reached, and after which the next warning is another one. */
export interface ReportStep {
  readonly stage: ReportStage;
  /** When it was reached. */
  readonly since: UnixMillis;
}

/** The newest step that was reached; undefined long before. */
export function reportStep(report: ReportDue, now: UnixMillis): ReportStep | undefined {
  return stepsOf(report)
    .filter(({ since }) => since <= now)
    .at(-1);
}

/** Before the report is due, and before it is overdue. */
const WEEK: Millis = days(7);
const DAY: Millis = days(1);

/** In the order of time. Short intervals and graces have fewer: nobody is warned in the first half. */
function stepsOf({ since: from, dueAt, overdueAt }: ReportDue): readonly ReportStep[] {
  const half = (from + dueAt) / 2;
  const steps: readonly ReportStep[] = [
    { stage: "soon", since: before(dueAt, WEEK) },
    { stage: "soon", since: before(dueAt, DAY) },
    { stage: "due", since: dueAt },
    { stage: "due", since: before(overdueAt, WEEK) },
    { stage: "due", since: before(overdueAt, DAY) },
    { stage: "overdue", since: overdueAt },
  ];
  return steps.filter(({ stage, since }) => {
    if (stage === "soon") return since >= half;
    return stage === "overdue" || (since >= dueAt && since < overdueAt);
  });
}

const before = (moment: UnixMillis, span: Millis): UnixMillis =>
  unixMillis(Math.max(0, moment - span));

/** When anything in the license begins; 0 for always. */
function firstStart(terms: Terms): number {
  return Math.min(...validitiesOf(terms).map(({ startsAt }) => startsAt ?? 0));
}
