import { isoTime, type UnixMillis } from "../base/time.ts";
import type { License } from "../license/license.ts";
import { isInForce, startOf } from "../license/license-checks.ts";
import { isRevoked } from "../license/revocation-checks.ts";
import type { AdminAuditor, AdminVendor } from "../protocol/admin/status.ts";
import type { Attendance } from "./attendance.ts";
import { auditorsOf } from "./auditors.ts";
import type { DeskCore } from "./desk-core.ts";
import { type Expiry, expiriesOf, GivenWarnings } from "./expiries.ts";
import type { NotReady } from "./health.ts";
import type { ShelvedLicense } from "./license-shelf.ts";
import { EMERGENCY_OVER, type StandInWatch } from "./stand-in-watch.ts";

/** What administrator and clients should know of the licenses: ends, revocations, who may read. */
export class LicenseWatch {
  readonly #core: DeskCore;
  readonly #attendance: Attendance;
  readonly #standIn: StandInWatch;
  readonly #warnings: GivenWarnings = new GivenWarnings();

  constructor(core: DeskCore, attendance: Attendance, standIn: StandInWatch) {
    this.#core = core;
    this.#attendance = attendance;
    this.#standIn = standIn;
  }

  /** What of the licenses ends soon. */
  get expiries(): readonly Expiry[] {
    const { shelf, time } = this.#core;
    return expiriesOf(shelf.licenses, time.now().wall);
  }

  /** Installed licenses that the vendor no longer stands by. */
  get revoked(): AdminVendor["revoked"] {
    return this.#core.shelf.all.flatMap((shelved) => {
      if (shelved.kind !== "refused" || !isRevoked(shelved.problem)) return [];
      const { code, message } = shelved.problem;
      return [{ licenseId: shelved.file.replace(/\.sklic$/, ""), code, message }];
    });
  }

  /** Who else reads this ledger. */
  get auditors(): readonly AdminAuditor[] {
    return auditorsOf(this.#core);
  }

  /** Why no seat can be granted at present, as far as that is the licenses' doing. */
  problems(): readonly NotReady[] {
    const { shelf, time } = this.#core;
    return [
      ...this.#lacking(shelf.licenses, time.now().wall),
      // What the vendor has revoked is as it should be: it keeps nobody from being served.
      ...shelf.all.flatMap((entry) =>
        entry.kind === "refused" && !isRevoked(entry.problem) ? [problemOf(entry)] : [],
      ),
    ];
  }

  /** Says once what has come near its end: to the log, and to everybody who is connected. */
  warnOfExpiries(): void {
    const { log, vendor } = this.#core;
    for (const expiry of this.#warnings.fresh(this.expiries)) {
      const { licenseId, names, endsAt, graceUntil } = expiry;
      log.warn("license.expiring", {
        vendor: vendor.name,
        licenseId,
        names,
        endsAt: isoTime(endsAt),
        graceUntil: graceUntil === null ? undefined : isoTime(graceUntil),
      });
      for (const listener of this.#attendance.everybody()) listener.licenseExpiring(expiry);
    }
  }

  /** Says which licenses are revoked. */
  warnOfRevocations(): void {
    const { log, vendor } = this.#core;
    const hint = "ask the vendor for another license";
    for (const { licenseId, code, message } of this.revoked) {
      log.warn("license.revoked", { vendor: vendor.name, licenseId, code, reason: message, hint });
    }
  }

  /** Says that the auditor whom the site has named cannot read here, if so. */
  warnOfAuditor(): void {
    const refused = this.auditors.find(({ state }) => state === "not-allowed");
    if (refused === undefined) return;
    const { log, vendor } = this.#core;
    const hint = "ask the vendor for a license with auditor_allowed";
    log.warn("auditor.not-allowed", { vendor: vendor.name, auditor: refused.keyId, hint });
  }

  /** Why no license grants anything at present. */
  #lacking(licenses: readonly License[], now: UnixMillis): readonly NotReady[] {
    if (licenses.some((license) => isInForce(license, now))) return [];
    const { name } = this.#core.vendor;
    return [this.#standIn.isOver ? EMERGENCY_OVER : noneInForce(name, licenses, now)];
  }
}

/** Some may be installed all the same, for later, or be over. */
function noneInForce(vendor: string, licenses: readonly License[], now: UnixMillis): NotReady {
  const first = licenses
    .flatMap((license) => startOf(license, now) ?? [])
    .toSorted((one, other) => one - other)[0];
  const later = first === undefined ? "" : `; the next starts on ${isoTime(first)}`;
  return {
    code: "NO_LICENSE",
    reason: `no license of ${vendor} is in force${later}`,
    hint: "install one with seatkeeper license install",
  };
}

function problemOf({ file, problem }: Extract<ShelvedLicense, { kind: "refused" }>): NotReady {
  return { code: problem.code, reason: `${file}: ${problem.message}`, hint: problem.hint };
}
