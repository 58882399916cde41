import { existsSync } from "node:fs";
import { equalBytes } from "../base/bytes.ts";
import { days, isoTime, type Moment, type UnixMillis, unixMillis } from "../base/time.ts";
import { type Signer, signerFromSeed } from "../crypto/ed25519.ts";
import { erase } from "../crypto/erase.ts";
import { openKeyFile, type ScryptCost, sealKeyFile } from "../crypto/key-file.ts";
import { sealingKeyId } from "../crypto/key-id.ts";
import { randomBytes } from "../crypto/random.ts";
import { x25519PublicKey } from "../crypto/x25519.ts";
import { VENDOR_NAME } from "../license/fields.ts";
import {
  type Issuer,
  issuerKeyId,
  mayIssueAt,
  readIssuer,
  writeIssuer,
} from "../license/issuer.ts";
import { type VendorFile, writeVendorFile } from "../license/vendor-file.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";
import { VendorError } from "./errors.ts";
import {
  databasePath,
  type KeyRole,
  keyFiles,
  keyPath,
  makeFolder,
  openFolder,
  type VendorFolder,
  vendorFileName,
  writeKeyFile,
} from "./folder.ts";
import { VendorStore } from "./vendor-store.ts";

/** How long an issuing key may sign licenses and receipts, unless another time is asked for: five years. */
export const ISSUING_DAYS = 1_826;

/** The key that signs licenses and receipts, and the root key's word for it. */
export interface Issuing {
  readonly issuer: Issuer;
  readonly signer: Signer;
}

export interface NewVendor {
  readonly path: string;
  readonly name: string;
  readonly passphrase: string;
  readonly now: Moment;
  /** Cost of the key files; tests take a low one. */
  readonly cost?: ScryptCost;
}

/**
 * Makes a vendor: root, issuing and sealing key sealed with the passphrase, the signed vendor file,
 * an empty store.
 * @throws VendorError `VENDOR_NAME`, `VENDOR_EXISTS`, `VENDOR_FOLDER_FAILED`
 */
export function initVendor(options: NewVendor): VendorFolder {
  const { name, path } = options;
  if (!VENDOR_NAME.test(name)) {
    throw new VendorError("VENDOR_NAME", `${JSON.stringify(name)} cannot be a vendor's name`, {
      hint: "use a domain name that is yours, in lower case, like acme.example",
    });
  }
  makeFolder(path, (draft) => {
    const seeds = { root: randomBytes(32), issuing: randomBytes(32), sealing: randomBytes(32) };
    const { text, sealingId } = publicPart(name, seeds, options.now.wall);
    const ids: Readonly<Partial<Record<KeyRole, string>>> = { sealing: sealingId };
    for (const role of ROLES) {
      const sealed = seal(role, name, seeds[role], options);
      writeKeyFile(keyPath(draft, role, ids[role]), sealed);
    }
    erase(seeds.root, seeds.issuing, seeds.sealing);
    VendorStore.create(databasePath(draft)).close();
    writeDurably(`${draft}/${vendorFileName(name)}`, text, 0o644);
  });
  return openFolder(path);
}

/**
 * The issuing key, if it may sign now.
 * @throws VendorError `VENDOR_KEY_MISSING`, `VENDOR_KEY_MISMATCH`, `VENDOR_ISSUER_EXPIRED`
 * @throws CryptoError `KEY_FILE_PASSPHRASE` and its like.
 */
export function unlockIssuing(folder: VendorFolder, passphrase: string, now: Moment): Issuing {
  const issuing = openIssuing(folder, passphrase);
  if (!mayIssueAt(issuing.issuer, now.wall)) throw expired(issuing.issuer);
  return issuing;
}

/**
 * Opens every key once, to see that it opens and belongs to the vendor file.
 * @throws VendorError `VENDOR_KEY_MISSING`, `VENDOR_KEY_MISMATCH`
 * @throws CryptoError `KEY_FILE_PASSPHRASE` and its like.
 */
export function tryKeys(folder: VendorFolder, passphrase: string): void {
  unlockRoot(folder, passphrase);
  openIssuing(folder, passphrase);
  erase(...unlockSealing(folder, passphrase).values());
}

function openIssuing(folder: VendorFolder, passphrase: string): Issuing {
  const issuer = newestIssuer(folder.vendor);
  const keyId = issuer && issuingFileId(folder, issuer);
  const secret = openKey(folder, "issuing", keyId, passphrase);
  const signer = signerFromSeed(secret);
  erase(secret);
  if (issuer === undefined || !equalBytes(issuer.key, signer.publicKey))
    throw mismatch(keyPath(folder.path, "issuing", keyId));
  return { issuer, signer };
}

/**
 * The key that signs vendor files and certificates. To be used for as short as can be.
 * @throws VendorError `VENDOR_KEY_MISSING`, `VENDOR_KEY_MISMATCH`
 * @throws CryptoError `KEY_FILE_PASSPHRASE` and its like.
 */
export function unlockRoot(folder: VendorFolder, passphrase: string): Signer {
  const secret = openKey(folder, "root", undefined, passphrase);
  const signer = signerFromSeed(secret);
  erase(secret);
  if (!equalBytes(signer.publicKey, folder.vendor.rootKey))
    throw mismatch(keyPath(folder.path, "root"));
  return signer;
}

/** The certificates of a vendor, the newest first: that one issues. */
export function issuersOf(vendor: VendorFile): readonly Issuer[] {
  return vendor.issuers
    .map((note) => readIssuer(note, vendor.name, vendor.rootKey))
    .toSorted((left, right) => right.notBefore - left.notBefore);
}

/** What the file of an issuing key is told by: nothing for the one that `init` made. */
function issuingFileId(folder: VendorFolder, issuer: Issuer): string | undefined {
  const id = issuerKeyId(issuer.key);
  return existsSync(keyPath(folder.path, "issuing", id)) ? id : undefined;
}

/**
 * The secrets that open what sites sealed, by key id.
 * @throws VendorError `VENDOR_KEY_MISSING`, `VENDOR_KEY_MISMATCH`
 * @throws CryptoError `KEY_FILE_PASSPHRASE` and its like.
 */
export function unlockSealing(
  folder: VendorFolder,
  passphrase: string,
): ReadonlyMap<string, Uint8Array> {
  return new Map(
    folder.vendor.sealingKeys.map(({ kid }) => {
      const secret = openKey(folder, "sealing", kid, passphrase);
      const found = sealingKeyId(x25519PublicKey(secret));
      if (found !== kid) throw mismatch(keyPath(folder.path, "sealing", kid));
      return [kid, secret];
    }),
  );
}

/**
 * Seals every key file anew. A run that was interrupted is finished by running it again: files
 * that already have the new passphrase stay as they are.
 * @returns how many files were sealed anew.
 * @throws CryptoError `KEY_FILE_PASSPHRASE` when a file opens with neither; nothing is changed then.
 */
export function changePassphrase(
  folder: VendorFolder,
  change: { readonly old: string; readonly next: string; readonly cost?: ScryptCost },
): number {
  const resealed = keyFiles(folder).flatMap((path) => {
    const text = readIfThere(path) ?? "";
    if (opensWith(text, change.next)) return [];
    const { kind, name, secret } = openKeyFile(text, change.old);
    const sealed = sealKeyFile({ kind, name, secret, passphrase: change.next, ...costOf(change) });
    erase(secret);
    return [{ path, sealed }];
  });
  for (const { path, sealed } of resealed) writeKeyFile(path, sealed);
  return resealed.length;
}

const newestIssuer = (vendor: VendorFile): Issuer | undefined => issuersOf(vendor)[0];

const ROLES: readonly KeyRole[] = ["root", "issuing", "sealing"];

function publicPart(
  name: string,
  seeds: Readonly<Record<KeyRole, Uint8Array>>,
  now: UnixMillis,
): { readonly text: string; readonly sealingId: string } {
  const root = signerFromSeed(seeds.root);
  const sealingKey = x25519PublicKey(seeds.sealing);
  const sealingId = sealingKeyId(sealingKey);
  const issuer = writeIssuer(
    {
      vendor: name,
      key: signerFromSeed(seeds.issuing).publicKey,
      notBefore: now,
      notAfter: unixMillis(now + days(ISSUING_DAYS)),
    },
    root,
  );
  const fields: Omit<VendorFile, "text"> = {
    name,
    rootKey: root.publicKey,
    sealingKeys: [{ kid: sealingId, key: sealingKey, notBefore: now, notAfter: null }],
    issuers: [issuer],
    createdAt: now,
  };
  return { text: writeVendorFile(fields, root), sealingId };
}

/** How a new key file is sealed. */
export interface Sealing {
  readonly passphrase: string;
  /** Cost of the key file; tests take a low one. */
  readonly cost?: ScryptCost;
}

/** A secret as the text of its key file. */
export function seal(role: KeyRole, name: string, secret: Uint8Array, options: Sealing): string {
  return sealKeyFile({
    kind: role,
    name,
    secret,
    passphrase: options.passphrase,
    ...costOf(options),
  });
}

const costOf = ({ cost }: { readonly cost?: ScryptCost }): { readonly cost?: ScryptCost } =>
  cost === undefined ? {} : { cost };

function openKey(
  folder: VendorFolder,
  role: KeyRole,
  keyId: string | undefined,
  passphrase: string,
): Uint8Array {
  const path = keyPath(folder.path, role, keyId);
  const text = readIfThere(path);
  if (text === undefined) {
    throw new VendorError("VENDOR_KEY_MISSING", `no ${role} key at ${path}`, {
      hint: "put the key file back from your backup",
    });
  }
  const opened = openKeyFile(text, passphrase);
  if (opened.kind !== role || opened.name !== folder.vendor.name) throw mismatch(path);
  return opened.secret;
}

function opensWith(text: string, passphrase: string): boolean {
  try {
    erase(openKeyFile(text, passphrase).secret);
    return true;
  } catch {
    return false;
  }
}

function mismatch(path: string): VendorError {
  return new VendorError("VENDOR_KEY_MISMATCH", `${path} is not a key of this vendor file`, {
    hint: "vendor file and keys belong together; restore both from one backup",
  });
}

function expired(issuer: Issuer): VendorError {
  const from = isoTime(issuer.notBefore);
  const until = issuer.notAfter === null ? "ever" : isoTime(issuer.notAfter);
  return new VendorError(
    "VENDOR_ISSUER_EXPIRED",
    `the issuing key signs from ${from} to ${until}, which is not now`,
    {
      hint: "check this computer's clock; after that time: seatkeeper-vendor keys rotate --issuing",
    },
  );
}
