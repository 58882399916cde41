import { z } from "zod";
import { equalBytes, toBase64Url } from "../base/bytes.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { sealingKeyId } from "../crypto/key-id.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  embeddedNote,
  extensions,
  type FieldProblem,
  hex8,
  listOf,
  mapOf,
  moment,
  vendorNameField,
} from "./fields.ts";
import { readIssuer } from "./issuer.ts";
import { readSigned } from "./signed-body.ts";

/** A key to which sites seal their ledgers. */
export interface SealingKey {
  /** `sealingKeyId(key)`: 16 hex digits. */
  readonly kid: string;
  /** X25519, 32 bytes. */
  readonly key: Uint8Array;
  readonly notBefore: UnixMillis;
  /** The first moment from which no new segment is sealed to it; null for ever. */
  readonly notAfter: UnixMillis | null;
}

/** Who a vendor is: what a site needs before it can ask for a license. */
export interface VendorFile {
  readonly name: string;
  /** Ed25519, 32 bytes. Everything else is believed because this key signed it. */
  readonly rootKey: Uint8Array;
  /** At least one. */
  readonly sealingKeys: readonly SealingKey[];
  /** Certificates of issuing keys, each a note. */
  readonly issuers: readonly string[];
  readonly createdAt: UnixMillis;
  /** The exact note. */
  readonly text: string;
}

/** Signed by the root key under the vendor's name. */
export function writeVendorFile(fields: Omit<VendorFile, "text">, rootSigner: Signer): string {
  const body = {
    name: fields.name,
    root_key: toBase64Url(fields.rootKey),
    sealing_keys: fields.sealingKeys.map((key) => ({
      kid: key.kid,
      key: toBase64Url(key.key),
      not_before: key.notBefore,
      not_after: key.notAfter,
    })),
    issuers: fields.issuers,
    created_at: fields.createdAt,
  };
  return writeJsonNote("vendor", body, { name: fields.name, signer: rootSigner }, { pretty: true });
}

/**
 * A vendor file whose root key signed it. The first one of a vendor is believed because of where
 * it came from; later ones must have the root key of the first.
 * @throws LicenseError `VENDOR_FILE_FIELD`, `VENDOR_FILE_SIGNATURE`, `VENDOR_FILE_KEY`, `LICENSE_ISSUER`
 * @throws NoteError when it is no note of this kind.
 */
export function readVendorFile(
  file: string | Uint8Array,
  expectedRootKey?: Uint8Array,
): VendorFile {
  const claims = decodeWith(CLAIMS, peekJsonNote(file, "vendor").body, refusedField);
  if (expectedRootKey && !equalBytes(expectedRootKey, claims.root_key)) throw otherKey(claims.name);
  const verifier = { name: claims.name, publicKey: claims.root_key };
  const { body, text } = readSigned("vendor", file, verifier, refusedSignature);
  const fields = decodeWith(VENDOR_FILE, body, refusedField);
  for (const issuer of fields.issuers) readIssuer(issuer, fields.name, fields.root_key);
  return {
    name: fields.name,
    rootKey: fields.root_key,
    sealingKeys: fields.sealing_keys,
    issuers: fields.issuers,
    createdAt: fields.created_at,
    text,
  };
}

const SEALING_KEY = mapOf({
  kid: hex8,
  key: bytes(32),
  not_before: moment,
  not_after: moment.nullable(),
})
  .refine(({ kid, key }) => kid === sealingKeyId(key), {
    path: ["kid"],
    error: "must be the id of the key beside it",
  })
  .transform(({ kid, key, not_before: notBefore, not_after: notAfter }): SealingKey => {
    return { kid, key, notBefore, notAfter };
  });

/** What tells which key must have signed; the rest is read once it has. */
const CLAIMS = z.object({ name: vendorNameField, root_key: bytes(32) });

const VENDOR_FILE = mapOf({
  name: vendorNameField,
  root_key: bytes(32),
  sealing_keys: listOf(SEALING_KEY),
  issuers: listOf(embeddedNote),
  created_at: moment,
  ext: extensions,
}).refine((fields) => fields.sealing_keys.length > 0, {
  path: ["sealing_keys"],
  error: "must have at least one key",
});

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("VENDOR_FILE_FIELD", `vendor file: ${path.join(".")} ${problem}`, {
    hint: "ask the vendor for a new vendor file, or install a newer release",
  });
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError(
    "VENDOR_FILE_SIGNATURE",
    "the vendor file is not signed by its root key",
    {
      cause,
      hint: "the file was changed after it was signed; fetch it again from the vendor",
    },
  );
}

function otherKey(name: string): LicenseError {
  return new LicenseError("VENDOR_FILE_KEY", `the vendor file of ${name} has another root key`, {
    hint: "ask the vendor whether its root key was replaced, over a channel you trust",
  });
}
