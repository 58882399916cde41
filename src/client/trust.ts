import { equalBytes, fromBase64Url } from "../base/bytes.ts";
import { messageOf } from "../base/errors.ts";
import type { ChainId, ClientKey, InstanceId, LeaseId } from "../base/ids.ts";
import { type LeaseNote, readLeaseNote } from "../license/lease-note.ts";
import { type License, readLicense } from "../license/license.ts";
import { refuseRevoked } from "../license/revocation-checks.ts";
import { newestRevocations, type Revocations, readRevocations } from "../license/revocations.ts";
import { lendingOf } from "../license/stand-in.ts";
import { readSupersede, type Supersede } from "../license/supersede.ts";
import { chainOrigin } from "../note/checkpoint.ts";
import { peekJsonNote, readJsonNote } from "../note/json-note.ts";
import type { NoteVerifier } from "../note/signed-note.ts";
import {
  type Challenge,
  DAEMON_NOTE_NAME,
  decodeChallenge,
  decodeWelcome,
  type Welcome,
  type WelcomedStandIn,
} from "../protocol/handshake.ts";
import type { HelloResult } from "../protocol/results.ts";
import { SUBPROTOCOL } from "../protocol/wire-codes.ts";
import { ClientError } from "./errors.ts";

/** The vendor of the application, as compiled into it. */
export interface VendorTrust {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly rootKey: Uint8Array;
}

/** A daemon that signed a challenge. Not yet one that a license vouches for. */
export interface Challenger {
  readonly challenge: Challenge;
  readonly chainId: ChainId;
  /** The daemon key under the name it signs this vendor's notes with. */
  readonly verifier: NoteVerifier;
}

/**
 * Checks a challenge: signed by the daemon key it names, for the certificate we see, and by a
 * daemon that serves our vendor.
 * @param seenFingerprint of the TLS certificate; `null` over plaintext.
 * @throws ClientError SERVER_IDENTITY, SERVER_CERTIFICATE, SERVER_PROTOCOL, SERVER_VENDOR.
 */
export function checkChallenge(
  note: string,
  seenFingerprint: string | null,
  vendor: VendorTrust,
): Challenger {
  const challenge = proven("challenge", () => signedChallenge(note));
  if (challenge.certificateFingerprint !== seenFingerprint) throw wrongCertificate();
  if (!challenge.protocols.includes(SUBPROTOCOL)) {
    throw new ClientError("SERVER_PROTOCOL", `the server does not speak ${SUBPROTOCOL}`);
  }
  const ledger = challenge.vendors.find(({ name }) => name === vendor.name);
  if (ledger === undefined) {
    throw new ClientError("SERVER_VENDOR", `the server has no licenses of ${vendor.name}`, {
      hint: "check the address; each site names its own license server",
    });
  }
  const name = chainOrigin(vendor.name, ledger.chainId);
  const verifier = { name, publicKey: fromBase64Url(challenge.daemonKey) };
  return { challenge, chainId: ledger.chainId, verifier };
}

/** The answer to a hello, by the daemon that was asked. Not yet one that a license vouches for. */
export interface ReadWelcome {
  readonly welcome: Welcome;
  /** Each license, or what is wrong with it. */
  readonly licenses: readonly (License | string)[];
  /** The newest list of revocations in it: the daemon's, or one that a license brings. */
  readonly revocations: Revocations | undefined;
}

/**
 * Reads the answer to a hello: signed over our nonce by the challenger. What the vendor has signed in it is so
 * whoever handed it over.
 * @throws ClientError SERVER_IDENTITY.
 */
export function readWelcome(
  result: HelloResult,
  nonce: string,
  { verifier }: Challenger,
  vendor: VendorTrust,
): ReadWelcome {
  const welcome = proven("welcome", () =>
    decodeWelcome(readJsonNote("welcome", result.note, [verifier])),
  );
  if (welcome.nonce !== nonce) throw notProven("the welcome answers another hello");
  const told = proven("list of revocations", () => handedOver(welcome, vendor));
  const licenses = result.licenses.map((text) => licenseIn(text, vendor));
  // A license may bring a newer list than the daemon says it has.
  const carried = licenses.map((each) => (typeof each === "string" ? undefined : each.revocations));
  return { welcome, licenses, revocations: newestRevocations([told, ...carried]) };
}

/** What a lease note must say to be ours. */
export interface LeaseClaim {
  readonly id: LeaseId;
  readonly feature: string;
  readonly count: number;
  readonly nonce: string;
  readonly clientKey: ClientKey;
  readonly instanceId: InstanceId;
}

/** Checks a lease note in every field that names us. @throws ClientError LEASE_NOTE. */
export function checkLease(note: string, claim: LeaseClaim, challenger: Challenger): LeaseNote {
  const lease = readLease(note, challenger.verifier);
  const matches =
    lease.chainId === challenger.chainId &&
    lease.leaseId === claim.id &&
    lease.feature === claim.feature &&
    lease.count === claim.count &&
    lease.nonce === claim.nonce &&
    lease.clientKey === claim.clientKey &&
    lease.instanceId === claim.instanceId;
  if (!matches) throw badLease("the lease note is for another request");
  return lease;
}

/** What is known beside the licenses. */
interface Said {
  /** What the vendor does not stand by any more, as far as this computer knows. */
  readonly list: Revocations | undefined;
  /** The daemon's ledger stands in for the one that licenses name. */
  readonly standIn: WelcomedStandIn | undefined;
}

/** What the vendor does not stand by any more, as far as the daemon tells. */
function handedOver({ revocations }: Welcome, vendor: VendorTrust): Revocations | undefined {
  return revocations === undefined ? undefined : readRevocations(revocations, trustIn(vendor));
}

/**
 * The newest of what the vendor has decided about branches of the ledger: the daemon tells, or a license that
 * vouches for it.
 * @throws ClientError SERVER_IDENTITY for a note that does not hold.
 */
export function supersedeNote(
  { supersede }: Welcome,
  licenses: readonly License[],
  { chainId, verifier }: Challenger,
  vendor: VendorTrust,
  revocations: Revocations | undefined,
): Supersede | undefined {
  const daemonKey = verifier.publicKey;
  const trust = { ...trustIn(vendor), chainId, daemonKey, revocations };
  const told =
    supersede === undefined
      ? []
      : [proven("supersede note", () => readSupersede(supersede, trust))];
  const carried = licenses
    .flatMap((license) => license.supersede ?? [])
    .filter((note) => note.chainId === chainId);
  return [...told, ...carried].toSorted((one, two) => two.number - one.number)[0];
}

const trustIn = ({ name, rootKey }: VendorTrust): Parameters<typeof readLicense>[1] => ({
  vendorName: name,
  rootKey,
});

function signedChallenge(note: string): Challenge {
  // Which key must have signed stands in the note itself; that it is the right key is what
  // the licenses prove after the hello.
  const { daemonKey } = decodeChallenge(peekJsonNote(note).body);
  const verifier = { name: DAEMON_NOTE_NAME, publicKey: fromBase64Url(daemonKey) };
  return decodeChallenge(readJsonNote("challenge", note, [verifier]));
}

/**
 * The licenses that name the challenger's key and chain, one at least. One good one is enough; others
 * may be newer than this release, or damaged.
 * @throws ClientError SERVER_IDENTITY, SERVER_UNLICENSED.
 */
export function vouchingLicenses(
  licenses: ReadWelcome["licenses"],
  challenger: Challenger,
  vendor: VendorTrust,
  { list, standIn }: Said,
): readonly License[] {
  if (licenses.length === 0) {
    throw new ClientError("SERVER_UNLICENSED", `the server has no license of ${vendor.name} yet`, {
      hint: "ask the license administrator to install it",
    });
  }
  const findings = licenses.map((each) =>
    typeof each === "string" ? each : vouching(each, challenger, vendor, { list, standIn }),
  );
  const good = findings.filter((finding) => typeof finding !== "string");
  if (good.length > 0) return good;
  const [problem] = findings.filter((finding) => typeof finding === "string");
  throw notProven(`no license vouches for the server: ${problem}`);
}

/** The license, or what is wrong with it. */
function licenseIn(text: string, vendor: VendorTrust): License | string {
  try {
    return readLicense(text, trustIn(vendor));
  } catch (error) {
    return messageOf(error);
  }
}

/** The license if it vouches for the challenger, or why it does not. */
function vouching(
  license: License,
  { chainId, verifier }: Challenger,
  { rootKey }: VendorTrust,
  { list, standIn }: Said,
): License | string {
  try {
    refuseRevoked(license, rootKey, list);
  } catch (error) {
    return messageOf(error);
  }
  const isLent = standIn !== undefined && lends(license, standIn);
  const same =
    (isLent || license.chainId === chainId) && equalBytes(license.daemonKey, verifier.publicKey);
  return same ? license : "it names another daemon";
}

/** The daemon's own clock says how long: that a daemon grants for longer is for the vendor to see. */
function lends(license: License, { licensed, hostHash, endsAt }: WelcomedStandIn): boolean {
  const standIn = { licensed, hostHash, isEmergency: endsAt !== null };
  return lendingOf(license, standIn, hostHash) !== undefined;
}

function readLease(note: string, verifier: NoteVerifier): LeaseNote {
  try {
    return readLeaseNote(note, verifier);
  } catch (error) {
    throw badLease(messageOf(error), error);
  }
}

/** A signature or a signed body that is wrong means: not the one it claims to be. */
function proven<Body>(kind: string, read: () => Body): Body {
  try {
    return read();
  } catch (error) {
    throw notProven(`the ${kind} is not acceptable: ${messageOf(error)}`, error);
  }
}

function notProven(what: string, cause?: unknown): ClientError {
  return new ClientError("SERVER_IDENTITY", what, {
    hint: "do not use this server; tell the license administrator",
    cause,
  });
}

function wrongCertificate(): ClientError {
  return new ClientError("SERVER_CERTIFICATE", "the certificate is not the daemon's own", {
    hint: "somebody stands between this computer and the server, or it has a new certificate and must be restarted",
  });
}

function badLease(what: string, cause?: unknown): ClientError {
  return new ClientError("LEASE_NOTE", what, {
    hint: "the server did not prove the seat; tell the license administrator",
    cause,
  });
}
