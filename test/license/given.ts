import { fromHex, utf8 } from "../../src/base/bytes.ts";
import { type ChainId, chainId } from "../../src/base/ids.ts";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { sha256 } from "../../src/crypto/hash.ts";
import { sealingKeyId } from "../../src/crypto/key-id.ts";
import { x25519PublicKey } from "../../src/crypto/x25519.ts";
import { writeIssuer } from "../../src/license/issuer.ts";
import { type LicenseFields, writeLicense } from "../../src/license/license.ts";
import {
  type SupersedeFields,
  type SupersedeTrust,
  writeSupersede,
} from "../../src/license/supersede.ts";
import { decodeTerms, type Terms } from "../../src/license/terms.ts";
import type { VendorFile } from "../../src/license/vendor-file.ts";
import { chainOrigin, signHead } from "../../src/note/checkpoint.ts";
import { signNote } from "../../src/note/signed-note.ts";

const signerOf = (name: string): Signer => signerFromSeed(sha256(utf8(`license test ${name}`)));

export const vendor = "acme.example";
export const root: Signer = signerOf("root");
export const issuing: Signer = signerOf("issuing");
export const daemon: Signer = signerOf("daemon");
export const mallory: Signer = signerOf("mallory");

/** 2026-11-22T12:00:00Z. */
export const noon: UnixMillis = unixMillis(1_795_348_800_000);
/** 2026-01-01 to 2028-01-01. */
export const issuerFrom: UnixMillis = unixMillis(1_767_225_600_000);
export const issuerUntil: UnixMillis = unixMillis(1_830_297_600_000);

export const chain: ChainId = chainId("7150aa1c43ca3113b40a372c4f9f6db5");
export const origin: string = chainOrigin(vendor, chain);
export const genesisLeaf: Uint8Array = fromHex(
  "8866171e99f54d2f75629484f08d81195b74a8c60a12573845547247b1a50a76",
);
export const hostHash: string = "ab".repeat(32);

const sealingPublic = x25519PublicKey(sha256(utf8("license test sealing")));

export const issuerNote: string = writeIssuer(
  { vendor, key: issuing.publicKey, notBefore: issuerFrom, notAfter: issuerUntil },
  root,
);

export const vendorFields: Omit<VendorFile, "text"> = {
  name: vendor,
  rootKey: root.publicKey,
  sealingKeys: [
    { kid: sealingKeyId(sealingPublic), key: sealingPublic, notBefore: issuerFrom, notAfter: null },
  ],
  issuers: [issuerNote],
  createdAt: noon,
};

const plainTerms: Terms = decodeTerms({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 3 }],
});

export const licenseFields: LicenseFields = {
  licenseId: "00112233445566778899aabbccddeeff",
  vendor,
  issuedAt: noon,
  chainId: chain,
  genesisLeaf,
  daemonKey: daemon.publicKey,
  hostFingerprint: { hash: hostHash, parts: ["machine-id"] },
  sealingKeyId: sealingKeyId(sealingPublic),
  issuer: issuerNote,
  terms: plainTerms,
};

export const trust: { readonly vendorName: string; readonly rootKey: Uint8Array } = {
  vendorName: vendor,
  rootKey: root.publicKey,
};

/** A license with other fields than the usual ones. */
export function licenseWith(fields: Partial<LicenseFields>, signer: Signer = issuing): string {
  return writeLicense({ ...licenseFields, ...fields }, signer);
}

/** A note whose text was edited by somebody who can sign it again. */
export function resigned(
  note: string,
  name: string,
  signer: Signer,
  edit: (text: string) => string,
): string {
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
  return signNote(edit(text), { name, signer });
}

/** The head of size 1 that goes with a request. */
export const firstHead: string = signHead(
  { origin, size: 1, root: genesisLeaf },
  { name: origin, signer: daemon },
);

/** Whom a supersede note of this ledger must come from. */
export const noteTrust: SupersedeTrust = {
  ...trust,
  chainId: chain,
  daemonKey: daemon.publicKey,
};

/** The vendor accepts a head of 12 blocks, with other fields than the usual ones. */
export function supersedeWith(
  fields: Partial<SupersedeFields> = {},
  signer: Signer = issuing,
): string {
  const twelve = { origin, size: 12, root: sha256(utf8("twelve blocks")) };
  const head = signHead(twelve, { name: origin, signer: daemon });
  return writeSupersede(
    {
      vendor,
      chainId: chain,
      number: 2,
      head,
      abandonedUpTo: 18,
      abandoned: [{ size: 18, root: sha256(utf8("eighteen blocks")) }],
      reason: "the disk was put back after a crash",
      issuedAt: noon,
      issuer: issuerNote,
      ...fields,
    },
    signer,
  );
}
