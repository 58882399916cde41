import type { Database } from "better-sqlite3";
import { type ChainId, chainId } from "../base/ids.ts";
import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import { VendorError } from "./errors.ts";

/** One licensed ledger, as a vendor thinks of it: a site. */
export interface Site {
  /** The name in its newest license. */
  readonly site: string;
  /** What its earlier licenses called it, the first name first. */
  readonly formerNames: readonly string[];
  readonly chainId: ChainId;
  readonly activatedAt: UnixMillis;
  readonly product: string;
  readonly licenses: number;
  /** When the newest accepted bundle was ingested; null before the first. */
  readonly reportedAt: UnixMillis | null;
  /** Acknowledged blocks. */
  readonly size: number;
  /** The newest receipt; 0 before the first. */
  readonly receiptNo: number;
  /** The ledger that has taken its place; null while it goes on. */
  readonly succeededBy: ChainId | null;
  /**
   * When its next report is overdue by its newest license; null without such a term, and after its end.
   * The days count from the newest receipt, or from the license where that is newer, as at the site.
   */
  readonly reportDueAt: UnixMillis | null;
  /** Key ids of the auditors who read what it seals, by the newest acknowledged segment. */
  readonly auditors: readonly string[];
}

/** All sites, by name. */
export function listSites(database: Database): readonly Site[] {
  const names = namesOfLedgers(database);
  return database
    .prepare<[], SiteRow>(`${SITES} ORDER BY site, activated_at`)
    .all()
    .map((row) => siteOf(row, names.get(row.chain_id) ?? []));
}

/** Every name that the licenses of each ledger gave it, in the order they were issued. */
function namesOfLedgers(database: Database): ReadonlyMap<string, readonly string[]> {
  const rows = database
    .prepare<[], { readonly chain_id: string; readonly site: string }>(
      "SELECT chain_id, site FROM licenses GROUP BY chain_id, site ORDER BY min(issued_at), min(rowid)",
    )
    .all();
  const names = new Map<string, string[]>();
  for (const { chain_id: chain, site } of rows) {
    names.set(chain, [...(names.get(chain) ?? []), site]);
  }
  return names;
}

/**
 * The ledgers of one site.
 * @param name what any of its licenses calls it, or the beginning of a chain id (four digits or more).
 * @throws VendorError `SITE_UNKNOWN`
 */
export function findSites(database: Database, name: string): readonly Site[] {
  const all = listSites(database);
  const named = all.filter(({ site, formerNames }) => site === name || formerNames.includes(name));
  if (named.length > 0) return named;
  const byChain = /^[0-9a-f]{4,32}$/.test(name)
    ? all.filter((site) => site.chainId.startsWith(name))
    : [];
  if (byChain.length > 0) return byChain;
  throw new VendorError("SITE_UNKNOWN", `no license was issued to a site ${JSON.stringify(name)}`, {
    hint: "see seatkeeper-vendor sites",
  });
}

interface SiteRow {
  readonly site: string;
  readonly chain_id: string;
  readonly activated_at: number;
  readonly product: string;
  readonly licenses: number;
  readonly reported_at: number | null;
  readonly size: number | null;
  readonly receipt_no: number | null;
  readonly issued_at: number;
  readonly receipt_at: number | null;
  readonly report_days: number | null;
  readonly report_grace_days: number | null;
  readonly auditors: string | null;
  readonly succeeded_by: string | null;
}

const SITES = `
  WITH newest AS (
    SELECT chain_id, site, issued_at, report_days, report_grace_days, count(*) OVER ledger AS licenses,
           row_number() OVER (ledger ORDER BY issued_at DESC, rowid DESC) AS place
    FROM licenses WINDOW ledger AS (PARTITION BY chain_id)
  )
  SELECT newest.*, activated_at, product, size, auditors,
    (SELECT max(seen_at) FROM bundles b WHERE b.chain_id = newest.chain_id AND accepted = 1)
      AS reported_at,
    (SELECT s.chain_id FROM successions s JOIN activations a USING (chain_id)
      WHERE s.predecessor = newest.chain_id ORDER BY a.activated_at DESC LIMIT 1) AS succeeded_by,
    (SELECT max(vendor_time) FROM receipts r WHERE r.chain_id = newest.chain_id) AS receipt_at,
    (SELECT max(receipt_no) FROM receipts r WHERE r.chain_id = newest.chain_id) AS receipt_no
  FROM newest JOIN activations USING (chain_id) LEFT JOIN acknowledged USING (chain_id)
  WHERE place = 1`;

function siteOf(row: SiteRow, names: readonly string[]): Site {
  const activatedAt = unixMillis(row.activated_at);
  const reportedAt = row.reported_at === null ? null : unixMillis(row.reported_at);
  return {
    site: row.site,
    formerNames: names.filter((name) => name !== row.site),
    chainId: chainId(row.chain_id),
    activatedAt,
    product: row.product,
    licenses: row.licenses,
    reportedAt,
    size: row.size ?? 0,
    receiptNo: row.receipt_no ?? 0,
    auditors: (row.auditors ?? "").split(" ").filter((kid) => kid !== ""),
    succeededBy: row.succeeded_by === null ? null : chainId(row.succeeded_by),
    reportDueAt:
      row.report_days === null || row.succeeded_by !== null
        ? null
        : unixMillis(
            Math.max(row.receipt_at ?? 0, row.issued_at) +
              days(row.report_days + (row.report_grace_days ?? 0)),
          ),
  };
}
