import type { Database } from "better-sqlite3";
import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Predecessor } from "../ledger/payload.ts";
import type { VendorFile } from "../license/vendor-file.ts";
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
  /** Whether both are of one daemon: a site cannot end the ledger of another. */
  readonly isSameSite: boolean;
  /** What its licenses gave; undefined without any. */
  readonly earlier: EarlierLicenses | undefined;
}

/**
 * Looks the predecessor of a new ledger up, and puts the succession on record where both are of one
 * site. The new ledger must be on record. The same again changes nothing.
 * @throws LicenseError when the stored text of a license is no longer what was signed.
 */
export function recordSuccession(
  database: Database,
  successor: ActivationRecord,
  { chainId, size }: Predecessor,
  vendor: VendorFile,
  now: UnixMillis,
): SucceededLedger {
  const known = findActivation(database, chainId);
  const isSameSite = known !== undefined && equalBytes(known.daemonKey, successor.daemonKey);
  if (isSameSite) {
    database
      .prepare("INSERT OR IGNORE INTO successions (chain_id, predecessor) VALUES (?, ?)")
      .run(successor.chainId, chainId);
  }
  const acked = acknowledgedLedger(database, chainId)?.state.size ?? 0;
  const acknowledged = known === undefined ? undefined : acked;
  const earlier = earlierLicenses(database, chainId, vendor, now);
  return { chainId, size, acknowledged, isSameSite, earlier };
}
