import { join } from "node:path";
import { toBase64Url } from "../base/bytes.ts";
import { type ChainId, type ClientKey, clientKey, type InstanceId } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { randomBytes } from "../crypto/random.ts";
import type { LeaseNote } from "../license/lease-note.ts";
import type { License } from "../license/license.ts";
import { isInForce } from "../license/license-checks.ts";
import type { Supersede } from "../license/supersede.ts";
import { writeJsonNote } from "../note/json-note.ts";
import { CLIENT_NOTE_NAME, helloBody } from "../protocol/handshake.ts";
import type { Labels, Method, ParamsOf } from "../protocol/requests.ts";
import type { ResultOf, WireLease } from "../protocol/results.ts";
import type { ClientCertificate } from "./client-certificate.ts";
import type { Enrolment } from "./enrolment.ts";
import { ClientError } from "./errors.ts";
import { EvidenceFolder } from "./evidence.ts";
import { HeadMemory } from "./head-memory.ts";
import type { KnownTree } from "./known-tree.ts";
import { type LedgerListener, LedgerWatch } from "./ledger-watch.ts";
import type { RevocationMemory } from "./revocation-memory.ts";
import type { ServerAddress } from "./server-address.ts";
import { rememberedStandIns, rememberStandIn } from "./stand-in-memory.ts";
import { SupersedeMemory } from "./supersede-memory.ts";
import {
  type Challenger,
  checkChallenge,
  checkLease,
  type LeaseClaim,
  readWelcome,
  supersedeNote,
  type VendorTrust,
  vouchingLicenses,
} from "./trust.ts";
import { Wire, type WireListener } from "./wire.ts";
import { type GrantTerms, strictest, Witness } from "./witness.ts";

/** Who this process is, on every connection it makes. */
export interface Identity {
  /** Where the heads of ledgers are remembered, and evidence is kept. */
  readonly headsFolder: string;
  /** What the vendor does not stand by any more. */
  readonly revocations: RevocationMemory;
  readonly vendor: VendorTrust;
  readonly signer: Signer;
  readonly instanceId: InstanceId;
  readonly labels: Labels;
  readonly enrolment: Enrolment;
  readonly certificate: ClientCertificate;
}

/** What a request asked for; the rest of the claim is who we are. */
export type LeaseWish = Omit<LeaseClaim, "clientKey" | "instanceId">;

/** Who is told what happens on a session. */
export interface SessionListener extends WireListener, LedgerListener {}

/** A connection on which both sides have proven who they are. */
export class Session {
  readonly server: string;
  readonly #wire: Wire;
  readonly #challenger: Challenger;
  readonly #identity: Identity;
  readonly #ledgerWatch: LedgerWatch;

  private constructor(server: string, wire: Wire, { challenger, identity, ledgerWatch }: Proven) {
    this.server = server;
    this.#wire = wire;
    this.#challenger = challenger;
    this.#identity = identity;
    this.#ledgerWatch = ledgerWatch;
  }

  /**
   * Connects, checks the challenge, says hello, and checks the welcome.
   * @throws ClientError, with the connection closed.
   */
  static async open(
    address: ServerAddress,
    identity: Identity,
    clock: Clock,
    listener: SessionListener,
    signal: AbortSignal,
  ): Promise<Session> {
    const shown = await identity.certificate.read();
    const wire = new Wire(address, clock, listener, shown);
    const stop = (): void => wire.fail(new ClientError("CLIENT_CLOSED", "connecting was aborted"));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      const note = await wire.open();
      const seen = wire.certificateFingerprint;
      const challenger = checkChallenge(note, seen, identity.vendor);
      // Over TLS the challenge proves that the daemon with this key is at the other end.
      const { daemonKey } = challenger.challenge;
      const token = await identity.enrolment.tokenFor(daemonKey, address);
      const welcomed = await greet(wire, challenger, identity, token);
      const witness = await witnessOf(challenger, identity, welcomed, clock);
      const ledgerWatch = new LedgerWatch(wire, witness, listener);
      return new Session(address.url, wire, { challenger, identity, ledgerWatch });
    } catch (error) {
      wire.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** The ledger of the daemon: no other daemon has it. */
  get chainId(): ChainId {
    return this.#challenger.chainId;
  }

  /**
   * As `Wire.request`; where a seat is asked for or renewed, the answer also proves how the ledger goes
   * on, and is a denial where the license says so.
   */
  request<M extends Method>(method: M, params: ParamsOf[M]): Promise<ResultOf[M]> {
    return this.#ledgerWatch.request(method, params);
  }

  /** What a lease note says, if it proves what we wished for. @throws ClientError LEASE_NOTE. */
  provenLease(note: string, wish: LeaseWish): LeaseNote {
    const { signer, instanceId } = this.#identity;
    const claim = { ...wish, clientKey: keyOf(signer), instanceId };
    return checkLease(note, claim, this.#challenger);
  }

  /**
   * Ends a connection on which the ledger was contradicted, for another one: perhaps the vendor has
   * decided by now, and its word comes with the greeting.
   */
  greetAnew(): void {
    if (!this.#ledgerWatch.isDisputed) return;
    this.#wire.fail(new ClientError("SERVER_CONNECTION_LOST", "connecting anew: licenses changed"));
  }

  /**
   * Sees to it that the ledger tells of a seat that was granted, where the licenses demand it.
   * @throws SeatDeniedError LEDGER_BROKEN; ClientError SERVER_IDENTITY.
   */
  expectTold(lease: WireLease): void {
    this.#ledgerWatch.expectTold(lease);
  }

  /** For a daemon that was caught lying. */
  fail(error: ClientError): void {
    this.#wire.fail(error);
  }

  close(): void {
    this.#wire.close();
  }
}

/** What a session is made of once both sides have proven themselves. */
interface Proven {
  readonly challenger: Challenger;
  readonly identity: Identity;
  readonly ledgerWatch: LedgerWatch;
}

async function witnessOf(
  { chainId, verifier }: Challenger,
  { headsFolder }: Identity,
  { licenses, supersede }: Welcomed,
  clock: Clock,
): Promise<Witness> {
  const { wall } = clock.now();
  const folder = join(headsFolder, chainId);
  const policies = licenses
    .filter((license) => isInForce(license, wall))
    .map(({ terms }) => ({ policy: terms.witnessPolicy, graceDays: terms.policyGraceDays }));
  return new Witness({
    memory: await HeadMemory.open(folder, verifier),
    evidence: new EvidenceFolder(join(folder, "evidence")),
    told: await SupersedeMemory.open(folder),
    acknowledged: newestAcknowledged(
      licenses.filter((each) => each.chainId === chainId),
      supersede,
    ),
    supersede,
    standIns: await rememberedStandIns(headsFolder, chainId),
    verifier,
    policy: strictest(policies),
    chainId,
    grantTerms: (feature, now) => grantTermsOf(licenses, feature, now),
    clock,
  });
}

/** As the daemon adds them up: one license in force that demands it is enough for all. */
function grantTermsOf(licenses: readonly License[], feature: string, wall: UnixMillis): GrantTerms {
  const ruling = licenses.filter((license) => isInForce(license, wall)).map(({ terms }) => terms);
  const isSealed = ruling.some(({ sealing }) => sealing.mode === "immediate");
  const pools = ruling.flatMap(({ features }) => features.filter(({ name }) => name === feature));
  return {
    isProven: isSealed && ruling.some(({ detail }) => detail === "events"),
    isShared: pools.some(({ share }) => share !== "none"),
  };
}

/**
 * What was acknowledged later goes on from what was before: the vendor has seen to that. Where it has
 * accepted a branch, what it said before may be of another one.
 */
function newestAcknowledged(
  licenses: readonly License[],
  supersede: Supersede | undefined,
): KnownTree | undefined {
  const said = licenses
    .filter(({ issuedAt }) => supersede === undefined || issuedAt >= supersede.issuedAt)
    .flatMap(({ acknowledged, text }) => (acknowledged ? [{ ...acknowledged, note: text }] : []));
  const accepted = supersede && { ...supersede.accepted, note: supersede.head };
  return [...(accepted ? [accepted] : []), ...said]
    .toSorted((one, two) => one.size - two.size)
    .at(-1);
}

/** What a daemon that proved itself has shown of its vendor. */
interface Welcomed {
  /** Those that vouch for it, one at least. */
  readonly licenses: readonly License[];
  /** The newest of the vendor's notes about branches of this ledger. */
  readonly supersede: Supersede | undefined;
}

/** @returns what vouches for the daemon. */
async function greet(
  wire: Wire,
  challenger: Challenger,
  identity: Identity,
  token: string | undefined,
): Promise<Welcomed> {
  const { challenge, chainId } = challenger;
  const nonce = toBase64Url(randomBytes(32));
  const body = helloBody({
    challenge: challenge.nonce,
    daemonKey: challenge.daemonKey,
    chainId,
    certificateFingerprint: wire.certificateFingerprint,
    clientKey: keyOf(identity.signer),
    instanceId: identity.instanceId,
    nonce,
  });
  const note = writeJsonNote("hello", body, { name: CLIENT_NOTE_NAME, signer: identity.signer });
  const { vendor, labels } = identity;
  const enrolment = token === undefined ? {} : { token };
  const result = await wire.request("hello", { vendor: vendor.name, note, labels, ...enrolment });
  const { welcome, licenses, revocations } = readWelcome(result, nonce, challenger, vendor);
  // Kept also where the daemon is refused: nobody but the vendor can have written it.
  const list = await identity.revocations.take(revocations);
  const said = { list, standIn: welcome.standIn };
  const vouching = vouchingLicenses(licenses, challenger, vendor, said);
  const supersede = supersedeNote(welcome, vouching, challenger, vendor, list);
  wire.expectHeartbeat(welcome.heartbeatMs);
  if (welcome.standIn !== undefined) {
    await rememberStandIn(identity.headsFolder, welcome.standIn, chainId, welcome.head);
  }
  return { licenses: vouching, supersede };
}

const keyOf = (signer: Signer): ClientKey => clientKey(toBase64Url(signer.publicKey));
