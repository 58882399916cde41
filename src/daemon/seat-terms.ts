import type { SeatTerms, Withholding } from "../seats/terms.ts";
import type { Store } from "../store/database.ts";
import { withheldByClock } from "./clock-policy.ts";
import type { Door } from "./door.ts";
import type { LicenseShelf } from "./license-shelf.ts";
import { type ReportDue, reportsDue, withheldUntilReport } from "./report-due.ts";
import type { SiteTime } from "./site-time.ts";
import type { StandingIn } from "./standing-in.ts";

interface Parts {
  readonly shelf: LicenseShelf;
  readonly store: Store;
  readonly time: SiteTime;
  readonly door: Door;
  readonly vendor: { readonly name: string };
  readonly standingIn: StandingIn | undefined;
}

/** What licenses and site allow at this moment, and what they make seats wait for. */
export function seatTermsNow(parts: Parts): SeatTerms {
  const { pools, tokens, meters } = parts.shelf.refresh(parts.time.now().wall);
  const withheld = [...withheldUntilReport(reportsOf(parts)), ...clockWithholdings(parts)];
  return { pools, tokens, meters, rules: parts.door.rules, withheld };
}

/** What a suspect wall clock makes seats wait for, the soonest first. */
export function clockWithholdings({
  shelf,
  time,
}: Pick<Parts, "shelf" | "time">): readonly Withholding[] {
  return withheldByClock(shelf.licenses, time.trust, time.now().wall);
}

/** When the licenses in force want the next report, the soonest first. */
export function reportsOf({
  shelf,
  store,
  time,
  vendor,
  standingIn,
}: Omit<Parts, "door">): readonly ReportDue[] {
  // What was acknowledged of the ledger that was lost counts for the one that stands in.
  const reportedAt = store.lastReceipt(vendor.name)?.vendorTime ?? standingIn?.note.reportedAt;
  return reportsDue(shelf.licenses, reportedAt, time.now().wall);
}
