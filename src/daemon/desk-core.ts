import { equalBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { Clock } from "../clock/clock.ts";
import { sha256 } from "../crypto/hash.ts";
import {
  type Block,
  blockLeaf,
  blockLength,
  decodeBlock,
  decodeHeader,
  HEADER_BYTES,
} from "../ledger/block.ts";
import { BlockTree } from "../ledger/block-tree.ts";
import type { LedgerFiles } from "../ledger/ports.ts";
import { verifyPublic } from "../ledger/public-check.ts";
import { chainSource } from "../ledger/reader.ts";
import { type OpenedLedger, SealedLedger } from "../ledger/sealed-ledger.ts";
import { decodeSegmentExt } from "../ledger/segment.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import type { LicenseSite } from "../license/license-checks.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import type { Log } from "../log/log.ts";
import type { Observer } from "../metrics/observer.ts";
import { SeatBook } from "../seats/book.ts";
import type { SeatLimits } from "../seats/terms.ts";
import type { VendorFolder } from "../store/data-folder.ts";
import type { Store } from "../store/database.ts";
import { RealLedgerFiles } from "../store/ledger-files.ts";
import { type AuditTrail, ITSELF } from "./audit-trail.ts";
import { ChainWriter, type PrefaceBlock } from "./chain-writer.ts";
import type { Door } from "./door.ts";
import { provesLeases } from "./entitlement.ts";
import { environmentOf } from "./environment.ts";
import type { NotReady } from "./health.ts";
import { refuseLostLeaves } from "./kept-leaves-check.ts";
import { LicenseShelf } from "./license-shelf.ts";
import type { NamedAuditor } from "./named-auditor.ts";
import { refuseUnfinished } from "./pending-succession.ts";
import { seatTermsNow } from "./seat-terms.ts";
import type { SiteKey } from "./site-key.ts";
import type { SiteTime } from "./site-time.ts";
import { StandingIn } from "./standing-in.ts";

/** What all desks of a site share. */
export interface DeskParts {
  readonly siteKey: SiteKey;
  /** The site's rules of this moment. */
  readonly door: Door;
  /** Who besides the vendor may read what is sealed from now on. */
  readonly auditor: NamedAuditor;
  readonly trail: AuditTrail;
  readonly host: HostFingerprint;
  readonly store: Store;
  readonly clock: Clock;
  readonly time: SiteTime;
  readonly limits: SeatLimits;
  readonly log: Log;
  /** Told of what happens. */
  readonly observer: Observer;
  /** The program's version. */
  readonly version: string;
  /** Whether the run before had closed everything. */
  readonly previousShutdownClean: boolean;
}

/** One vendor's seats and ledger, opened and repaired: what its desk works with. */
export interface DeskCore extends DeskParts {
  readonly vendor: VendorFile;
  readonly folder: VendorFolder;
  readonly files: RealLedgerFiles;
  readonly ledger: SealedLedger;
  readonly book: SeatBook;
  readonly shelf: LicenseShelf;
  /** What licenses must name. */
  readonly site: LicenseSite;
  /** Where the ledger stands in for the one that licenses name. */
  readonly standingIn: StandingIn | undefined;
  readonly writer: ChainWriter;
  /** Over the blocks; undefined where they are not those that the key state was left at. */
  readonly tree: BlockTree | undefined;
  /** What anyone can find wrong with the blocks, as they lay on the disk at the start. */
  readonly damage: readonly NotReady[];
}

/**
 * Opens what stands in `folder`. A crash of the run before is repaired first.
 * @throws LedgerError CHAIN_MISSING, CHAIN_KEY_LOST, GENESIS_MISMATCH, STATE_REGRESSION,
 * EVENT_STORE_REGRESSION: the ledger is not the one that was licensed, or cannot be continued.
 */
export async function openDeskCore(
  parts: DeskParts,
  folder: VendorFolder,
  vendor: VendorFile,
): Promise<DeskCore> {
  const files = new RealLedgerFiles(folder.chain, folder.state);
  try {
    return await openOn(files, parts, folder, vendor);
  } catch (error) {
    files.close();
    throw error;
  }
}

async function openOn(
  files: RealLedgerFiles,
  parts: DeskParts,
  folder: VendorFolder,
  vendor: VendorFile,
): Promise<DeskCore> {
  const { store, time, siteKey, host } = parts;
  refuseUnfinished(store, vendor.name);
  const standingIn = StandingIn.open(store, vendor.name, host.hash, () => time.now());
  const shelf = new LicenseShelf(folder, vendor, standingIn);
  refuseLostLeaves(store, files, chainOf(files));
  const opened = SealedLedger.open(files, store.outbox(vendor.name), {
    vendorName: vendor.name,
    genesisLeaf: genesisWanted(shelf, siteKey),
  });
  const { ledger } = opened;
  const genesis = decodeBlock(firstBlock(files));
  const site = {
    chainId: ledger.chainId,
    genesisLeaf: blockLeaf(genesis.bytes),
    daemonKey: siteKey.signer.publicKey,
    hostHash: host.hash,
    standIn: standingIn?.note,
  };
  shelf.bind(site);
  await keepDirectory(store, vendor.name, genesis);
  const now = time.now();
  const snapshot = store.snapshot(vendor.name);
  const terms = seatTermsNow({ ...parts, shelf, vendor, standingIn });
  const book = SeatBook.restore(snapshot, terms, parts.limits, now);
  const blocks = new BlockTree(files);
  const inspection = inspect(parts, vendor.name, files, site.genesisLeaf, blocks);
  const tree = isTreeOf(blocks, ledger) ? blocks : undefined;
  const writer = new ChainWriter({
    vendor: vendor.name,
    store,
    log: parts.log,
    ledger,
    book,
    now: () => time.now(),
    clocks: () => time.clocks(),
    detail: () => shelf.entitlement.detail,
    trailHead: () => parts.trail.head,
    proves: () => provesLeases(shelf.entitlement),
    sealingKey: () => shelf.sealingKey(),
    auditors: () => auditorsOf(shelf, parts.auditor),
    readers: inspection.readers,
    written: (leaf, offset) => tree?.add(leaf, offset),
    observer: parts.observer,
    preface: [
      ...preface(parts, folder.path, opened),
      // Each run says which day it is, in case the one before could not.
      ...listed(standingIn?.incident(shelf.licenses)),
    ],
    pending: store.pendingCount(vendor.name),
    lastCut: snapshot.lastCut,
  });
  const { damage } = inspection;
  return {
    ...parts,
    vendor,
    folder,
    files,
    ledger,
    book,
    shelf,
    site,
    standingIn,
    writer,
    tree,
    damage,
  };
}

const listed = <Item>(item: Item | undefined): readonly Item[] =>
  item === undefined ? [] : [item];

/** Whom the vendor's licenses and the site's configuration together let read. */
function auditorsOf(shelf: LicenseShelf, { key }: NamedAuditor): readonly Uint8Array[] {
  return key !== undefined && shelf.entitlement.auditorAllowed ? [key] : [];
}

interface Inspection {
  readonly damage: readonly NotReady[];
  /** Key ids of the auditors of the running segment; undefined when no segment could be read. */
  readonly readers: readonly string[] | undefined;
}

/** Seats are granted and blocks written all the same: what is sealed from now on is sound. Fills `tree`. */
function inspect(
  { log, trail }: Pick<DeskParts, "log" | "trail">,
  vendor: string,
  files: LedgerFiles,
  genesisLeaf: Uint8Array,
  tree: BlockTree,
): Inspection {
  const met = (leaf: Uint8Array, offset: number): void => tree.add(leaf, offset);
  const { problems, readers } = verifyPublic(chainSource(files), { genesisLeaf }, met);
  for (const { code, detail } of problems) {
    log.warn("ledger.damaged", { vendor, code, detail });
    trail.note({ act: "ledger.damaged", by: ITSELF, code, about: { vendor } });
  }
  const damage = problems.map(({ code, detail }) => ({
    code,
    reason: `the ledger of ${vendor} is damaged: ${detail}`,
    hint: "keep the data folder, export the usage as it is, and tell the vendor; see seatkeeper ledger verify",
  }));
  return { damage, readers: readers.at(-1)?.auditors };
}

/** From a damaged file nothing can be proven, however sound what follows is. */
function isTreeOf(tree: BlockTree, { size, root }: SealedLedger): boolean {
  return tree.size === size && equalBytes(tree.rootAt(size), root);
}

/** A license names the ledger it was sold for: another one under it is refused, not continued. */
function genesisWanted(shelf: LicenseShelf, { signer }: SiteKey): Uint8Array | undefined {
  const ours = shelf.own.filter(({ daemonKey }) => equalBytes(daemonKey, signer.publicKey));
  return ours.at(-1)?.genesisLeaf;
}

/** Undefined where block 0 cannot be read, which recovery judges. */
function chainOf(files: LedgerFiles): ChainId | undefined {
  try {
    return chainId(toHex(decodeBlock(firstBlock(files)).chainId));
  } catch {
    return undefined;
  }
}

/** The bytes of block 0. */
function firstBlock(files: LedgerFiles): Uint8Array {
  return files.readChain(0, blockLength(decodeHeader(files.readChain(0, HEADER_BYTES))));
}

/** Row 0 of the segment directory comes from block 0 itself, so a new ledger needs no database. */
async function keepDirectory(store: Store, vendor: string, genesis: Block): Promise<void> {
  if (store.directory(vendor).length > 0) return;
  const { enc, readCommit, handoff } = decodeSegmentExt(genesis.ext);
  const row = { segment: 0, index: 0, enc, readCommit, handoff };
  await store.commit({ vendor, records: [{ kind: "directory", row }] });
}

/** What this run has to say before its first block, so that a crash loop writes nothing. */
function preface(parts: DeskParts, folder: string, opened: OpenedLedger): readonly PrefaceBlock[] {
  const { time, host, version, previousShutdownClean } = parts;
  const { wall } = time.now();
  const incidents = opened.findings.map(({ code, detail }): PrefaceBlock => {
    parts.log.warn("ledger.repaired", { code, detail });
    parts.trail.note({ act: "ledger.repaired", by: ITSELF, code, about: {} });
    return {
      type: "incident",
      code,
      evidenceHash: sha256(utf8(detail)),
      firstSeen: wall,
      count: 1,
    };
  });
  return [
    {
      type: "start",
      version,
      bootId: time.bootId,
      previousShutdownClean,
      redoneBlocks: opened.redone,
      ...environmentOf(folder),
      wall,
      hostHash: fromHex(host.hash),
    },
    ...incidents,
  ];
}
