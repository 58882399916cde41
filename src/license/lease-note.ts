import {
  BASE64URL_32,
  type ChainId,
  type ClientKey,
  chainId,
  clientKey,
  type InstanceId,
  instanceId,
  type LeaseId,
  leaseId,
} from "../base/ids.ts";
import { days, type Millis, millis, seconds, type UnixMillis } from "../base/time.ts";
import { writeJsonNotes } from "../note/json-note.ts";
import type { NoteSigner, NoteVerifier } from "../note/signed-note.ts";
import { LicenseError } from "./errors.ts";
import {
  decodeWith,
  extensions,
  type FieldProblem,
  idOf,
  mapOf,
  matching,
  moment,
  productName,
  versionField,
  wholeNumber,
} from "./fields.ts";
import { readSigned } from "./signed-body.ts";
import { SIGNED_FORMS } from "./time-forms.ts";

/** The daemon says: this process holds these seats for this long from now. */
export interface LeaseNote {
  readonly chainId: ChainId;
  readonly leaseId: LeaseId;
  readonly feature: string;
  /** As the client asked for it; `0` when it named none. */
  readonly version: string;
  /** Seats. */
  readonly count: number;
  readonly clientKey: ClientKey;
  readonly instanceId: InstanceId;
  /** The 32 bytes of the client's request, as base64url: the note answers this request alone. */
  readonly nonce: string;
  /** Counted by the client's monotonic clock from the moment it sent the request. */
  readonly leaseTimeMs: Millis;
  readonly offlineGraceMs: Millis;
  /** The first moment after the borrowed time, by the daemon's wall clock; null where it is not borrowed. */
  readonly borrowUntil: UnixMillis | null;
  /** The number of blocks in the ledger when the note was signed. */
  readonly headSize: number;
  /** By the daemon's wall clock; for people. */
  readonly issuedAt: UnixMillis;
}

/**
 * A note for each lease, in their order, under one signature for all. Compact: they travel with each
 * grant and renewal. The signer's name is the chain's origin.
 */
export function writeLeaseNotes(
  leases: readonly LeaseNote[],
  signer: NoteSigner,
): readonly string[] {
  return writeJsonNotes("lease", leases.map(bodyOf), signer);
}

function bodyOf(fields: LeaseNote): object {
  return {
    chain_id: fields.chainId,
    lease_id: fields.leaseId,
    feature: fields.feature,
    version: fields.version,
    count: fields.count,
    client_key: fields.clientKey,
    instance_id: fields.instanceId,
    nonce: fields.nonce,
    lease_time: fields.leaseTimeMs,
    offline_grace: fields.offlineGraceMs,
    borrow_until: fields.borrowUntil,
    head_size: fields.headSize,
    issued_at: fields.issuedAt,
  };
}

/**
 * A lease note that this daemon key signed, alone or in a group. Whether it answers one's own request is for the caller:
 * compare chain, client key, instance and nonce.
 * @throws LicenseError `LEASE_NOTE_SIGNATURE`, `LEASE_NOTE_FIELD`
 * @throws NoteError when it is no note of this kind.
 */
export function readLeaseNote(note: string | Uint8Array, verifier: NoteVerifier): LeaseNote {
  const inGroups = { ...verifier, signsGroups: true };
  const { body } = readSigned("lease", note, inGroups, refusedSignature);
  const fields = decodeWith(LEASE, body, refusedField);
  return {
    chainId: fields.chain_id,
    leaseId: fields.lease_id,
    feature: fields.feature,
    version: fields.version,
    count: fields.count,
    clientKey: fields.client_key,
    instanceId: fields.instance_id,
    nonce: fields.nonce,
    leaseTimeMs: fields.lease_time,
    offlineGraceMs: fields.offline_grace,
    borrowUntil: fields.borrow_until,
    headSize: fields.head_size,
    issuedAt: fields.issued_at,
  };
}

const HEX_16_FORM = "16 bytes in lower-case hex";

const LEASE = mapOf({
  chain_id: idOf(chainId, HEX_16_FORM),
  lease_id: idOf(leaseId, HEX_16_FORM),
  feature: productName,
  version: versionField,
  count: wholeNumber(1, 1_000_000),
  client_key: idOf(clientKey, "32 bytes as base64url"),
  instance_id: idOf(instanceId, HEX_16_FORM),
  nonce: matching(BASE64URL_32, "32 bytes as base64url"),
  lease_time: SIGNED_FORMS.span(seconds(2), days(1)),
  offline_grace: SIGNED_FORMS.span(millis(0), days(366)),
  borrow_until: moment.nullable(),
  head_size: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  issued_at: moment,
  ext: extensions,
});

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("LEASE_NOTE_FIELD", `lease note: ${path.join(".")} ${problem}`, {
    hint: "the daemon may be of a newer release than this application",
  });
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError(
    "LEASE_NOTE_SIGNATURE",
    "the lease is not signed by the licensed daemon",
    {
      cause,
      hint: "check the server's address and its license",
    },
  );
}
