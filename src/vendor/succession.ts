import type { Database } from "better-sqlite3";
import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Predecessor } from "../ledger/payload.ts";
import { claimOfDaemonKey, readDaemonKeyCertificate } from "../license/daemon-key.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { chainOrigin } from "../note/checkpoint.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { type ActivationRecord, findActivation } from "./activations.ts";
import { type EarlierLicenses, earlierLicenses } from "./holdings.ts";

/** What a new ledger says of the one before it, and what the vendor knows of that one. */
export interface SucceededLedger {
  readonly chainId: ChainId;
  /** Blocks it had when the site lost it, by the site's word. */
  readonly size: number;
  /** Blocks the vendor has acknowledged; undefined for a ledger that is not on record. */
  readonly acknowledged: number | undefined;
  /** Whether both are of one site: a site cannot end the ledger of another. */
  readonly isSameSite: boolean;
  /** How that is known. */
  readonly daemonKey: DaemonKeyStanding;
  /** What its licenses gave; undefined without any. */
  readonly earlier: EarlierLicenses | undefined;
}

/**
 * Both ledgers have the same daemon key; the former key certifies the new one; the vendor itself says
 * so, because the former is lost; or nobody does.
 */
export type DaemonKeyStanding = "same" | "certified" | "by-the-vendor" | "another";

/** What speaks for a successor under another daemon key. */
export interface KeyVouchers {
  /** The former key's word, as the request has it. */
  readonly certificate?: string | undefined;
  /** The vendor has asked the site by another way. */
  readonly isSameSite?: boolean | undefined;
}

/**
 * Looks the predecessor of a new ledger up, and puts the succession on record where both are of one
 * site. The new ledger must be on record. The same again changes nothing.
 * @throws LicenseError DAEMON_KEY_SIGNATURE for a certificate that the former key has not signed, and
 * when the stored text of a license is no longer what was signed.
 */
export function recordSuccession(
  database: Database,
  successor: ActivationRecord,
  { chainId, size }: Predecessor,
  vendor: VendorFile,
  now: UnixMillis,
  vouchers: KeyVouchers = {},
): SucceededLedger {
  const known = findActivation(database, chainId);
  const daemonKey = known === undefined ? "another" : standingOf(known, successor, vouchers);
  const isSameSite = daemonKey !== "another";
  if (isSameSite) {
    database
      .prepare("INSERT OR IGNORE INTO successions (chain_id, predecessor) VALUES (?, ?)")
      .run(successor.chainId, chainId);
  }
  const acked = acknowledgedLedger(database, chainId)?.state.size ?? 0;
  const acknowledged = known === undefined ? undefined : acked;
  const earlier = earlierLicenses(database, chainId, vendor, now);
  return { chainId, size, acknowledged, isSameSite, daemonKey, earlier };
}

function standingOf(
  former: ActivationRecord,
  successor: ActivationRecord,
  { certificate, isSameSite = false }: KeyVouchers,
): DaemonKeyStanding {
  if (equalBytes(former.daemonKey, successor.daemonKey)) return "same";
  if (certificate !== undefined && certifies(certificate, former, successor)) return "certified";
  return isSameSite ? "by-the-vendor" : "another";
}

/** False for a certificate that speaks of other ledgers or keys: an earlier change may have left it. */
function certifies(
  certificate: string,
  former: ActivationRecord,
  successor: ActivationRecord,
): boolean {
  const claim = claimOfDaemonKey(certificate);
  if (chainOrigin(claim.vendor, claim.chainId) !== former.origin) return false;
  const { daemonKey } = readDaemonKeyCertificate(certificate, former.daemonKey);
  return equalBytes(daemonKey, successor.daemonKey);
}
