import {
  type ChainId,
  type ClientKey,
  chainId,
  clientKey,
  type LeaseId,
  leaseId,
} from "../base/ids.ts";
import { days, type UnixMillis } from "../base/time.ts";
import { compareVersions } from "../base/version.ts";
import { writeJsonNote } from "../note/json-note.ts";
import type { NoteSigner, NoteVerifier } from "../note/signed-note.ts";
import { LicenseError } from "./errors.ts";
import type { FeatureTerms } from "./feature-terms.ts";
import {
  decodeWith,
  extensions,
  type FieldProblem,
  hex32,
  idOf,
  mapOf,
  moment,
  productName,
  versionField,
  wholeNumber,
} from "./fields.ts";
import type { License } from "./license.ts";
import { featureValidity, type Validity } from "./license-checks.ts";
import { readSigned } from "./signed-body.ts";

/** The daemon says: this installation, on this workstation, has these seats until then. */
export interface BorrowTicket {
  readonly chainId: ChainId;
  readonly leaseId: LeaseId;
  readonly feature: string;
  /** As the client asked for it; `0` when it named none. */
  readonly version: string;
  /** When that version was released, by the client's word; null when it named no date. */
  readonly versionDate: UnixMillis | null;
  /** Seats. */
  readonly count: number;
  readonly clientKey: ClientKey;
  /** What the client says of its machine: 32 bytes in lower-case hex. */
  readonly workstation: string;
  /** By the daemon's wall clock, like `until`. */
  readonly from: UnixMillis;
  /** The first moment after the borrowed time. */
  readonly until: UnixMillis;
}

/** Compact: it travels on the wire. The signer's name is the chain's origin. */
export function writeBorrowTicket(ticket: BorrowTicket, signer: NoteSigner): string {
  const body = {
    chain_id: ticket.chainId,
    lease_id: ticket.leaseId,
    feature: ticket.feature,
    version: ticket.version,
    version_date: ticket.versionDate,
    count: ticket.count,
    client_key: ticket.clientKey,
    workstation: ticket.workstation,
    from: ticket.from,
    until: ticket.until,
  };
  return writeJsonNote("borrow", body, signer);
}

/**
 * A ticket that this daemon key signed. Whether a license lets the daemon sign it is what `lends`
 * says; whether it is one's own, and not over yet, is for the caller.
 * @throws LicenseError `TICKET_SIGNATURE`, `TICKET_FIELD`
 * @throws NoteError when it is no note of this kind.
 */
export function readBorrowTicket(note: string | Uint8Array, verifier: NoteVerifier): BorrowTicket {
  const { body } = readSigned("borrow", note, verifier, refusedSignature);
  const fields = decodeWith(TICKET, body, refusedField);
  return {
    chainId: fields.chain_id,
    leaseId: fields.lease_id,
    feature: fields.feature,
    version: fields.version,
    versionDate: fields.version_date,
    count: fields.count,
    clientKey: fields.client_key,
    workstation: fields.workstation,
    from: fields.from,
    until: fields.until,
  };
}

/**
 * Whether the license covers the ticket by itself: it is for the same ledger, sells the feature in
 * that version, lets it be borrowed for so long, and holds all that time. How many seats are out is
 * nothing that one ticket shows.
 */
export function lends(license: License, ticket: BorrowTicket): boolean {
  if (license.chainId !== ticket.chainId) return false;
  return license.terms.features.some(
    (feature) =>
      feature.name === ticket.feature &&
      isForSo(feature, ticket) &&
      holdsThroughout(featureValidity(license.terms, feature), ticket),
  );
}

function isForSo(
  feature: FeatureTerms,
  { version, versionDate, from, until }: BorrowTicket,
): boolean {
  const { borrow, versionMax, maintenanceUntil } = feature;
  if (borrow === null || until - from > days(borrow.days)) return false;
  if (maintenanceUntil !== null && (versionDate === null || versionDate >= maintenanceUntil))
    return false;
  return versionMax === null || compareVersions(version, versionMax) <= 0;
}

function holdsThroughout({ startsAt, endsAt }: Validity, { from, until }: BorrowTicket): boolean {
  return (startsAt === null || startsAt <= from) && (endsAt === null || until <= endsAt);
}

const HEX_16_FORM = "16 bytes in lower-case hex";

const TICKET = mapOf({
  chain_id: idOf(chainId, HEX_16_FORM),
  lease_id: idOf(leaseId, HEX_16_FORM),
  feature: productName,
  version: versionField,
  version_date: moment.nullable(),
  count: wholeNumber(1, 1_000_000),
  client_key: idOf(clientKey, "32 bytes as base64url"),
  workstation: hex32,
  from: moment,
  until: moment,
  ext: extensions,
}).refine(({ from, until }) => from < until, { path: ["until"], error: "must be after from" });

function refusedField({ path, problem }: FieldProblem): LicenseError {
  return new LicenseError("TICKET_FIELD", `borrow ticket: ${path.join(".")} ${problem}`, {
    hint: "the daemon may be of a newer release than this application",
  });
}

function refusedSignature(cause: unknown): LicenseError {
  return new LicenseError(
    "TICKET_SIGNATURE",
    "the borrow ticket is not signed by the licensed daemon",
    { cause, hint: "connect to the license server and borrow again" },
  );
}
