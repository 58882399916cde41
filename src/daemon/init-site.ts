import { existsSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { toHex, utf8 } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { systemClock } from "../clock/system-clock.ts";
import type { Config } from "../config/config.ts";
import { makeCertificate } from "../crypto/certificate.ts";
import { SealedLedger } from "../ledger/sealed-ledger.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { readVendorFile, type VendorFile } from "../license/vendor-file.ts";
import {
  checkDataFolder,
  type DataFolder,
  dataFolder,
  makeFolder,
  type VendorFolder,
  vendorFolder,
  writeFileDurably,
} from "../store/data-folder.ts";
import { openStore } from "../store/database.ts";
import { RealLedgerFiles } from "../store/ledger-files.ts";
import { DaemonError } from "./errors.ts";
import { readHost } from "./host.ts";
import { newGenesis } from "./new-ledger.ts";
import { readOwnFile } from "./own-file.ts";
import { decodeSiteKey, newSiteKeyText, type SiteKey } from "./site-key.ts";
import { isCrashOfInit, ledgerProvenBy } from "./vendor-remains.ts";

/** What a site is made from, besides its configuration. Tests replace both. */
export interface InitParts {
  readonly clock: Clock;
  readonly host: () => HostFingerprint;
}

/** A vendor's ledger that this site now keeps. */
export interface NewLedger {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** What a license for it will be bound to. */
  readonly host: HostFingerprint;
  /** The ledger was here already: only its lost vendor file was put back. */
  readonly restored: boolean;
}

export const SITE_PARTS: InitParts = { clock: systemClock(), host: () => readHost() };

/** The daemon signs its certificate's fingerprint anew for each client; nothing waits for its end. */
const CERTIFICATE_DAYS = 3_650;

/**
 * Makes the site's keys and certificate, unless they are there, and the first block of a ledger
 * for this vendor. A crash on the way leaves nothing that a second call would not replace. Where
 * only the vendor file of a licensed ledger is gone, it is put back; no ledger is ever removed.
 *
 * @throws DaemonError VENDOR_LEDGER_EXISTS, VENDOR_FOLDER_IN_USE, SITE_KEY_MISSING; LicenseError or NoteError for the vendor file; StoreError
 * STORE_LOCKED while a daemon runs on the folder, and for a folder that cannot be used.
 */
export async function initSite(
  config: Config,
  vendorFile: Uint8Array,
  parts: Partial<InitParts> = {},
): Promise<NewLedger> {
  const { clock, host } = { ...SITE_PARTS, ...parts };
  const vendor = readVendorFile(vendorFile);
  const fingerprint = host();
  const now = clock.now().wall;
  const data = dataFolder(config.dataDir);
  makeFolder(data.path);
  checkDataFolder(data.path);
  // The database's lock keeps a running daemon and a second init out.
  const store = openStore(data.database);
  try {
    const siteKey = siteKeyOf(data);
    await makeTls(data, config, now);
    const folder = vendorFolder(data, vendor.name);
    const kept = keptLedger(folder, vendor);
    const id = kept ?? makeLedger(folder, vendor, siteKey, fingerprint, now);
    return {
      vendor: vendor.name,
      chainId: id,
      host: fingerprint,
      restored: kept !== undefined,
    };
  } finally {
    store.close();
  }
}

function siteKeyOf(data: DataFolder): SiteKey {
  if (
    !existsSync(data.siteKey) &&
    existsSync(data.vendors) &&
    readdirSync(data.vendors).length > 0
  ) {
    // A new key would begin a site that no license names, beside ledgers that it cannot continue.
    throw new DaemonError("SITE_KEY_MISSING", `${data.siteKey} is gone, but its ledgers are here`, {
      hint: "restore site.key from the backup; if there is none, run seatkeeper license request --rekey; for a new site, move the whole data folder away first",
    });
  }
  if (!existsSync(data.siteKey)) writeFileDurably(data.siteKey, utf8(newSiteKeyText()), 0o600);
  return decodeSiteKey(readOwnFile(data.siteKey), data.siteKey);
}

async function makeTls(data: DataFolder, config: Config, now: UnixMillis): Promise<void> {
  if (existsSync(data.tlsKey) && existsSync(data.tlsCertificate)) return;
  const names = [...new Set([hostname().toLowerCase(), ...config.listen.names, ...LOCAL_NAMES])];
  const made = await makeCertificate({
    names: names.filter((name) => CERTIFIABLE.test(name)),
    notBefore: now,
    days: CERTIFICATE_DAYS,
  });
  writeFileDurably(data.tlsKey, utf8(made.keyPem), 0o600);
  writeFileDurably(data.tlsCertificate, utf8(made.certificatePem), 0o600);
}

const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];
const CERTIFIABLE = /^[a-z0-9.:-]+$/;

/**
 * The ledger that is here already and whose vendor file was lost, with the file put back; undefined
 * where one may be made.
 * @throws DaemonError VENDOR_LEDGER_EXISTS, VENDOR_FOLDER_IN_USE.
 */
function keptLedger(folder: VendorFolder, vendor: VendorFile): ChainId | undefined {
  if (existsSync(folder.vendorFile)) {
    throw new DaemonError(
      "VENDOR_LEDGER_EXISTS",
      `this site keeps a ledger for ${vendor.name} already`,
      { hint: "go on with seatkeeper license request" },
    );
  }
  if (isCrashOfInit(folder)) return undefined;
  const genesis = ledgerProvenBy(folder, vendor);
  if (genesis === undefined) {
    throw new DaemonError(
      "VENDOR_FOLDER_IN_USE",
      `${folder.path} has no vendor.skvendor, but a ledger or licenses that must not be lost`,
      {
        hint: "restore the folder from the backup, or copy the file that init was given at first to vendor.skvendor in it",
      },
    );
  }
  writeFileDurably(folder.vendorFile, utf8(vendor.text), 0o600);
  return chainId(toHex(genesis.chainId));
}

function makeLedger(
  folder: VendorFolder,
  vendor: VendorFile,
  siteKey: SiteKey,
  host: HostFingerprint,
  now: UnixMillis,
): ChainId {
  // The vendor file comes last, so this is what a crash left of an earlier call, and nobody
  // has been told of its ledger.
  rmSync(folder.path, { recursive: true, force: true });
  makeFolder(folder.licenses);
  const files = new RealLedgerFiles(folder.chain, folder.state);
  try {
    const genesis = newGenesis({ vendor, siteKey, host }, now);
    SealedLedger.create(files, genesis, vendor.name);
    writeFileDurably(folder.vendorFile, utf8(vendor.text), 0o600);
    return genesis.chainId;
  } finally {
    files.close();
  }
}
