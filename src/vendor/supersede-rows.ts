import type { Database } from "better-sqlite3";
import { readSupersede, type Supersede } from "../license/supersede.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import type { ActivationRecord } from "./activations.ts";

/** Which branch of a ledger is the ledger, and the receipt that told the site. */
export interface GivenSupersede {
  readonly note: Supersede;
  readonly receiptNo: number;
}

/**
 * The newest note of a ledger; undefined where there never were two branches.
 * @throws LicenseError when the stored text is no longer what was signed.
 */
export function newestSupersede(
  database: Database,
  { chainId, daemonKey }: Pick<ActivationRecord, "chainId" | "daemonKey">,
  vendor: VendorFile,
): GivenSupersede | undefined {
  const row = database
    .prepare<[string], { readonly receipt_no: number; readonly text: string }>(
      "SELECT receipt_no, text FROM supersedes WHERE chain_id = ? ORDER BY number DESC LIMIT 1",
    )
    .get(chainId);
  if (row === undefined) return undefined;
  const trust = { vendorName: vendor.name, rootKey: vendor.rootKey, chainId, daemonKey };
  return { note: readSupersede(row.text, trust), receiptNo: row.receipt_no };
}

/** Puts a note on record. What was seen of the ledger up to now is settled by it. */
export function addSupersede(database: Database, { note, receiptNo }: GivenSupersede): void {
  const { chainId, number, issuedAt, text } = note;
  database
    .prepare(
      `INSERT INTO supersedes VALUES (?, ?, ?, (SELECT coalesce(max(bundle), 0) FROM bundles),
         (SELECT coalesce(max(renewal), 0) FROM renewals), ?, ?)`,
    )
    .run(chainId, number, receiptNo, issuedAt, text);
}

/** How many notes a ledger has. */
export function countSupersedes(database: Database, chainId: string): number {
  const row = database
    .prepare<[string], { readonly count: number }>(
      "SELECT count(*) AS count FROM supersedes WHERE chain_id = ?",
    )
    .get(chainId);
  return row?.count ?? 0;
}
