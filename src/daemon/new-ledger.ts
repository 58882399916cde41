import { fromHex } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { randomBytes, randomHex } from "../crypto/random.ts";
import { type Genesis, makeGenesis } from "../ledger/genesis.ts";
import type { IncidentPayload, Predecessor } from "../ledger/payload.ts";
import { SealedLedger } from "../ledger/sealed-ledger.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import type { VendorFile } from "../license/vendor-file.ts";
import type { VendorFolder } from "../store/data-folder.ts";
import type { Store, StoreRecord } from "../store/database.ts";
import { RealLedgerFiles } from "../store/ledger-files.ts";
import type { SiteKey } from "./site-key.ts";

/** Whose ledger begins, and where. */
export interface LedgerOwner {
  readonly vendor: VendorFile;
  readonly siteKey: SiteKey;
  readonly host: HostFingerprint;
}

/** The first block of a ledger, for the vendor's newest key, and the keys behind it. */
export function newGenesis(
  { vendor, siteKey, host }: LedgerOwner,
  createdAt: UnixMillis,
  predecessor?: Predecessor,
): Genesis {
  return makeGenesis({
    vendorName: vendor.name,
    sealingKey: newestSealingKey([vendor]).key,
    daemonKey: siteKey.signer.publicKey,
    hostHash: fromHex(host.hash),
    requestId: randomHex(16),
    createdAt,
    ...(predecessor === undefined ? {} : { predecessor }),
    random: randomBytes,
  });
}

/** A ledger that stands in the place of another, and why. */
export interface Successor {
  readonly owner: LedgerOwner;
  readonly now: UnixMillis;
  readonly predecessor: Predecessor;
  readonly incident: IncidentPayload;
  /** Kept together with the block that says so. */
  readonly records?: readonly StoreRecord[];
}

/**
 * Makes the ledger in `folder`, where there is none, with the incident as its block 1. The database
 * must have forgotten the numbers of the one before.
 */
export async function beginSuccessor(
  folder: VendorFolder,
  store: Store,
  { owner, now, predecessor, incident, records = [] }: Successor,
): Promise<ChainId> {
  const files = new RealLedgerFiles(folder.chain, folder.state);
  try {
    const vendor = owner.vendor.name;
    const ledger = SealedLedger.create(files, newGenesis(owner, now, predecessor), vendor);
    const seal = (): ReturnType<SealedLedger["prepare"]> => ledger.prepare(incident);
    const prepared = await store.commit({ vendor, records, seal });
    if (prepared !== undefined) ledger.publish(prepared);
    return ledger.chainId;
  } finally {
    files.close();
  }
}
