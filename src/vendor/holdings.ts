import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { readLicense } from "../license/license.ts";
import { featureValidity, meterValidity, type Validity } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type { VendorFile } from "../license/vendor-file.ts";

/** How much of one thing was sold. Licenses of one ledger add up. */
export interface Holding {
  readonly kind: "seat" | "unit";
  /** The feature or the meter. */
  readonly name: string;
  /** Seats, or units of the quota. */
  readonly amount: number;
}

/** What a ledger had before another license. */
export interface EarlierLicenses {
  /** What the newest license calls the site. */
  readonly site: string;
  readonly holdings: readonly Holding[];
}

/**
 * What the licenses of a ledger give it together; what has ended does not count.
 * @returns undefined for a ledger without licenses.
 * @throws LicenseError when a stored text is no longer what was signed.
 */
export function earlierLicenses(
  database: Database,
  chain: ChainId,
  vendor: VendorFile,
  now: UnixMillis,
): EarlierLicenses | undefined {
  const terms = issuedTerms(database, chain, vendor);
  const newest = terms.at(-1);
  return (
    newest && { site: newest.site, holdings: summed(terms.flatMap((each) => sold(each, now))) }
  );
}

/**
 * Whether any license of a ledger lets its site name an auditor.
 * @throws LicenseError when a stored text is no longer what was signed.
 */
export function allowsAuditor(database: Database, chain: ChainId, vendor: VendorFile): boolean {
  return issuedTerms(database, chain, vendor).some(({ auditorAllowed }) => auditorAllowed);
}

/** In the order they were issued. */
function issuedTerms(database: Database, chain: ChainId, vendor: VendorFile): readonly Terms[] {
  const trust = { vendorName: vendor.name, rootKey: vendor.rootKey };
  return database
    .prepare<[string], { readonly text: string }>(
      "SELECT text FROM licenses WHERE chain_id = ? ORDER BY issued_at, rowid",
    )
    .all(chain)
    .map(({ text }) => readLicense(text, trust).terms);
}

/** What terms sell, one entry per name. A quota of a day or a month counts once. */
export function holdingsIn(terms: Terms, now: UnixMillis): readonly Holding[] {
  return summed(sold(terms, now));
}

function sold(terms: Terms, now: UnixMillis): readonly Holding[] {
  const seats = terms.features
    .filter((feature) => hasNotEnded(featureValidity(terms, feature), now))
    .map(({ name, seats: amount }): Holding => ({ kind: "seat", name, amount }));
  const units = hasNotEnded(meterValidity(terms), now)
    ? terms.meters.map(({ name, quota }): Holding => ({ kind: "unit", name, amount: quota ?? 0 }))
    : [];
  return [...seats, ...units].filter(({ amount }) => amount > 0);
}

const hasNotEnded = ({ endsAt }: Validity, now: UnixMillis): boolean =>
  endsAt === null || now < endsAt;

function summed(holdings: readonly Holding[]): readonly Holding[] {
  const sums = new Map<string, Holding>();
  for (const holding of holdings) {
    const key = `${holding.kind} ${holding.name}`;
    const amount = (sums.get(key)?.amount ?? 0) + holding.amount;
    sums.set(key, { ...holding, amount });
  }
  return [...sums.values()];
}
