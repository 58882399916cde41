import { existsSync, renameSync, rmSync } from "node:fs";
import { equalBytes } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Config } from "../config/config.ts";
import type { Predecessor } from "../ledger/payload.ts";
import { SLOT_BYTES } from "../ledger/ports.ts";
import { makeFolder, syncFolder, type VendorFolder } from "../store/data-folder.ts";
import { openStore, type Store, type StoreRecord } from "../store/database.ts";
import { RealLedgerFiles } from "../store/ledger-files.ts";
import { type EndedLedger, type EndingCode, endLedger, writeLastBundle } from "./ended-ledger.ts";
import { formerFolder, writingTo } from "./former-ledger.ts";
import { type InitParts, SITE_PARTS } from "./init-site.ts";
import { LicenseShelf } from "./license-shelf.ts";
import { beginSuccessor } from "./new-ledger.ts";
import {
  doneNote,
  evidenceOf,
  type PendingSuccession,
  pendingSuccession,
  successionNote,
} from "./pending-succession.ts";
import { recordedCommand } from "./recorded-command.ts";
import { type KnownVendor, oneVendor, readSiteFiles } from "./site-files.ts";
import type { SiteKey } from "./site-key.ts";

/** A ledger that another one has taken the place of. */
export interface SucceededLedger {
  readonly vendor: string;
  readonly chainId: ChainId;
  readonly former: Predecessor;
  /** Why the former one could not be continued. */
  readonly code: EndingCode;
  /** The bundle of what the vendor had not acknowledged: a file in the data folder. */
  readonly usage: string;
}

/**
 * Ends a ledger that cannot be continued, keeps it, and begins another in its place that names it.
 * Seats, lists and figures stay. Usage that waits is sealed by the new ledger; where the database is
 * older than the ledger, the old one has sealed it already, and it is dropped.
 *
 * Everything up to the database's COMMIT may be thrown away; after it, a second call goes on where
 * the first was cut off.
 *
 * @param vendor may be left out where the site has one.
 * @throws DaemonError SUCCESSION_NEEDLESS, VENDOR_NOT_HERE, VENDOR_NOT_NAMED, SITE_MISSING;
 * LedgerError CHAIN_MISSING, GENESIS_MISMATCH; StoreError STORE_LOCKED while a daemon runs.
 */
export async function succeedLedger(
  config: Config,
  vendor?: string,
  parts: Partial<InitParts> = {},
): Promise<SucceededLedger> {
  const { clock, host } = { ...SITE_PARTS, ...parts };
  const site = readSiteFiles(config.dataDir);
  const known = oneVendor(new Map(site.vendors.map((each) => [each.file.name, each])), vendor);
  const store = openStore(site.data.database);
  try {
    return await recordedCommand({ store, clock }, "ledger.succeed", () => {
      const { siteKey } = site;
      const pending =
        pendingSuccession(store, known.file.name) ??
        decide(store, known, readToEnd(known, store, { formerKey: siteKey, siteKey }));
      const now = clock.now().wall;
      return finish(pending, { siteKey, known, store, host: host(), now });
    });
  } finally {
    store.close();
  }
}

/** Who signed the ledger that ends, and who says so. */
export interface EndingKeys {
  /** Undefined where it is lost. */
  readonly formerKey: SiteKey | undefined;
  /** Signs the head of the last bundle. */
  readonly siteKey: SiteKey;
}

/**
 * Reads the old ledger to its end and writes its last bundle. That may be thrown away: nothing is
 * decided yet.
 * @param whole why a ledger ends that could be continued; without it, such a one is refused.
 */
export function readToEnd(
  { file, folder }: KnownVendor,
  store: Store,
  { formerKey, siteKey }: EndingKeys,
  whole?: EndingCode,
): EndedLedger {
  const vendor = file.name;
  const files = new RealLedgerFiles(folder.chain, folder.state);
  try {
    const genesisLeaf = licensedLeaf({ file, folder }, formerKey);
    const options = { vendorName: vendor, genesisLeaf };
    const ended = endLedger(files, store.outbox(vendor), options, whole);
    const former = formerFolder(folder, ended.chainId);
    // What an earlier call left before it had decided.
    rmSync(former.path, { recursive: true, force: true });
    makeFolder(former.path);
    const ackSize = store.lastReceipt(vendor)?.size ?? 0;
    writingTo(former.usage, (sink) =>
      writeLastBundle(sink, files, ended, { vendor, siteKey, ackSize }),
    );
    return ended;
  } finally {
    files.close();
  }
}

/** Gives up the numbers of the old ledger: from here on there is no way back. */
export function decide(store: Store, { file }: KnownVendor, ended: EndedLedger): PendingSuccession {
  store.beginLedger(file.name, waitingOf(ended), successionNote(file.name, ended));
  const { chainId, size, root, code } = ended;
  return { predecessor: { chainId, size, root }, code };
}

/**
 * An older database has events that were sealed after it was copied. With lost keys it is the ledger
 * that fell behind, and nobody else will ever seal what waits.
 */
function waitingOf({ code }: EndedLedger): "kept" | "dropped" {
  return code === "EVENT_STORE_REGRESSION" ? "dropped" : "kept";
}

function licensedLeaf(
  { file, folder }: KnownVendor,
  key: SiteKey | undefined,
): Uint8Array | undefined {
  const { licenses } = new LicenseShelf(folder, file);
  const ours = licenses.filter(
    ({ daemonKey }) => key === undefined || equalBytes(daemonKey, key.signer.publicKey),
  );
  return ours.at(-1)?.genesisLeaf;
}

export interface Finishing {
  /** Signs for the new ledger. */
  readonly siteKey: SiteKey;
  readonly known: KnownVendor;
  readonly store: Store;
  readonly host: LedgerHost;
  readonly now: UnixMillis;
  /** Kept together with the new ledger's first words. */
  readonly records?: readonly StoreRecord[];
}

type LedgerHost = ReturnType<InitParts["host"]>;

/** Each step may have been done before. */
export async function finish(
  { predecessor, code }: PendingSuccession,
  { siteKey, known, store, host, now, records = [] }: Finishing,
): Promise<SucceededLedger> {
  const { file, folder } = known;
  const vendor = file.name;
  const { chainId: id } = predecessor;
  const former = formerFolder(folder, id);
  if (!existsSync(former.chain) && existsSync(folder.chain)) renameSync(folder.chain, former.chain);
  if (existsSync(folder.leaves)) renameSync(folder.leaves, former.leaves);
  if (!existsSync(former.licenses)) renameSync(folder.licenses, former.licenses);
  makeFolder(folder.licenses);
  syncFolder(former.path);
  syncFolder(folder.path);
  // A new ledger that nobody has heard of: its INCIDENT would have ended the succession.
  rmSync(folder.chain, { force: true });
  eraseKeys(folder);
  const chainId = await beginSuccessor(folder, store, {
    owner: { vendor: file, siteKey, host },
    now,
    predecessor,
    incident: {
      type: "incident",
      code,
      evidenceHash: evidenceOf(predecessor),
      firstSeen: now,
      count: 1,
    },
    records: [{ kind: "meta", ...doneNote(vendor) }, ...records],
  });
  return { vendor, chainId, former: predecessor, code, usage: former.usage };
}

/** In place: the keys of the ledger that has ended must not stay on the medium. */
function eraseKeys(folder: VendorFolder): void {
  const files = new RealLedgerFiles(folder.chain, folder.state);
  try {
    files.writeSlot(0, new Uint8Array(SLOT_BYTES));
    files.writeSlot(1, new Uint8Array(SLOT_BYTES));
    files.syncState();
  } finally {
    files.close();
  }
}
