import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Predecessor } from "../ledger/payload.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import { acknowledgedLedger } from "./acknowledged.ts";
import { findActivation } from "./activations.ts";
import { type EarlierLicenses, earlierLicenses } from "./holdings.ts";

/** What a new ledger says of the one before it, and what the vendor knows of that one. */
export interface SucceededLedger {
  readonly chainId: ChainId;
  /** Blocks it had when the site lost it, by the site's word. */
  readonly size: number;
  /** Blocks the vendor has acknowledged; undefined for a ledger that is not on record. */
  readonly acknowledged: number | undefined;
  /** What its licenses gave; undefined without any. */
  readonly earlier: EarlierLicenses | undefined;
}

/** @throws LicenseError when the stored text of a license is no longer what was signed. */
export function succeededLedger(
  database: Database,
  { chainId, size }: Predecessor,
  vendor: VendorFile,
  now: UnixMillis,
): SucceededLedger {
  const isKnown = findActivation(database, chainId) !== undefined;
  const acked = acknowledgedLedger(database, chainId)?.state.size ?? 0;
  const acknowledged = isKnown ? acked : undefined;
  return { chainId, size, acknowledged, earlier: earlierLicenses(database, chainId, vendor, now) };
}
