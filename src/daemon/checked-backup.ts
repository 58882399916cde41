import { equalBytes, toHex } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { type Block, blockLeaf } from "../ledger/block.ts";
import { LedgerError } from "../ledger/errors.ts";
import { gapIn, overGap } from "../ledger/gap.ts";
import { KeptLeaves } from "../ledger/kept-leaves.ts";
import type { ByteSource } from "../ledger/ports.ts";
import { type PublicReport, verifyPublic } from "../ledger/public-check.ts";
import { readBlocks } from "../ledger/reader.ts";
import { type License, readLicense } from "../license/license.ts";
import { readVendorFile, type VendorFile } from "../license/vendor-file.ts";
import { chainOrigin, openHead } from "../note/checkpoint.ts";
import { StoreError } from "../store/errors.ts";
import { leavesPath } from "../store/ledger-files.ts";
import { MIGRATIONS } from "../store/schema.ts";
import { type PackedFile, unpacked } from "./backup-form.ts";
import {
  type BackedUpLedger,
  type BackupManifest,
  decodeManifest,
  MANIFEST_NAME,
} from "./backup-manifest.ts";
import { DaemonError } from "./errors.ts";
import { isCoded } from "./failure-kind.ts";
import { decodeSiteKey, type SiteKey } from "./site-key.ts";

/** A vendor's ledger in a backup, and what anybody can find wrong with it. */
export interface CheckedLedger extends BackedUpLedger {
  readonly file: VendorFile;
  /** What `head` says, with the ledger's id. */
  readonly stood: { readonly chainId: ChainId; readonly size: number; readonly root: Uint8Array };
  readonly chain: ByteSource;
  readonly problems: PublicReport["problems"];
}

/** A backup whose parts fit each other. */
export interface CheckedBackup {
  readonly manifest: BackupManifest;
  readonly files: ReadonlyMap<string, PackedFile>;
  readonly siteKey: SiteKey;
  readonly ledgers: readonly CheckedLedger[];
}

/**
 * Reads a whole backup and holds its parts against each other: the hash of the file, the form of
 * each part, the heads against the site's key and the blocks. A ledger that was damaged when the
 * backup was made is no reason to refuse it.
 * @throws DaemonError BACKUP_FORMAT, BACKUP_DAMAGED, RESTORE_OTHER_VENDOR, SITE_KEY_DAMAGED;
 * StoreError STORE_NEWER; NoteError and LicenseError for a head or vendor file that does not hold.
 */
export function checkBackup(source: ByteSource): CheckedBackup {
  const files = unpacked(source);
  const manifest = decodeManifest(whole(files, MANIFEST_NAME));
  refuseNewer(manifest);
  refuseStrangers(files, manifest);
  const siteKey = decodeSiteKey(whole(files, "site.key"), "site.key in the backup");
  if (!files.has("seatkeeper.db")) throw incomplete("seatkeeper.db");
  const ledgers = manifest.ledgers.map((ledger) => checkLedger(ledger, files, siteKey));
  return { manifest, files, siteKey, ledgers };
}

/** The bytes of a small file. @throws DaemonError BACKUP_DAMAGED where it is not there. */
function whole(files: ReadonlyMap<string, PackedFile>, name: string): Uint8Array {
  return bytesOf(part(files, name));
}

function part(files: ReadonlyMap<string, PackedFile>, name: string): PackedFile {
  const file = files.get(name);
  if (file === undefined) throw incomplete(name);
  return file;
}

const bytesOf = (file: PackedFile): Uint8Array => file.read(0, file.length);

function checkLedger(
  ledger: BackedUpLedger,
  files: ReadonlyMap<string, PackedFile>,
  { signer }: SiteKey,
): CheckedLedger {
  const folder = `vendors/${ledger.vendor}`;
  const file = readVendorFile(whole(files, `${folder}/vendor.skvendor`));
  if (file.name !== ledger.vendor) throw otherVendor(ledger.vendor, `its file is ${file.name}'s`);
  const chain = wholeLedger(files, `${folder}/ledger.skc`);
  const genesis = firstBlock(chain);
  const id = chainId(toHex(genesis.chainId));
  const name = chainOrigin(file.name, id);
  const head = openHead(ledger.head, { name, publicKey: signer.publicKey });
  const genesisLeaf = licensedLeaf(file, genesis, licensesIn(folder, files));
  const { problems } = verifyPublic(chain, { genesisLeaf, heads: [head] });
  const { size, root } = head;
  return { ...ledger, file, chain, problems, stood: { chainId: id, size, root } };
}

/** The ledger in a backup, with what is kept of its archived blocks. */
function wholeLedger(files: ReadonlyMap<string, PackedFile>, name: string): ByteSource {
  const chain = part(files, name);
  const leaves = files.get(leavesPath(name));
  return overGap(chain, gapIn(chain, leaves && KeptLeaves.open(leaves)));
}

function firstBlock(chain: ByteSource): Block {
  try {
    for (const { block } of readBlocks(chain)) return block;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
  }
  throw incomplete("the first block of a ledger");
}

function licensesIn(folder: string, files: ReadonlyMap<string, PackedFile>): readonly PackedFile[] {
  return [...files.values()].filter(({ name }) => name.startsWith(`${folder}/licenses/`));
}

/**
 * What a license of this vendor says about block 0; undefined where none was installed.
 * @throws DaemonError RESTORE_OTHER_VENDOR when there are licenses and none is this vendor's.
 */
function licensedLeaf(
  vendor: VendorFile,
  genesis: Block,
  files: readonly PackedFile[],
): Uint8Array | undefined {
  if (files.length === 0) return undefined;
  const licenses = files.flatMap((file) => licenseIn(file, vendor) ?? []);
  if (licenses.length === 0) {
    throw otherVendor(vendor.name, "its licenses are not signed by the key in its vendor file");
  }
  const leaf = blockLeaf(genesis.bytes);
  const ours = licenses.find(({ genesisLeaf }) => equalBytes(genesisLeaf, leaf));
  return (ours ?? licenses.at(-1))?.genesisLeaf;
}

function licenseIn(file: PackedFile, { name, rootKey }: VendorFile): License | undefined {
  try {
    return readLicense(bytesOf(file), { vendorName: name, rootKey });
  } catch (error) {
    if (!isCoded(error)) throw error;
    return undefined;
  }
}

function refuseNewer({ schema, program }: BackupManifest): void {
  if (schema <= MIGRATIONS.length) return;
  throw new StoreError("STORE_NEWER", `the backup was written by the newer release ${program}`, {
    hint: "install that release, then restore",
    facts: { version: schema, known: MIGRATIONS.length },
  });
}

/** What this release would not put anywhere, it does not pass over in silence either. */
function refuseStrangers(
  files: ReadonlyMap<string, PackedFile>,
  { ledgers }: BackupManifest,
): void {
  const vendors = new Set(ledgers.map(({ vendor }) => vendor));
  for (const name of files.keys()) {
    const [top = "", vendor = "", ...rest] = name.split("/");
    const isVendors = top === "vendors" && vendors.has(vendor) && rest.length > 0;
    const isKeys = rest.at(-1) === "ledger.state";
    if (isKeys || !(SITE_FILES.has(name) || isVendors)) {
      throw new DaemonError("BACKUP_DAMAGED", `the backup holds ${name}, which no backup has`, {
        hint: "restore it with the release that wrote it",
      });
    }
  }
}

const SITE_FILES: ReadonlySet<string> = new Set([
  MANIFEST_NAME,
  "seatkeeper.db",
  "tls.crt",
  "tls.key",
  "site.key",
]);

function incomplete(what: string): DaemonError {
  return new DaemonError("BACKUP_DAMAGED", `the backup lacks ${what}`, {
    hint: "take another backup",
  });
}

/** A ledger that would not be this vendor's. */
export function otherVendor(vendor: string, why: string): DaemonError {
  return new DaemonError("RESTORE_OTHER_VENDOR", `this is no backup for ${vendor}: ${why}`, {
    hint: "check that backup and vendor file are those of this site",
    facts: { vendor },
  });
}
