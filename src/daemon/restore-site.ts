import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { equalBytes, utf8 } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { selectBlocks, writeBundle } from "../bundle/bundle.ts";
import type { Config } from "../config/config.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Predecessor } from "../ledger/payload.ts";
import type { ByteSink, ByteSource } from "../ledger/ports.ts";
import { readVendorFile, type VendorFile } from "../license/vendor-file.ts";
import {
  checkDataFolder,
  type DataFolder,
  dataFolder,
  makeFolder,
  syncFolder,
  vendorFolder,
  writeFileDurably,
} from "../store/data-folder.ts";
import { openStore, type Store } from "../store/database.ts";
import type { PackedFile } from "./backup-form.ts";
import {
  type CheckedBackup,
  type CheckedLedger,
  checkBackup,
  otherVendor,
} from "./checked-backup.ts";
import { DaemonError, type SUCCESSION_CODES } from "./errors.ts";
import { formerFolder, formerName, writingTo } from "./former-ledger.ts";
import { type InitParts, SITE_PARTS } from "./init-site.ts";
import { type Lent, lendingFor, refuseNoEmergency } from "./lent-licenses.ts";
import { beginSuccessor, type LedgerOwner } from "./new-ledger.ts";
import { recordedCommand } from "./recorded-command.ts";
import { keptStandIn, standInNote } from "./stand-in-note.ts";

/** A vendor's ledger in a site that was restored. */
interface RestoredLedger {
  readonly vendor: string;
  /** The ledger that begins here. */
  readonly chainId: ChainId;
  /** The one in the backup, and how many blocks it had then. */
  readonly former: Predecessor;
  /** The bundle of everything that was sealed up to the backup: a file in the data folder. */
  readonly usage: string;
  /** By what of the former ledger's licenses it grants seats at once; undefined where it does not. */
  readonly lent: Lent | undefined;
  /** What was wrong with the former ledger when the backup was made. */
  readonly problems: readonly { readonly code: string; readonly detail: string }[];
}

export interface RestoredSite {
  readonly madeAt: UnixMillis;
  readonly ledgers: readonly RestoredLedger[];
}

/** How a site is to be restored. */
export interface RestoreWishes {
  /** Whose site this is to be: refuses a backup of another vendor's, and takes the place of the file in the backup. */
  readonly vendorFile?: Uint8Array | undefined;
  /** Use the emergency days of the licenses. */
  readonly isEmergency?: boolean;
}

/** There while a restore is under way: what lies beside it may be thrown away. */
const UNFINISHED = "restore.unfinished";

/** Bytes copied at a time. */
const PIECE = 1_048_576;

/** Folders that a file system makes by itself. */
const NO_CONTENT: ReadonlySet<string> = new Set(["lost+found"]);

/**
 * Makes a site from a backup, in an empty data folder. The ledgers of the backup cannot be
 * continued, for their keys are in no backup: each vendor gets a new one that names its
 * predecessor, and says in its first block after that why it is there. Licenses name the ledger
 * they were issued for, so the vendor has to issue them anew. Until then they hold on a standby host that
 * they name and, where it is wished for, for their emergency days.
 *
 * A crash on the way leaves a folder that is no site, and that a second call takes for empty.
 *
 * @throws DaemonError RESTORE_NOT_EMPTY, RESTORE_OTHER_VENDOR, EMERGENCY_NOT_ALLOWED, and what `checkBackup` throws;
 * StoreError for a folder that cannot be used and for a damaged database.
 */
export async function restoreSite(
  config: Config,
  backup: ByteSource,
  { vendorFile, isEmergency = false }: RestoreWishes = {},
  parts: Partial<InitParts> = {},
): Promise<RestoredSite> {
  const { clock, host } = { ...SITE_PARTS, ...parts };
  const checked = withVendor(checkBackup(backup), vendorFile);
  const fingerprint = host();
  const lent = lendingFor(checked, fingerprint, isEmergency);
  if (isEmergency) refuseNoEmergency(lent);
  const data = emptyFolder(config.dataDir);
  unpackSite(checked, data);
  const store = openStore(data.database);
  const ledgers: RestoredLedger[] = [];
  try {
    store.check();
    const now = clock.now().wall;
    await recordedCommand({ store, clock }, "site.restore", async () => {
      for (const ledger of checked.ledgers) {
        const owner = { vendor: ledger.file, siteKey: checked.siteKey, host: fingerprint };
        const lentKey = lent.get(ledger.vendor);
        ledgers.push(
          // oxlint-disable-next-line no-await-in-loop -- the disk is one
          await succeed(ledger, checked, { data, store, owner, now, lent: lentKey }),
        );
      }
    });
  } finally {
    store.close();
  }
  finish(checked, data);
  return { madeAt: checked.manifest.madeAt, ledgers };
}

interface Restoring {
  readonly data: DataFolder;
  readonly store: Store;
  readonly owner: LedgerOwner;
  readonly now: UnixMillis;
  readonly lent: Lent | undefined;
}

/** @throws DaemonError RESTORE_OTHER_VENDOR. */
function withVendor(checked: CheckedBackup, vendorFile: Uint8Array | undefined): CheckedBackup {
  if (vendorFile === undefined) return checked;
  const wanted = readVendorFile(vendorFile);
  const ledgers = checked.ledgers.map((ledger) => {
    if (ledger.vendor !== wanted.name) return ledger;
    refuseOtherKey(ledger, wanted);
    return { ...ledger, file: wanted };
  });
  if (ledgers.some(({ vendor }) => vendor === wanted.name)) return { ...checked, ledgers };
  const here = ledgers.map(({ vendor }) => vendor).join(", ") || "none";
  throw otherVendor(wanted.name, `it has the ledgers of ${here}`);
}

function refuseOtherKey({ file }: CheckedLedger, wanted: VendorFile): void {
  if (equalBytes(file.rootKey, wanted.rootKey)) return;
  throw otherVendor(wanted.name, "the vendor file in it has another root key");
}

/** @throws DaemonError RESTORE_NOT_EMPTY; StoreError. */
function emptyFolder(path: string): DataFolder {
  makeFolder(path);
  checkDataFolder(path);
  const data = dataFolder(path);
  const found = readdirSync(path).filter((name) => !NO_CONTENT.has(name));
  const isUnfinished = found.includes(UNFINISHED) && !existsSync(data.siteKey);
  if (found.length > 0 && !isUnfinished) {
    throw new DaemonError("RESTORE_NOT_EMPTY", `the data folder ${path} is not empty`, {
      hint: "stop the daemon, and move everything in it to another place: it is evidence",
      facts: { path },
    });
  }
  for (const name of found.filter((each) => each !== UNFINISHED)) {
    rmSync(join(path, name), { recursive: true, force: true });
  }
  writeFileDurably(join(path, UNFINISHED), utf8("seatkeeper restore was at work here\n"));
  return data;
}

/** All files but the site's key. What belongs to a ledger that has ended goes to a place of its own. */
function unpackSite({ files, ledgers }: CheckedBackup, data: DataFolder): void {
  for (const ledger of ledgers) {
    const folder = vendorFolder(data, ledger.vendor);
    makeFolder(folder.licenses);
    for (const file of filesOf(files, ledger.vendor)) {
      unpack(file, join(folder.path, restoredName(file, ledger)));
    }
    writeFileDurably(folder.vendorFile, utf8(ledger.file.text), 0o600);
  }
  for (const name of ["tls.crt", "tls.key", "seatkeeper.db"]) {
    const file = files.get(name);
    if (file !== undefined) unpack(file, join(data.path, name));
  }
}

function filesOf(files: ReadonlyMap<string, PackedFile>, vendor: string): readonly PackedFile[] {
  return [...files.values()].filter(
    ({ name }) => name.startsWith(`vendors/${vendor}/`) && !name.endsWith("/vendor.skvendor"),
  );
}

/** Relative to the vendor's folder. */
function restoredName({ name }: PackedFile, { vendor, stood }: CheckedLedger): string {
  const own = name.slice(`vendors/${vendor}/`.length);
  const isOfLedger = /^(?:ledger\.skc(?:\.leaves)?$|licenses\/)/.test(own);
  return isOfLedger ? join(formerName(stood.chainId), own) : own;
}

function unpack(file: PackedFile, path: string): void {
  makeFolder(dirname(path));
  writingTo(path, (sink) => {
    for (let at = 0; at < file.length; at += PIECE) {
      sink.write(file.read(at, Math.min(PIECE, file.length - at)));
    }
  });
}

/** Ends the ledger of the backup as far as it can be without its keys, and begins the next. */
async function succeed(
  former: CheckedLedger,
  checked: CheckedBackup,
  { data, store, owner, now, lent }: Restoring,
): Promise<RestoredLedger> {
  const { vendor, stood, problems } = former;
  const folder = vendorFolder(data, vendor);
  const { usage } = formerFolder(folder, stood.chainId);
  writingTo(usage, (sink) => writeUsage(sink, former, store));
  const reportedAt =
    store.lastReceipt(vendor)?.vendorTime ?? keptStandIn(store, vendor)?.reportedAt;
  store.beginLedger(vendor, "none");
  // What a ledger lent that stood in itself is lent again, or not.
  rmSync(folder.lent, { recursive: true, force: true });
  if (lent !== undefined) makeFolder(folder.lent);
  for (const { licenseId, text } of lent?.licenses ?? []) {
    writeFileDurably(join(folder.lent, `${licenseId}.sklic`), utf8(text), 0o600);
  }
  const standIn = lent && { ...lent.standIn, ...(reportedAt !== undefined && { reportedAt }) };
  const code: (typeof SUCCESSION_CODES)[number] = "RESTORED_FROM_BACKUP";
  const chainId = await beginSuccessor(folder, store, {
    owner,
    now,
    predecessor: stood,
    incident: {
      type: "incident",
      code,
      evidenceHash: sha256(utf8(former.head)),
      firstSeen: checked.manifest.madeAt,
      count: 1,
    },
    records: [{ kind: "meta", ...standInNote(vendor, standIn) }],
  });
  return { vendor, chainId, former: stood, usage, lent, problems };
}

/** What the vendor has not acknowledged, with the proof of its end that was made with the backup. */
function writeUsage(
  sink: ByteSink,
  { vendor, stood, chain, head, tip }: CheckedLedger,
  store: Store,
): void {
  const rows = store.directory(vendor);
  const selected = selectBlocks(chain, rows, store.lastReceipt(vendor)?.size ?? 0);
  writeBundle(sink, {
    ...stood,
    ...selected,
    directory: rows.filter(({ index }) => index >= selected.fromIndex),
    checkpoint: head,
    tip,
  });
}

/** From the moment that the key is there, the folder is a site. */
function finish({ files }: CheckedBackup, data: DataFolder): void {
  const key = files.get("site.key");
  if (key === undefined) throw new TypeError("a backup without its key was not refused");
  writeFileDurably(data.siteKey, key.read(0, key.length), 0o600);
  rmSync(join(data.path, UNFINISHED), { force: true });
  syncFolder(data.path);
}
