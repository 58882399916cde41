import type { ChainId } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { License } from "./license.ts";

/** A ledger begun from a backup, in the place of the one that licenses name, until the vendor has licensed it. */
export interface StandIn {
  /** The ledger that the licenses name. */
  readonly licensed: ChainId;
  /** The machine on which it was begun: 64 hex digits. */
  readonly hostHash: string;
  /** The administrator has declared an emergency: days of use are counted. */
  readonly isEmergency: boolean;
}

/** By which of its terms a license holds for a ledger that stands in for the one it names. */
export type Lending = "standby" | "emergency";

/** Undefined where the license does not hold there. A standby host that it names costs no emergency days. */
export function lendingOf(
  { chainId, terms }: License,
  { licensed, hostHash: begunOn, isEmergency }: StandIn,
  hostHash: string,
): Lending | undefined {
  if (chainId !== licensed) return undefined;
  if (terms.standbyHosts.includes(hostHash)) return "standby";
  // One backup makes one emergency: a copy of the restored folder on a third machine has none.
  return isEmergency && terms.emergencyDays > 0 && hostHash === begunOn ? "emergency" : undefined;
}

/**
 * A license as it holds for a ledger that stands in: nobody borrows, for no license names the ledger that
 * a ticket would be of, and nothing holds beyond `endsAt`.
 */
export function lentLicense(license: License, endsAt: UnixMillis | null): License {
  const { terms } = license;
  const features = terms.features.map((feature) => ({ ...feature, borrow: null }));
  const ends = [terms.notAfter, endsAt].filter((end) => end !== null);
  const notAfter = ends.length === 0 ? null : unixMillis(Math.min(...ends));
  return { ...license, terms: { ...terms, features, notAfter } };
}
