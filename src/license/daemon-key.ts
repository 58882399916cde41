import { z } from "zod";
import { toBase64Url } from "../base/bytes.ts";
import { type ChainId, chainId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { chainOrigin } from "../note/checkpoint.ts";
import { peekJsonNote, writeJsonNote } from "../note/json-note.ts";
import { LicenseError } from "./errors.ts";
import {
  bytes,
  decodeWith,
  extensions,
  type FieldProblem,
  idOf,
  mapOf,
  moment,
  vendorNameField,
} from "./fields.ts";
import { readSigned } from "./signed-body.ts";

/**
 * A daemon key says: from now on another one speaks for this site (docs/spec/license.md, "A new daemon
 * key"). Whoever has the former key can say so, and the vendor decides what follows from it.
 */
export interface DaemonKeyCertificate {
  readonly vendor: string;
  /** The ledger whose heads the former key has signed. */
  readonly chainId: ChainId;
  /** The key that comes after it: Ed25519, 32 bytes. */
  readonly daemonKey: Uint8Array;
  readonly createdAt: UnixMillis;
  /** The exact note. */
  readonly text: string;
}

/** Signed by the former key under the origin of its ledger. */
export function writeDaemonKeyCertificate(
  fields: Omit<DaemonKeyCertificate, "text">,
  formerSigner: Signer,
): string {
  const body = {
    vendor: fields.vendor,
    chain_id: fields.chainId,
    daemon_key: toBase64Url(fields.daemonKey),
    created_at: fields.createdAt,
  };
  const name = chainOrigin(fields.vendor, fields.chainId);
  return writeJsonNote("daemon-key", body, { name, signer: formerSigner });
}

/** Which ledger's key is to have signed, and for which key: the signature is not looked at. */
export function claimOfDaemonKey(
  note: string | Uint8Array,
): Pick<DaemonKeyCertificate, "vendor" | "chainId" | "daemonKey"> {
  const claims = decodeWith(CLAIMS, peekJsonNote(note, "daemon-key").body, refusedField);
  return { vendor: claims.vendor, chainId: claims.chain_id, daemonKey: claims.daemon_key };
}

/**
 * A certificate by the daemon key of the ledger that it names.
 * @param formerKey of that ledger, as its reader knows it.
 * @throws LicenseError `DAEMON_KEY_FIELD`, `DAEMON_KEY_SIGNATURE`
 * @throws NoteError when it is no note of this kind.
 */
export function readDaemonKeyCertificate(
  note: string | Uint8Array,
  formerKey: Uint8Array,
): DaemonKeyCertificate {
  const claim = claimOfDaemonKey(note);
  const verifier = { name: chainOrigin(claim.vendor, claim.chainId), publicKey: formerKey };
  const { body, text } = readSigned("daemon-key", note, verifier, refusedSignature);
  const fields = decodeWith(CERTIFICATE, body, refusedField);
  return {
    vendor: fields.vendor,
    chainId: fields.chain_id,
    daemonKey: fields.daemon_key,
    createdAt: fields.created_at,
    text,
  };
}

const SHAPE = {
  vendor: vendorNameField,
  chain_id: idOf(chainId, "16 bytes in lower-case hex"),
  daemon_key: bytes(32),
};

const CLAIMS = z.object(SHAPE);
const CERTIFICATE = mapOf({ ...SHAPE, created_at: moment, ext: extensions });

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError(
    "DAEMON_KEY_FIELD",
    `certificate of a daemon key: ${path.join(".")} ${problem}`,
    { hint: "ask the site to write the request again with seatkeeper license request" },
  );
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError(
    "DAEMON_KEY_SIGNATURE",
    "the certificate of the new daemon key is not signed by the former one",
    { cause, hint: "somebody else may ask in the site's name: talk to the site" },
  );
}
