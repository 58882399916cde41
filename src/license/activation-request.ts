import { z } from "zod";
import { toBase64Url } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { chainOrigin, openHead } from "../note/checkpoint.ts";
import { NoteError } from "../note/errors.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  bytesUpTo,
  decodeWith,
  embeddedNote,
  type FieldProblem,
  idOf,
  lineOfText,
  mapOf,
  moment,
  vendorNameField,
  versionField,
} from "./fields.ts";
import {
  encodeHostFingerprint,
  type HostFingerprint,
  hostFingerprintField,
} from "./host-fingerprint.ts";
import { encodeShownLedger, type ShownLedger, shownLedgerField } from "./shown-ledger.ts";
import { readSigned } from "./signed-body.ts";

/** A site shows its ledger to the vendor and asks for a license that binds it. */
export interface ActivationRequest {
  readonly vendor: string;
  readonly chainId: ChainId;
  /** Ed25519, 32 bytes. The request is signed by it. */
  readonly daemonKey: Uint8Array;
  /** Block 0 of the ledger, whole. */
  readonly genesisBlock: Uint8Array;
  /** The head of size 1: a note signed by the daemon key. */
  readonly head: string;
  readonly host: HostFingerprint;
  /** The daemon that asks. */
  readonly product: { readonly name: string; readonly version: string };
  readonly createdAt: UnixMillis;
  /** The former daemon key's word for this one: a note, for who knows that key; see `daemon-key.ts`. */
  readonly keyCertificate?: string;
  /** The ledger as it is now: a request for a license that renews others. */
  readonly shown?: ShownLedger;
  /** The exact note. */
  readonly text: string;
}

/** Signed by the daemon key under the name of the chain's origin. */
export function writeActivationRequest(
  fields: Omit<ActivationRequest, "text">,
  daemonSigner: Signer,
): string {
  const body = {
    vendor: fields.vendor,
    chain_id: fields.chainId,
    daemon_key: toBase64Url(fields.daemonKey),
    genesis_block: toBase64Url(fields.genesisBlock),
    head: fields.head,
    host: encodeHostFingerprint(fields.host),
    product: { name: fields.product.name, version: fields.product.version },
    created_at: fields.createdAt,
    // Below `ext`, so that vendors' older releases read the request too.
    ext: extensionsOf(fields),
  };
  const name = chainOrigin(fields.vendor, fields.chainId);
  return writeJsonNote("request", body, { name, signer: daemonSigner }, { pretty: true });
}

function extensionsOf({
  keyCertificate,
  shown,
}: Pick<ActivationRequest, "keyCertificate" | "shown">): object | undefined {
  if (keyCertificate === undefined && shown === undefined) return undefined;
  return { daemon_key: keyCertificate, renewal: shown && encodeShownLedger(shown) };
}

/**
 * A request that holds the key it speaks of, with a head of size 1 under the same key, and one of any
 * size in what it shows. Whether the genesis block is one, and whether the heads are over it, is for
 * who knows the ledger.
 * @throws LicenseError `REQUEST_FIELD`, `REQUEST_SIGNATURE`, `REQUEST_HEAD`
 * @throws NoteError when it is no note of this kind.
 */
export function readActivationRequest(file: string | Uint8Array): ActivationRequest {
  const claims = decodeWith(CLAIMS, peekJsonNote(file, "request").body, refusedField);
  const name = chainOrigin(claims.vendor, claims.chain_id);
  const verifier = { name, publicKey: claims.daemon_key };
  const { body, text } = readSigned("request", file, verifier, refusedSignature);
  const fields = decodeWith(REQUEST, body, refusedField);
  const size = sizeOfHead(fields.head, verifier);
  if (size !== 1) throw badHead(`the request's head has size ${size}, not 1`);
  const shown = fields.ext?.renewal;
  if (shown) sizeOfHead(shown.head, verifier);
  return {
    vendor: fields.vendor,
    chainId: fields.chain_id,
    daemonKey: fields.daemon_key,
    genesisBlock: fields.genesis_block,
    head: fields.head,
    host: fields.host,
    product: fields.product,
    createdAt: fields.created_at,
    ...(fields.ext?.daemon_key === undefined ? {} : { keyCertificate: fields.ext.daemon_key }),
    ...(shown && { shown }),
    text,
  };
}

const chainIdField = idOf(chainId, "16 bytes in lower-case hex");

/** A genesis block is a segment block with an almost empty payload: far below a large one. */
const GENESIS_MAX_BYTES = 8_192;

/** What tells which key must have signed; the rest is read once it has. */
const CLAIMS = z.object({
  vendor: vendorNameField,
  chain_id: chainIdField,
  daemon_key: bytes(32),
});

const REQUEST = mapOf({
  vendor: vendorNameField,
  chain_id: chainIdField,
  daemon_key: bytes(32),
  genesis_block: bytesUpTo(GENESIS_MAX_BYTES),
  head: embeddedNote,
  host: hostFingerprintField,
  product: mapOf({ name: lineOfText, version: versionField }),
  created_at: moment,
  ext: z
    .looseObject(
      { daemon_key: embeddedNote.optional(), renewal: shownLedgerField.optional() },
      { error: "must be a map of extensions" },
    )
    .optional(),
});

function sizeOfHead(head: string, verifier: { name: string; publicKey: Uint8Array }): number {
  try {
    return openHead(head, verifier).size;
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw badHead("the request's head does not verify", cause);
  }
}

function badHead(message: string, cause?: unknown): LicenseError {
  return new LicenseError("REQUEST_HEAD", message, { cause, hint: ASK_AGAIN });
}

const ASK_AGAIN = "ask the site to write the request again with seatkeeper license request";

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("REQUEST_FIELD", `request: ${path.join(".")} ${problem}`, {
    hint: ASK_AGAIN,
  });
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError("REQUEST_SIGNATURE", "the request is not signed by its daemon key", {
    cause,
    hint: "the file was changed after it was signed; ask the site to send it again",
  });
}
