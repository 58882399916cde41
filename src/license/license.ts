import { z } from "zod";
import { toBase64Url } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import { isoTime, type UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { chainOrigin } from "../note/checkpoint.ts";
import type { NoteError } from "../note/errors.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  type FieldProblem,
  hex8,
  hex16,
  idOf,
  mapOf,
  moment,
  vendorNameField,
  wholeNumber,
} from "./fields.ts";
import {
  encodeHostFingerprint,
  type HostFingerprint,
  hostFingerprintField,
} from "./host-fingerprint.ts";
import { type Issuer, issuerKeyName, mayIssueAt, readIssuer } from "./issuer.ts";
import { type Revocations, readRevocations } from "./revocations.ts";
import { readSigned } from "./signed-body.ts";
import { readSupersede, type Supersede, type SupersedeTrust } from "./supersede.ts";
import { encodeTerms, SIGNED_TERMS, type Terms } from "./terms.ts";
import { readVendorFile, type VendorFile } from "./vendor-file.ts";

/** Terms, bound to one ledger, one daemon key and one host. */
export interface License {
  /** 16 random bytes in lower-case hex. */
  readonly licenseId: string;
  readonly vendor: string;
  readonly issuedAt: UnixMillis;
  readonly chainId: ChainId;
  /** RFC 6962 leaf hash of the ledger's first block: 32 bytes. */
  readonly genesisLeaf: Uint8Array;
  /** Ed25519, 32 bytes. */
  readonly daemonKey: Uint8Array;
  /** `chainOrigin(vendor, chainId)`. */
  readonly origin: string;
  readonly hostFingerprint: HostFingerprint;
  /** The key to which new segments are sealed: 16 hex digits. */
  readonly sealingKeyId: string;
  /** The certificate of the key that signed: a note. */
  readonly issuer: string;
  /** The ledger's set of algorithms. */
  readonly suite: 1;
  readonly terms: Terms;
  /** What of the ledger the vendor had acknowledged; null before its first receipt. */
  readonly acknowledged: AcknowledgedTree | null;
  /** By the same root key: brings keys that the site's own vendor file does not have yet. */
  readonly vendorFile?: VendorFile;
  /** By the same root key: what the vendor did not stand by when it issued the license. */
  readonly revocations?: Revocations;
  /** Which branch of the ledger is the ledger, where the vendor had to say so. */
  readonly supersede?: Supersede;
  /** The exact note. */
  readonly text: string;
}

/** How a ledger began, by the vendor's word. */
export interface AcknowledgedTree {
  /** Blocks, 1 at least. */
  readonly size: number;
  /** RFC 6962 root over them: 32 bytes. */
  readonly root: Uint8Array;
}

/** What a vendor decides; suite and origin follow. */
export type LicenseFields = Omit<License, "text" | "suite" | "origin" | "acknowledged"> &
  Partial<Pick<License, "acknowledged">>;

/** Signed by the issuing key that `fields.issuer` certifies. */
export function writeLicense(fields: LicenseFields, issuerSigner: Signer): string {
  const { acknowledged = null } = fields;
  const body = {
    license_id: fields.licenseId,
    vendor: fields.vendor,
    issued_at: fields.issuedAt,
    chain_id: fields.chainId,
    genesis_leaf: toBase64Url(fields.genesisLeaf),
    daemon_key: toBase64Url(fields.daemonKey),
    origin: chainOrigin(fields.vendor, fields.chainId),
    host: encodeHostFingerprint(fields.hostFingerprint),
    sealing_key: fields.sealingKeyId,
    suite: 1,
    terms: encodeTerms(fields.terms),
    ...(acknowledged && {
      acknowledged: { size: acknowledged.size, root: toBase64Url(acknowledged.root) },
    }),
    issuer: fields.issuer,
    // Below `ext`, so that releases which do not look for it can read the license too.
    ext: extensionsOf(fields),
  };
  const signer = { name: issuerKeyName(fields.vendor), signer: issuerSigner };
  return writeJsonNote("license", body, signer, { pretty: true });
}

/**
 * A license that chains to the vendor's root key: the root key certified the issuing key, which
 * signed the license while it was allowed to. Says nothing yet about this site or the present
 * moment: see `license-checks.ts`.
 * @throws LicenseError `LICENSE_WRONG_VENDOR`, `LICENSE_ISSUER`, `LICENSE_ISSUER_EXPIRED`,
 * `LICENSE_SIGNATURE`, `LICENSE_UNSIGNED`, `LICENSE_FIELD`, `LICENSE_UNKNOWN_FIELD`, `LICENSE_FORMAT`,
 * and as `readVendorFile`, `readRevocations` and `readSupersede` for what is inside.
 * @throws NoteError when it is no note of this kind.
 */
export function readLicense(
  file: string | Uint8Array,
  trust: { readonly vendorName: string; readonly rootKey: Uint8Array },
): License {
  const claims = decodeWith(CLAIMS, peekJsonNote(file, "license").body, refusedField);
  if (claims.vendor !== trust.vendorName) throw otherVendor(trust.vendorName, claims.vendor);
  const issuer = readIssuer(claims.issuer, trust.vendorName, trust.rootKey);
  const verifier = { name: issuerKeyName(trust.vendorName), publicKey: issuer.key };
  const { body, text } = readSigned("license", file, verifier, refusedSignature);
  const fields = decodeWith(LICENSE, body, refusedField);
  if (!mayIssueAt(issuer, fields.issued_at)) throw issuerExpired(issuer, fields.issued_at);
  if (fields.suite !== 1) throw otherFormat(`ledger suite ${fields.suite}`);
  if (fields.terms.minFormat !== 1) throw otherFormat(`ledger format ${fields.terms.minFormat}`);
  return {
    licenseId: fields.license_id,
    vendor: fields.vendor,
    issuedAt: fields.issued_at,
    chainId: fields.chain_id,
    genesisLeaf: fields.genesis_leaf,
    daemonKey: fields.daemon_key,
    origin: fields.origin,
    hostFingerprint: fields.host,
    sealingKeyId: fields.sealing_key,
    issuer: fields.issuer,
    suite: 1,
    terms: fields.terms,
    acknowledged: fields.acknowledged,
    ...carriedVendorFile(fields.ext?.vendor_file, trust),
    ...(fields.ext?.revocations === undefined
      ? {}
      : { revocations: readRevocations(fields.ext.revocations, trust) }),
    ...carriedSupersede(fields.ext?.supersede, {
      ...trust,
      chainId: fields.chain_id,
      daemonKey: fields.daemon_key,
    }),
    text,
  };
}

function extensionsOf({ vendorFile, revocations, supersede }: LicenseFields): object | undefined {
  if (vendorFile === undefined && revocations === undefined && supersede === undefined)
    return undefined;
  return {
    vendor_file: vendorFile?.text,
    revocations: revocations?.text,
    supersede: supersede?.text,
  };
}

function carriedSupersede(
  text: string | undefined,
  trust: SupersedeTrust,
): { readonly supersede?: Supersede } {
  return text === undefined ? {} : { supersede: readSupersede(text, trust) };
}

/** What the license brings from the vendor beside terms: believed as the root key signed it. */
function carriedVendorFile(
  text: string | undefined,
  { vendorName, rootKey }: { readonly vendorName: string; readonly rootKey: Uint8Array },
): { readonly vendorFile?: VendorFile } {
  if (text === undefined) return {};
  const vendorFile = readVendorFile(text, rootKey);
  if (vendorFile.name !== vendorName) throw otherVendor(vendorName, vendorFile.name);
  return { vendorFile };
}

/** What tells which key must have signed; the rest is read once it has. */
const CLAIMS = z.object({ vendor: vendorNameField, issuer: embeddedNote });

const LICENSE = mapOf({
  license_id: hex16,
  vendor: vendorNameField,
  issued_at: moment,
  chain_id: idOf(chainId, "16 bytes in lower-case hex"),
  genesis_leaf: bytes(32),
  daemon_key: bytes(32),
  origin: embeddedNote,
  host: hostFingerprintField,
  sealing_key: hex8,
  suite: wholeNumber(1, 1_000),
  terms: SIGNED_TERMS,
  acknowledged: mapOf({ size: wholeNumber(1, Number.MAX_SAFE_INTEGER), root: bytes(32) })
    .nullable()
    .default(null),
  issuer: embeddedNote,
  ext: z
    .looseObject(
      {
        vendor_file: embeddedNote.optional(),
        revocations: embeddedNote.optional(),
        supersede: embeddedNote.optional(),
      },
      { error: "must be a map of extensions" },
    )
    .optional(),
}).refine((fields) => fields.origin === chainOrigin(fields.vendor, fields.chain_id), {
  path: ["origin"],
  error: "must be made of vendor and chain_id",
});

const ASK_VENDOR = "ask the vendor to issue the license again";

function refusedField({ path, unknown, problem }: FieldProblem): LicenseError {
  const code = unknown ? "LICENSE_UNKNOWN_FIELD" : "LICENSE_FIELD";
  return new LicenseError(code, `license: ${path.join(".")} ${problem}`, {
    hint: unknown
      ? "install a newer release, or ask the vendor for a license for this one"
      : ASK_VENDOR,
  });
}

function refusedSignature(cause: NoteError): LicenseError {
  if (cause.code === "NOTE_UNSIGNED") {
    return new LicenseError("LICENSE_UNSIGNED", "the license is not signed by its issuing key", {
      cause,
      hint: ASK_VENDOR,
    });
  }
  return new LicenseError("LICENSE_SIGNATURE", "the license was changed after it was signed", {
    cause,
    hint: "fetch the license again from the vendor and install it unchanged",
  });
}

function otherVendor(wanted: string, found: string): LicenseError {
  return new LicenseError("LICENSE_WRONG_VENDOR", `the license is by ${found}, not ${wanted}`, {
    hint: `install it at the ledger of ${found}, or ask ${wanted} for a license`,
  });
}

function issuerExpired(issuer: Issuer, at: UnixMillis): LicenseError {
  const since = isoTime(issuer.notBefore);
  const until = issuer.notAfter === null ? "ever" : isoTime(issuer.notAfter);
  return new LicenseError(
    "LICENSE_ISSUER_EXPIRED",
    `the license is dated ${isoTime(at)}, its issuing key holds from ${since} to ${until}`,
    { hint: ASK_VENDOR },
  );
}

function otherFormat(what: string): LicenseError {
  return new LicenseError("LICENSE_FORMAT", `the license demands ${what}, this release writes 1`, {
    hint: "install a newer release",
  });
}
