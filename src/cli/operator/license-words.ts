import { isoTime, type UnixMillis, unixMillis } from "../../base/time.ts";
import type {
  AdminLicense,
  AdminLicenseFeature,
  AdminLicenseMeter,
} from "../../protocol/admin/licenses.ts";
import type { Output } from "../shared/output.ts";
import { counted } from "./words.ts";

/** An installed license for people: what it gives, from when, until when. */
export function describeLicense(out: Output, installed: AdminLicense): void {
  const state =
    installed.problem === "" ? out.paint("green", "in force") : out.paint("red", installed.problem);
  out.line(`${installed.licenseId}  ${state}`);
  out.line(`  vendor   ${installed.vendor}`);
  // Nothing in a file that does not verify is repeated.
  if (installed.site === "") return;
  out.line(`  site     ${installed.site}`);
  out.line(`  issued   ${isoTime(installed.issuedAt)}`);
  for (const feature of installed.features) out.line(`  feature  ${featureWords(feature)}`);
  for (const meter of installed.meters) out.line(`  meter    ${meterWords(meter)}`);
}

function featureWords(given: AdminLicenseFeature): string {
  const { feature, seats, startsAt, endsAt, graceUntil, borrow } = given;
  return [
    `${feature}: ${counted(seats, "seat")}`,
    ...(startsAt === null ? [] : [`from ${firstDay(startsAt)}`]),
    ...(endsAt === null ? [] : [`to ${lastDay(endsAt)}`]),
    ...(graceUntil === null ? [] : [`grace to ${lastDay(graceUntil)}`]),
    ...(borrow === null
      ? []
      : [`${borrow.seats} to borrow for at most ${counted(borrow.days, "day")}`]),
  ].join(", ");
}

function meterWords({ meter, unit, period, quota }: AdminLicenseMeter): string {
  if (quota === null) return `${meter}: no quota (${unit})`;
  return `${meter}: ${quota} (${unit})${period === "total" ? "" : ` a ${period}`}`;
}

const DAY = 86_400_000;

/** The day alone where it begins at midnight of UTC, as terms are written. */
function firstDay(moment: UnixMillis): string {
  return moment % DAY === 0 ? isoTime(moment).slice(0, 10) : isoTime(moment);
}

/** The last day that is included; what ends within a day is told to the millisecond. */
function lastDay(end: UnixMillis): string {
  return end % DAY === 0 ? isoTime(unixMillis(end - DAY)).slice(0, 10) : isoTime(end);
}
