import { existsSync, readdirSync } from "node:fs";
import { readVendorFile, type VendorFile } from "../license/vendor-file.ts";
import {
  checkDataFolder,
  type DataFolder,
  dataFolder,
  type VendorFolder,
  vendorFolder,
} from "../store/data-folder.ts";
import { DaemonError } from "./errors.ts";
import { readOwnFile } from "./own-file.ts";
import { decodeSiteKey, type SiteKey } from "./site-key.ts";

/** A vendor whose ledger this site keeps. */
export interface KnownVendor {
  readonly file: VendorFile;
  readonly folder: VendorFolder;
}

/** What `init` has left in the data folder. */
export interface SiteFiles {
  readonly data: DataFolder;
  readonly siteKey: SiteKey;
  /** By name. */
  readonly vendors: readonly KnownVendor[];
}

/**
 * Reads the site's key and vendors; takes no lock, changes nothing.
 * @throws DaemonError SITE_MISSING, SITE_KEY_DAMAGED; StoreError for a folder that cannot be used;
 * LicenseError or NoteError for a damaged vendor file.
 */
export function readSiteFiles(path: string): SiteFiles {
  checkDataFolder(path);
  const data = dataFolder(path);
  return { data, siteKey: readSiteKey(data), vendors: vendorsIn(data) };
}

/**
 * The one vendor, or the one that was named.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED.
 */
export function oneVendor<Vendor>(
  vendors: ReadonlyMap<string, Vendor>,
  wanted: string | undefined,
): Vendor {
  const [only, ...others] = wanted === undefined ? vendors.values() : [vendors.get(wanted)];
  if (others.length > 0) {
    throw new DaemonError("VENDOR_NOT_NAMED", "this site keeps ledgers for several vendors", {
      hint: `name one of them: ${[...vendors.keys()].join(", ")}`,
    });
  }
  if (only !== undefined) return only;
  throw new DaemonError("VENDOR_NOT_HERE", `no ledger is kept for ${wanted ?? "any vendor"}`, {
    hint: "run seatkeeper init with the vendor's file",
  });
}

function readSiteKey({ path, siteKey }: DataFolder): SiteKey {
  if (!existsSync(siteKey)) {
    throw new DaemonError("SITE_MISSING", `there is no site in ${path}`, {
      hint: "run seatkeeper init --vendor FILE first, or check data_dir in the configuration",
    });
  }
  return decodeSiteKey(readOwnFile(siteKey), siteKey);
}

/** A folder without a vendor file is what a crash left of `init`: nobody knows its ledger. */
function vendorsIn(data: DataFolder): readonly KnownVendor[] {
  if (!existsSync(data.vendors)) return [];
  return readdirSync(data.vendors)
    .toSorted()
    .map((name) => vendorFolder(data, name))
    .filter((folder) => existsSync(folder.vendorFile))
    .map((folder) => ({ folder, file: readVendorFile(readOwnFile(folder.vendorFile)) }));
}
