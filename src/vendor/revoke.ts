import type { Database } from "better-sqlite3";
import type { Moment } from "../base/time.ts";
import { issuerKeyId } from "../license/issuer.ts";
import { type Revocations, readRevocations, writeRevocations } from "../license/revocations.ts";
import { writeDurably } from "./durable-file.ts";
import { VendorError } from "./errors.ts";
import { openFolder, revocationsPath, type VendorFolder } from "./folder.ts";
import { issuersOf, unlockRoot } from "./keys.ts";
import type { VendorStore } from "./vendor-store.ts";

/** What the vendor no longer stands by. */
export type Revoked =
  | { readonly kind: "license"; readonly licenseId: string }
  /** An issuing key by its id, with everything that it has signed. */
  | { readonly kind: "issuer"; readonly keyId: string };

export interface Revoking {
  readonly revoked: Revoked;
  readonly passphrase: string;
  readonly now: Moment;
}

/** The list as it stands now, and which sites it takes a license from. */
export interface RevokedLicenses {
  readonly list: Revocations;
  /** True when it was in the list already, which stays as it is. */
  readonly repeated: boolean;
  /** Licenses that were issued and do not hold any more by this. */
  readonly licenses: readonly { readonly licenseId: string; readonly site: string }[];
}

/**
 * Puts a license or an issuing key into the list that goes out with each license and receipt from
 * now on. There is no way back: the site can have another license.
 * @throws VendorError `VENDOR_LICENSE_UNKNOWN`, `VENDOR_KEY_UNKNOWN`, `VENDOR_KEY_IN_USE`
 * @throws LicenseError `REVOCATIONS_FIELD` when the list is full.
 */
export function revoke(
  path: string,
  store: VendorStore,
  { revoked, passphrase, now }: Revoking,
): RevokedLicenses {
  // Two at once would lose one: the store makes them wait.
  return store.write((database) => {
    const folder = openFolder(path);
    const { vendor, revocations: former } = folder;
    const root = unlockRoot(folder, passphrase);
    const { issuers, licenses, found } =
      revoked.kind === "license"
        ? { ...oneLicense(database, revoked.licenseId), issuers: [] }
        : { ...oneIssuer(database, folder, revoked.keyId), licenses: [] };
    if (former !== undefined && includes(former, issuers, licenses))
      return { list: former, repeated: true, licenses: found };
    const text = writeRevocations(
      {
        vendor: vendor.name,
        // By the time, so that it also rises above what a restored backup has forgotten.
        number: Math.max((former?.number ?? 0) + 1, Math.floor(now.wall / 1_000)),
        issuedAt: now.wall,
        issuers: [...(former?.issuers ?? []), ...issuers],
        licenses: [...(former?.licenses ?? []), ...licenses],
      },
      root,
    );
    // Read back as the sites will.
    const list = readRevocations(text, { vendorName: vendor.name, rootKey: vendor.rootKey });
    writeDurably(revocationsPath(folder.path), text, 0o644);
    return { list, repeated: false, licenses: found };
  });
}

interface Found {
  readonly found: RevokedLicenses["licenses"];
}

function oneLicense(
  database: Database,
  licenseId: string,
): Found & { readonly licenses: readonly string[] } {
  const found = issued(database).filter((each) => each.licenseId === licenseId);
  if (found.length > 0) return { licenses: [licenseId], found };
  throw new VendorError("VENDOR_LICENSE_UNKNOWN", `no license ${licenseId} was issued here`, {
    hint: "its id is the first line of seatkeeper license show at the site",
  });
}

function oneIssuer(
  database: Database,
  { vendor }: VendorFolder,
  keyId: string,
): Found & { readonly issuers: readonly Uint8Array[] } {
  const [current, ...formers] = issuersOf(vendor);
  if (current !== undefined && issuerKeyId(current.key) === keyId) {
    throw new VendorError("VENDOR_KEY_IN_USE", `issuing key ${keyId} is the one in use`, {
      hint: "put another in its place first: seatkeeper-vendor keys rotate --issuing",
    });
  }
  const issuer = formers.find(({ key }) => issuerKeyId(key) === keyId);
  if (issuer === undefined) {
    throw new VendorError("VENDOR_KEY_UNKNOWN", `the vendor has no issuing key ${keyId}`, {
      hint: "see seatkeeper-vendor keys list",
    });
  }
  // The certificate stands in each license, as text in text.
  const certificate = JSON.stringify(issuer.text);
  return {
    issuers: [issuer.key],
    found: issued(database).filter(({ text }) => text.includes(certificate)),
  };
}

interface Issued {
  readonly licenseId: string;
  readonly site: string;
  readonly text: string;
}

function issued(database: Database): readonly Issued[] {
  return database
    .prepare<[], Issued>(
      "SELECT license_id AS licenseId, site, text FROM licenses ORDER BY issued_at, rowid",
    )
    .all();
}

function includes(
  list: Revocations,
  issuers: readonly Uint8Array[],
  licenses: readonly string[],
): boolean {
  const known = new Set(list.issuers.map(issuerKeyId));
  return (
    issuers.every((key) => known.has(issuerKeyId(key))) &&
    licenses.every((id) => list.licenses.includes(id))
  );
}
