import type { Database } from "better-sqlite3";
import type { LeaseId } from "../base/ids.ts";
import { type Moment, type UnixMillis, unixMillis } from "../base/time.ts";
import { readBorrowRelease, writeBorrowRelease } from "../license/borrow-release.ts";
import { VendorError } from "./errors.ts";
import type { VendorFolder } from "./folder.ts";
import type { Issuing } from "./keys.ts";
import { findSites, type Site } from "./sites.ts";
import type { VendorStore } from "./vendor-store.ts";

/** Which borrowed seat is given up, and why. */
export interface ReleaseInput {
  /** As `findSites` takes it. */
  readonly site: string;
  readonly lease: LeaseId;
  /** One line, for those who look back. */
  readonly reason: string;
  readonly now: Moment;
  /** Puts the release where it is wanted; must return only once it is durably there. */
  readonly deliver: (text: string) => void;
}

export interface SignedRelease {
  readonly site: Site;
  /** When the same lease was given up before, the first time first. */
  readonly earlier: readonly UnixMillis[];
}

/**
 * Signs that a borrowed seat is free again though its workstation never gave it back. Whether it is
 * borrowed is what the site's daemon knows: sums alone do not tell. The books are closed after
 * `deliver`, as with a license.
 * @throws VendorError `SITE_UNKNOWN`, `SITE_AMBIGUOUS`
 */
export function releaseBorrowed(
  store: VendorStore,
  folder: VendorFolder,
  { issuer, signer }: Issuing,
  { site: name, lease, reason, now, deliver }: ReleaseInput,
): SignedRelease {
  return store.write((database) => {
    const site = onlySite(database, name);
    const { vendor } = folder;
    const issuedAt = now.wall;
    const fields = { vendor: vendor.name, chainId: site.chainId, leaseId: lease, reason, issuedAt };
    const text = writeBorrowRelease({ ...fields, issuer: issuer.text }, signer);
    // Read back as the site will.
    readBorrowRelease(text, { vendorName: vendor.name, rootKey: vendor.rootKey });
    const earlier = earlierReleases(database, site, lease);
    database
      .prepare("INSERT INTO borrow_releases VALUES (?, ?, ?, ?, ?)")
      .run(site.chainId, lease, issuedAt, reason, text);
    deliver(text);
    return { site, earlier };
  });
}

/** A release is for one ledger: a site that began anew has two. */
function onlySite(database: Database, name: string): Site {
  const [site, ...others] = findSites(database, name);
  if (site !== undefined && others.length === 0) return site;
  throw new VendorError("SITE_AMBIGUOUS", `${others.length + 1} ledgers are of ${name}`, {
    hint: "name the ledger by the beginning of its id; see seatkeeper-vendor sites",
  });
}

function earlierReleases(
  database: Database,
  { chainId }: Site,
  lease: LeaseId,
): readonly UnixMillis[] {
  return database
    .prepare<[string, string], { readonly issued_at: number }>(
      "SELECT issued_at FROM borrow_releases WHERE chain_id = ? AND lease = ? ORDER BY issued_at",
    )
    .all(chainId, lease)
    .map((row) => unixMillis(row.issued_at));
}
