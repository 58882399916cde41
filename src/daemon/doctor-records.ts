import { days, isoTime, minutes, type UnixMillis } from "../base/time.ts";
import { isInForce } from "../license/license-checks.ts";
import type { AdminStatus } from "../protocol/admin/status.ts";
import { type Finding, ok, problem, warning } from "./doctor-finding.ts";
import { expiriesOf } from "./expiries.ts";
import type { LicenseShelf } from "./license-shelf.ts";

// What a site has on record: licenses, times, backups. Each check judges a fact.

const SOON = days(30);

const daysTo = (from: UnixMillis, to: UnixMillis): number => Math.floor((to - from) / days(1));

/** @param endsAt undefined over plaintext. */
export function certificateFinding(endsAt: UnixMillis | undefined, now: UnixMillis): Finding {
  if (endsAt === undefined) {
    const remedy = "set tls.mode in the configuration; what clients say can be read on the network";
    return warning("certificate", "there is none: connections are not encrypted", remedy);
  }
  const remedy = "put renewed files in place and run seatkeeper reload";
  if (endsAt <= now) return problem("certificate", `it ended on ${isoTime(endsAt)}`, remedy);
  const text = `it ends on ${isoTime(endsAt)}`;
  return endsAt - now < SOON ? warning("certificate", text, remedy) : ok("certificate", text);
}

const RENEW = "send the file of seatkeeper license request to the vendor, and install the answer";

export function licenseFindings(
  vendor: string,
  shelf: Pick<LicenseShelf, "all" | "licenses">,
  now: UnixMillis,
): readonly Finding[] {
  const refused = shelf.all.flatMap((each) =>
    each.kind === "refused"
      ? [
          problem(
            "license",
            `${vendor} ${each.file}: ${each.problem.message}`,
            each.problem.hint ?? RENEW,
          ),
        ]
      : [],
  );
  const inForce = shelf.licenses.filter((license) => isInForce(license, now));
  const ends = expiriesOf(shelf.licenses, now).map(({ licenseId, names, endsAt }) =>
    warning(
      "license",
      `${names.join(", ")} of license ${licenseId} ends on ${isoTime(endsAt)}`,
      RENEW,
    ),
  );
  if (inForce.length === 0) {
    return [...refused, problem("license", `no license of ${vendor} is in force`, RENEW)];
  }
  const sound = refused.length + ends.length === 0;
  const text = `${vendor}: ${inForce.length} in force, and none ends within 30 days`;
  return [...refused, ...ends, ...(sound ? [ok("license", text)] : [])];
}

const SET_CLOCK = "set the clock of the machine right; a receipt of the vendor confirms it at once";

/** What the daemon tells of the clock. */
export function clockFinding({ suspect, believed }: AdminStatus["clock"]): Finding {
  if (suspect === null) return ok("clock", "the time of day is believed");
  const text = `not believed since ${isoTime(suspect.since)}: ${isoTime(believed)} is instead`;
  return problem("clock", text, SET_CLOCK);
}

/** What the site's record tells of the clock while no daemon watches it. */
export function recordedClockFinding(
  record: { readonly highWater: UnixMillis; readonly suspectSince: UnixMillis | null } | undefined,
  now: UnixMillis,
): Finding {
  if (record === undefined) return ok("clock", "no daemon has run here yet");
  const { highWater, suspectSince } = record;
  if (suspectSince !== null) {
    return problem("clock", `it was not believed since ${isoTime(suspectSince)}`, SET_CLOCK);
  }
  if (now < highWater - minutes(1)) {
    const text = `it shows ${isoTime(now)}, and it was ${isoTime(highWater)} already`;
    return problem("clock", text, SET_CLOCK);
  }
  return ok("clock", `it goes on from ${isoTime(highWater)}, the last time on record`);
}

/** A week of new licenses, receipts and tokens is what one would not want to lose. */
const OLD = days(7);

export function backupFinding(madeAt: UnixMillis | undefined, now: UnixMillis): Finding {
  const remedy = "seatkeeper backup --out FILE, every night, to another machine";
  if (madeAt === undefined) return warning("backup", "none was ever made and read back", remedy);
  const text = `the newest that was read back is of ${isoTime(madeAt)}`;
  if (now - madeAt <= OLD) return ok("backup", text);
  return warning("backup", `${text}, ${daysTo(madeAt, now)} days ago`, remedy);
}

/** How the running daemon is doing; undefined for one that does not run. */
export function daemonFindings(status: AdminStatus | undefined): readonly Finding[] {
  if (status === undefined) {
    return [
      warning("daemon", "it does not run", "systemctl start seatkeeper, or seatkeeper serve"),
    ];
  }
  if (status.ready) return [ok("daemon", `${status.version} serves ${status.connections} clients`)];
  return status.problems.map(({ code, message, hint }) =>
    problem("daemon", `${code}: ${message}`, hint ?? "docs/ERRORS.md has a heading for the code"),
  );
}
