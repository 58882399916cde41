import { existsSync, renameSync, rmSync } from "node:fs";
import { fromUtf8, toBase64Url, utf8 } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Config } from "../config/config.ts";
import { writeDaemonKeyCertificate } from "../license/daemon-key.ts";
import {
  checkDataFolder,
  type DataFolder,
  dataFolder,
  syncFolder,
  writeFileDurably,
} from "../store/data-folder.ts";
import { openStore, type Store } from "../store/database.ts";
import { REPLACED } from "./ended-ledger.ts";
import { DaemonError } from "./errors.ts";
import { type InitParts, SITE_PARTS } from "./init-site.ts";
import { LicenseShelf } from "./license-shelf.ts";
import { readOwnFile } from "./own-file.ts";
import { type PendingSuccession, pendingSuccession } from "./pending-succession.ts";
import { recordedCommand } from "./recorded-command.ts";
import {
  type KnownVendor,
  oneVendor,
  readSiteKey,
  readVendors,
  siteMissing,
} from "./site-files.ts";
import { decodeSiteKey, type SiteKey, siteKeyTextAfter } from "./site-key.ts";
import { decide, finish, readToEnd, type SucceededLedger } from "./succeed-ledger.ts";

/** A site with another daemon key than before. */
export interface ReplacedSiteKey {
  /** Whether the former key was there to certify it. */
  readonly isCertified: boolean;
  /** Of each vendor; those that an earlier call has dealt with are left out. */
  readonly ledgers: readonly SucceededLedger[];
  /** Enrolment tokens that prove nothing any more. */
  readonly tokens: number;
}

/**
 * Gives the site a new daemon key. A ledger belongs to the key that its first block names, so each is
 * ended where it stands and succeeded by one under the new key; the former key certifies the new one
 * to the vendor, if it is still there. Pseudonyms stay the same unless the whole file was lost.
 *
 * From the moment that the new key lies beside the old, nothing is served until a call has come to
 * its end: one that was cut off is gone on with by the next.
 *
 * @param asked the vendor whose license is asked for next; may be left out where there is one.
 * @throws DaemonError VENDOR_NOT_HERE, VENDOR_NOT_NAMED, SITE_MISSING, SITE_KEY_DAMAGED, SITE_KEY_UNBOUND; LedgerError CHAIN_MISSING,
 * GENESIS_MISMATCH; StoreError STORE_LOCKED while a daemon runs.
 */
export async function replaceSiteKey(
  config: Config,
  asked?: string,
  parts: Partial<InitParts> = {},
): Promise<ReplacedSiteKey> {
  const { clock, host } = { ...SITE_PARTS, ...parts };
  checkDataFolder(config.dataDir);
  const data = dataFolder(config.dataDir);
  const { vendors } = readVendors(data);
  if (vendors.length === 0) throw siteMissing(data.path);
  oneVendor(new Map(vendors.map((known) => [known.file.name, known])), asked);
  const formerKey = existsSync(data.siteKey) ? readSiteKey(data) : undefined;
  const store = openStore(data.database);
  try {
    return await recordedCommand({ store, clock }, "site.rekey", async () => {
      const siteKey = beginKey(data, vendors, formerKey);
      const now = clock.now().wall;
      const work = { store, siteKey, formerKey, host: host(), now };
      const left = vendors.filter(({ file }) => !isDone(store, file.name, siteKey));
      // All are read before one is decided: what is wrong with any of them leaves the site as it was.
      const decisions = left.map((known) => decisionFor(known, work));
      writeFileDurably(data.nextSiteKey, utf8(siteKey.text), 0o600);
      const ledgers: SucceededLedger[] = [];
      for (const decision of decisions) {
        // oxlint-disable-next-line no-await-in-loop -- the disk is one
        ledgers.push(await succeed(decision, work));
      }
      const tokens = endTokens(store, now);
      renameSync(data.nextSiteKey, data.siteKey);
      syncFolder(data.path);
      return { isCertified: formerKey !== undefined, ledgers, tokens };
    });
  } finally {
    store.close();
  }
}

interface Work {
  readonly store: Store;
  readonly siteKey: SiteKey;
  readonly formerKey: SiteKey | undefined;
  readonly host: ReturnType<InitParts["host"]>;
  readonly now: UnixMillis;
}

/** A ledger, and the succession that is due: found decided, or ready to be. */
interface Decision {
  readonly known: KnownVendor;
  readonly take: () => PendingSuccession;
}

function decisionFor(known: KnownVendor, { store, siteKey, formerKey }: Work): Decision {
  const pending = pendingSuccession(store, known.file.name);
  if (pending !== undefined) return { known, take: () => pending };
  const keys = { formerKey, siteKey: formerKey ?? siteKey };
  const ended = readToEnd(known, store, keys, REPLACED);
  return { known, take: () => decide(store, known, ended) };
}

async function succeed({ known, take }: Decision, work: Work): Promise<SucceededLedger> {
  const { store, siteKey, host, now } = work;
  const pending = take();
  // Before the succession is done: after it nobody asks which ledger was before.
  certify(known, pending, work);
  const record = { kind: "meta", key: keyOf(known.file.name), value: nameOf(siteKey) } as const;
  return finish(pending, { siteKey, known, store, host, now, records: [record] });
}

function certify(
  { file, folder }: KnownVendor,
  { predecessor }: PendingSuccession,
  { siteKey, formerKey, now }: Work,
): void {
  if (formerKey === undefined) {
    rmSync(folder.keyCertificate, { force: true });
    return;
  }
  const { chainId } = predecessor;
  const daemonKey = siteKey.signer.publicKey;
  const fields = { vendor: file.name, chainId, daemonKey, createdAt: now };
  const note = writeDaemonKeyCertificate(fields, formerKey.signer);
  writeFileDurably(folder.keyCertificate, utf8(note), 0o600);
}

/**
 * A token names the daemon key that it is for. Clients show it to no other; but whoever has stolen that
 * key may have been shown it.
 */
function endTokens(store: Store, now: UnixMillis): number {
  const put = store
    .enrolments()
    .filter(({ revokedAt }) => revokedAt === null)
    .map((enrolment) => ({ ...enrolment, revokedAt: now }));
  store.changeEnrolments({ put });
  return put.length;
}

/** The new key of a call that was cut off, or a fresh one. @throws DaemonError SITE_KEY_UNBOUND. */
function beginKey(
  data: DataFolder,
  vendors: readonly KnownVendor[],
  formerKey: SiteKey | undefined,
): SiteKey & { readonly text: string } {
  const isBegun = existsSync(data.nextSiteKey);
  if (!isBegun) refuseUnbound(vendors);
  const bytes = isBegun ? readOwnFile(data.nextSiteKey) : utf8(siteKeyTextAfter(formerKey));
  return { ...decodeSiteKey(bytes, data.nextSiteKey), text: fromUtf8(bytes) };
}

/** A second new key on the heels of the first would cut the vendor's record of who succeeds whom. */
function refuseUnbound(vendors: readonly KnownVendor[]): void {
  if (vendors.some(({ file, folder }) => new LicenseShelf(folder, file).all.length > 0)) return;
  throw new DaemonError("SITE_KEY_UNBOUND", "no license is bound to this site's daemon key yet", {
    hint: "run seatkeeper license request without --rekey",
  });
}

const isDone = (store: Store, vendor: string, siteKey: SiteKey): boolean =>
  store.meta(keyOf(vendor)) === nameOf(siteKey);

const nameOf = ({ signer }: SiteKey): string => toBase64Url(signer.publicKey);
const keyOf = (vendor: string): string => `ledger under daemon key ${vendor}`;
