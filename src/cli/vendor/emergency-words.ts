import { isoTime } from "../../base/time.ts";
import type { EmergencyUse } from "../../vendor/emergency.ts";
import type { Output } from "../shared/output.ts";

/** How an emergency went, in one line. */
export function emergencyWords({ chainId, since, days, license }: EmergencyUse): string {
  const begun = `by ledger ${chainId} since ${isoTime(since)}`;
  if (license === null) return `${dayCount(days)} ${begun}, under a license that is not on record`;
  const { licenseId, allowed, used } = license;
  return `${days} of ${dayCount(allowed)} ${begun} (license ${licenseId}; ${used} used in all)`;
}

/** Tells on stderr what asks for a word with the site. */
export function warnOfEmergency({ chainId, days, license }: EmergencyUse, out: Output): void {
  if (license === null) {
    out.warn(`ledger ${chainId} used ${dayCount(days)} of an emergency that no license here gives`);
    return;
  }
  const { used, allowed, lostSealedAt, chainId: lost } = license;
  if (used > allowed) {
    out.warn(`${dayCount(used)} of emergency were used, and the license gives ${allowed}`);
  }
  if (lostSealedAt !== null) {
    out.warn(
      `ledger ${lost}, which was given up for lost, has sealed until ${isoTime(lostSealedAt)}: it served beside ${chainId}, or again`,
    );
  }
}

const dayCount = (count: number): string => `${count} ${count === 1 ? "day" : "days"}`;
