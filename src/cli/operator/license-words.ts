import { isoTime, type UnixMillis, unixMillis } from "../../base/time.ts";
import { USUAL_LEASE_TIME } from "../../license/feature-terms.ts";
import { USUAL_LATE_LIMIT } from "../../license/meter-terms.ts";
import type {
  AdminLicense,
  AdminLicenseFeature,
  AdminLicenseMeter,
} from "../../protocol/admin/licenses.ts";
import type { Output } from "../shared/output.ts";
import { counted, spanInWords } from "./words.ts";

/** An installed license for people: what it gives, from when, until when. */
export function describeLicense(out: Output, installed: AdminLicense): void {
  out.line(`${installed.licenseId}  ${stateWords(out, installed)}`);
  out.line(`  vendor   ${installed.vendor}`);
  // Nothing in a file that does not verify is repeated.
  if (installed.site === "") return;
  out.line(`  site     ${installed.site}`);
  out.line(`  issued   ${isoTime(installed.issuedAt)}`);
  for (const feature of installed.features) {
    out.line(`  feature  ${featureWords(feature)}`);
    const special = specialTerms(feature);
    if (special.length > 0) out.line(`           ${special.join(", ")}`);
  }
  for (const { pool, tokens } of installed.pools) {
    out.line(`  pool     ${pool}: ${counted(tokens, "token")}`);
  }
  for (const meter of installed.meters) out.line(`  meter    ${meterWords(meter)}`);
}

function stateWords(out: Output, { state, problem }: AdminLicense): string {
  switch (state) {
    case "in-force":
      return out.paint("green", "in force");
    case "not-started":
      return out.paint("yellow", "not started");
    case "ended":
      return out.paint("red", "ended");
    case "refused":
      return out.paint("red", problem);
  }
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

/** What differs from terms that leave it out. */
function specialTerms(given: AdminLicenseFeature): readonly string[] {
  const { versionMax, maintenanceUntil, share, tokens, overdraftSeats, namedUsers } = given;
  return [
    ...(versionMax === null ? [] : [`versions up to ${versionMax}`]),
    ...(maintenanceUntil === null ? [] : [`maintenance to ${lastDay(maintenanceUntil)}`]),
    ...(share === "none" ? [] : [`one seat per ${share.replace("+", " and ")}`]),
    ...(tokens === null ? [] : [`${counted(tokens.cost, "token")} of ${tokens.pool} a seat`]),
    ...(overdraftSeats === 0 ? [] : [`overdraft of ${counted(overdraftSeats, "seat")}`]),
    ...(namedUsers === null ? [] : [namedUserWords(namedUsers)]),
    ...timesOfSeats(given),
    ...(given.releaseOnDisconnect ? ["free when the connection breaks"] : []),
  ];
}

function timesOfSeats(given: AdminLicenseFeature): readonly string[] {
  const { lingerMs, minLeaseMs, leaseTimeMs, offlineGraceMs } = given;
  return [
    ...(lingerMs === 0 ? [] : [`lingers ${spanInWords(lingerMs)}`]),
    ...(minLeaseMs === 0 ? [] : [`lasts at least ${spanInWords(minLeaseMs)}`]),
    ...(leaseTimeMs === USUAL_LEASE_TIME ? [] : [`lease time ${spanInWords(leaseTimeMs)}`]),
    ...(offlineGraceMs === 0 ? [] : [`offline for at most ${spanInWords(offlineGraceMs)}`]),
  ];
}

function namedUserWords(terms: NonNullable<AdminLicenseFeature["namedUsers"]>): string {
  return `${counted(terms.max, "named user")}, ${counted(terms.changesPerMonth, "change")} a month`;
}

function meterWords(given: AdminLicenseMeter): string {
  const { meter, unit, period, quota, overdraft, lateLimitMs, refunds } = given;
  const limit =
    quota === null
      ? `no quota (${unit})`
      : `${quota} (${unit})${period === "total" ? "" : ` a ${period}`}`;
  return [
    `${meter}: ${limit}`,
    ...(overdraft === "deny" || quota === null ? [] : ["more is counted too"]),
    ...(refunds ? ["refunds"] : []),
    ...(lateLimitMs === USUAL_LATE_LIMIT ? [] : [`late by at most ${spanInWords(lateLimitMs)}`]),
  ].join(", ");
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
