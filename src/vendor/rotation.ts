import { rmSync } from "node:fs";
import { basename } from "node:path";
import { days, isoTime, type Moment, type UnixMillis, unixMillis } from "../base/time.ts";
import { type Signer, signerFromSeed } from "../crypto/ed25519.ts";
import { erase } from "../crypto/erase.ts";
import { sealingKeyId } from "../crypto/key-id.ts";
import { randomBytes } from "../crypto/random.ts";
import { x25519PublicKey } from "../crypto/x25519.ts";
import { type Issuer, issuerKeyId, readIssuer, writeIssuer } from "../license/issuer.ts";
import { newestSealingKey } from "../license/sealing-keys.ts";
import { type SealingKey, type VendorFile, writeVendorFile } from "../license/vendor-file.ts";
import { reporting, syncFolder, writeDurably } from "./durable-file.ts";
import { VendorError } from "./errors.ts";
import { keyFiles, keyPath, openFolder, type VendorFolder, writeKeyFile } from "./folder.ts";
import { issuersOf, type Sealing, seal, unlockRoot } from "./keys.ts";
import type { VendorStore } from "./vendor-store.ts";

/** How long sites may still begin segments under the former sealing key, unless asked otherwise. */
export const OVERLAP_DAYS = 366;

export interface Rotation extends Sealing {
  readonly now: Moment;
  /** Of the new issuing key: how long it may sign. Of the former sealing key: how much longer it is used. */
  readonly days: number;
}

/**
 * Makes a new issuing key, certified by the root key, and removes the former one's secret. What the
 * former one signed holds as before. The vendor file is the moment it counts: a crash before leaves
 * a key file that nobody uses, a crash after it one that the next rotation removes.
 * @throws VendorError `VENDOR_KEY_FUTURE`, and as `unlockRoot`.
 */
export function rotateIssuing(path: string, store: VendorStore, rotation: Rotation): Issuer {
  return changingVendorFile(path, store, rotation, ({ folder, root, now }) => {
    const { vendor } = folder;
    refuseEarlier(issuersOf(vendor)[0]?.notBefore, now);
    const seed = randomBytes(32);
    const { publicKey: key } = signerFromSeed(seed);
    const notAfter = unixMillis(now + days(rotation.days));
    const text = writeIssuer({ vendor: vendor.name, key, notBefore: now, notAfter }, root);
    const file = keyPath(folder.path, "issuing", issuerKeyId(key));
    writeKeyFile(file, seal("issuing", vendor.name, seed, rotation));
    erase(seed);
    const result = readIssuer(text, vendor.name, vendor.rootKey);
    return {
      result,
      changes: { issuers: [text, ...vendor.issuers] },
      afterwards: () => removeIssuingKeys(folder, file),
    };
  });
}

/** The new key to seal to, and the one before it. */
export interface RotatedSealing {
  readonly current: SealingKey;
  readonly former: SealingKey;
}

/**
 * Makes a new sealing key. Its former one ends after an overlap in which sites come to the new one
 * with their licenses; its secret stays for good, as it opens what was sealed to it.
 * @throws VendorError `VENDOR_KEY_FUTURE`, and as `unlockRoot`.
 */
export function rotateSealing(
  path: string,
  store: VendorStore,
  rotation: Rotation,
): RotatedSealing {
  return changingVendorFile(path, store, rotation, ({ folder, now }) => {
    const { vendor } = folder;
    const before = newestSealingKey([vendor]);
    refuseEarlier(before.notBefore, now);
    const seed = randomBytes(32);
    const key = x25519PublicKey(seed);
    const kid = sealingKeyId(key);
    writeKeyFile(
      keyPath(folder.path, "sealing", kid),
      seal("sealing", vendor.name, seed, rotation),
    );
    erase(seed);
    const end = unixMillis(now + days(rotation.days));
    const former = { ...before, notAfter: end };
    const current: SealingKey = { kid, key, notBefore: now, notAfter: null };
    const others = vendor.sealingKeys.filter((each) => each.kid !== before.kid);
    return {
      result: { current, former },
      changes: { sealingKeys: [current, former, ...others] },
      afterwards: () => undefined,
    };
  });
}

interface Bench {
  readonly folder: VendorFolder;
  readonly root: Signer;
  readonly now: UnixMillis;
}

interface Change<Result> {
  readonly result: Result;
  readonly changes: Partial<Pick<VendorFile, "issuers" | "sealingKeys">>;
  /** What may be done once the vendor file is in place. */
  readonly afterwards: () => void;
}

/** Two rotations at once would write over one another's vendor file: the store makes them wait. */
function changingVendorFile<Result>(
  path: string,
  store: VendorStore,
  { passphrase, now }: Rotation,
  decide: (bench: Bench) => Change<Result>,
): Result {
  return store.write(() => {
    const folder = openFolder(path);
    const root = unlockRoot(folder, passphrase);
    const { result, changes, afterwards } = decide({ folder, root, now: now.wall });
    const text = writeVendorFile({ ...folder.vendor, ...changes, createdAt: now.wall }, root);
    writeDurably(folder.vendorFilePath, text, 0o644);
    afterwards();
    return result;
  });
}

/** The key that began last is the one in use; one that began earlier would never be. */
function refuseEarlier(newest: UnixMillis | undefined, now: UnixMillis): void {
  if (newest === undefined || now > newest) return;
  throw new VendorError("VENDOR_KEY_FUTURE", `the present key began on ${isoTime(newest)}`, {
    hint: "that is not in the past: check this computer's clock; nothing was changed",
  });
}

function removeIssuingKeys(folder: VendorFolder, but: string): void {
  const former = keyFiles(folder).filter(
    (path) => basename(path).startsWith("issuing") && path !== but,
  );
  for (const path of former) reporting(path, () => rmSync(path));
  if (former.length > 0) reporting(folder.path, () => syncFolder(`${folder.path}/keys`));
}
