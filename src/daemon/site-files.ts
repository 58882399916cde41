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
  /** Folders of vendors whose vendor file is gone, or was never written. */
  readonly orphans: readonly VendorFolder[];
}

/**
 * Reads the site's key and vendors; takes no lock, changes nothing.
 * @throws DaemonError SITE_MISSING, SITE_KEY_DAMAGED, SITE_KEY_UNFINISHED; StoreError for a folder
 * that cannot be used; LicenseError or NoteError for a damaged vendor file.
 */
export function readSiteFiles(path: string): SiteFiles {
  checkDataFolder(path);
  const data = dataFolder(path);
  refuseUnfinishedKey(data);
  return { data, siteKey: readSiteKey(data), ...readVendors(data) };
}

/** The vendors alone. @throws LicenseError or NoteError for a damaged vendor file. */
export function readVendors(data: DataFolder): Pick<SiteFiles, "vendors" | "orphans"> {
  const folders = vendorFolders(data);
  const known = folders.filter(({ vendorFile }) => existsSync(vendorFile));
  return {
    vendors: known.map((folder) => ({
      folder,
      file: readVendorFile(readOwnFile(folder.vendorFile)),
    })),
    orphans: folders.filter((folder) => !known.includes(folder)),
  };
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

/** @throws DaemonError SITE_MISSING, SITE_KEY_DAMAGED. */
export function readSiteKey({ path, siteKey }: DataFolder): SiteKey {
  if (!existsSync(siteKey)) throw siteMissing(path);
  return decodeSiteKey(readOwnFile(siteKey), siteKey);
}

export function siteMissing(path: string): DaemonError {
  return new DaemonError("SITE_MISSING", `there is no site in ${path}`, {
    hint: "run seatkeeper init --vendor FILE first, or check data_dir in the configuration",
  });
}

/** Some ledgers may be under the old key and some under the new one. */
function refuseUnfinishedKey({ path, nextSiteKey }: DataFolder): void {
  if (!existsSync(nextSiteKey)) return;
  throw new DaemonError("SITE_KEY_UNFINISHED", `the daemon key in ${path} is being replaced`, {
    hint: "run seatkeeper license request --rekey again: it goes on where it was cut off",
  });
}

/** By name. What cannot be a vendor's is somebody else's, such as `lost+found`. */
function vendorFolders(data: DataFolder): readonly VendorFolder[] {
  if (!existsSync(data.vendors)) return [];
  return readdirSync(data.vendors, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && VENDOR_FOLDER.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
    .map((name) => vendorFolder(data, name));
}

const VENDOR_FOLDER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
