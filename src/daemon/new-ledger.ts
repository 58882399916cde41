import { fromHex } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import { randomBytes, randomHex } from "../crypto/random.ts";
import { type Genesis, makeGenesis } from "../ledger/genesis.ts";
import type { Predecessor } from "../ledger/payload.ts";
import type { HostFingerprint } from "../license/host-fingerprint.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import type { VendorFile } from "../license/vendor-file.ts";
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
