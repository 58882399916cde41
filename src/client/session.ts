import { toBase64Url } from "../base/bytes.ts";
import { type ChainId, type ClientKey, clientKey, type InstanceId } from "../base/ids.ts";
import type { Clock } from "../clock/clock.ts";
import type { Signer } from "../crypto/ed25519.ts";
import { randomBytes } from "../crypto/random.ts";
import type { LeaseNote } from "../license/lease-note.ts";
import { writeJsonNote } from "../note/json-note.ts";
import { CLIENT_NOTE_NAME, helloBody } from "../protocol/handshake.ts";
import type { Labels, Method, ParamsOf } from "../protocol/requests.ts";
import type { ResultOf } from "../protocol/results.ts";
import { ClientError } from "./errors.ts";
import type { ServerAddress } from "./server-address.ts";
import {
  type Challenger,
  checkChallenge,
  checkLease,
  checkWelcome,
  type LeaseClaim,
  type VendorTrust,
} from "./trust.ts";
import { Wire, type WireListener } from "./wire.ts";

/** Who this process is, on every connection it makes. */
export interface Identity {
  readonly vendor: VendorTrust;
  readonly signer: Signer;
  readonly instanceId: InstanceId;
  readonly labels: Labels;
  readonly token: string | undefined;
}

/** What a request asked for; the rest of the claim is who we are. */
export type LeaseWish = Omit<LeaseClaim, "clientKey" | "instanceId">;

/** A connection on which both sides have proven who they are. */
export class Session {
  readonly server: string;
  readonly #wire: Wire;
  readonly #challenger: Challenger;
  readonly #identity: Identity;

  private constructor(server: string, wire: Wire, challenger: Challenger, identity: Identity) {
    this.server = server;
    this.#wire = wire;
    this.#challenger = challenger;
    this.#identity = identity;
  }

  /**
   * Connects, checks the challenge, says hello, and checks the welcome.
   * @throws ClientError, with the connection closed.
   */
  static async open(
    address: ServerAddress,
    identity: Identity,
    clock: Clock,
    listener: WireListener,
    signal: AbortSignal,
  ): Promise<Session> {
    const wire = new Wire(address, clock, listener);
    const stop = (): void => wire.fail(new ClientError("CLIENT_CLOSED", "connecting was aborted"));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      const note = await wire.open();
      const seen = wire.certificateFingerprint;
      const challenger = checkChallenge(note, seen, identity.vendor);
      await greet(wire, challenger, identity);
      return new Session(address.url, wire, challenger, identity);
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

  /** As `Wire.request`. */
  request<M extends Method>(method: M, params: ParamsOf[M]): Promise<ResultOf[M]> {
    return this.#wire.request(method, params);
  }

  /** What a lease note says, if it proves what we wished for. @throws ClientError LEASE_NOTE. */
  provenLease(note: string, wish: LeaseWish): LeaseNote {
    const { signer, instanceId } = this.#identity;
    const claim = { ...wish, clientKey: keyOf(signer), instanceId };
    return checkLease(note, claim, this.#challenger);
  }

  /** For a daemon that was caught lying. */
  fail(error: ClientError): void {
    this.#wire.fail(error);
  }

  close(): void {
    this.#wire.close();
  }
}

async function greet(wire: Wire, challenger: Challenger, identity: Identity): Promise<void> {
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
  const { vendor, labels, token } = identity;
  const enrolment = token === undefined ? {} : { token };
  const result = await wire.request("hello", { vendor: vendor.name, note, labels, ...enrolment });
  const welcome = checkWelcome(result, nonce, challenger, vendor);
  wire.expectHeartbeat(welcome.heartbeatMs);
}

const keyOf = (signer: Signer): ClientKey => clientKey(toBase64Url(signer.publicKey));
