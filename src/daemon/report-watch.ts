import { isoTime } from "../base/time.ts";
import type { AdminReport } from "../protocol/admin/status.ts";
import type { DeskCore } from "./desk-core.ts";
import type { NotReady } from "./health.ts";
import { type ReportDue, reportStep } from "./report-due.ts";
import { reportsOf } from "./seat-terms.ts";

const HINT =
  "seatkeeper usage export, send the bundle to the vendor, and import its receipt with seatkeeper usage receipt";

/** What overdue reports lead to, in words. */
const CONSEQUENCES: Readonly<Record<ReportDue["overdue"], string>> = {
  flag: "nothing is withheld",
  no_new_seats: "no new seats are granted",
  no_seats: "no seats are granted or renewed",
};

/** The reports that the licenses want: how near they are, and who has been told. */
export class ReportWatch {
  readonly #core: DeskCore;
  /** Steps that were logged; each once in the life of the daemon. */
  readonly #told = new Set<string>();

  constructor(core: DeskCore) {
    this.#core = core;
  }

  /** The soonest first. */
  get reports(): readonly AdminReport[] {
    const { wall } = this.#core.time.now();
    return reportsOf(this.#core).map((report) => ({
      ...report,
      stage: reportStep(report, wall)?.stage ?? "open",
    }));
  }

  /** Why seats are withheld, if they are. */
  problems(): readonly NotReady[] {
    const { vendor } = this.#core;
    const late = this.reports.filter(
      ({ stage, overdue }) => stage === "overdue" && overdue !== "flag",
    );
    return late.map(({ licenseId, dueAt, overdue }) => ({
      code: "REPORT_OVERDUE",
      reason: `${vendor.name} should have had a usage report by ${isoTime(dueAt)} (license ${licenseId}): ${CONSEQUENCES[overdue]}`,
      hint: HINT,
    }));
  }

  /** Says each step that was reached to the log, once. */
  warn(): void {
    const { log, time, vendor } = this.#core;
    for (const report of reportsOf(this.#core)) {
      const step = reportStep(report, time.now().wall);
      if (step === undefined) continue;
      const { licenseId, dueAt, overdueAt, overdue } = report;
      const name = `${licenseId} ${step.since}`;
      if (this.#told.has(name)) continue;
      this.#told.add(name);
      log.warn(step.stage === "overdue" ? "report.overdue" : "report.due", {
        vendor: vendor.name,
        licenseId,
        dueAt: isoTime(dueAt),
        overdueAt: isoTime(overdueAt),
        consequence: CONSEQUENCES[overdue],
        hint: HINT,
      });
    }
  }
}
