import { once } from "node:events";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { toBase64Url } from "../../src/base/bytes.ts";
import type { DenialReason } from "../../src/base/denial.ts";
import {
  type ClientKey,
  clientKey,
  type InstanceId,
  type LeaseId,
  leaseId,
} from "../../src/base/ids.ts";
import { millis, unixMillis } from "../../src/base/time.ts";
import { certificateFingerprint, makeCertificate } from "../../src/crypto/certificate.ts";
import type { Signer } from "../../src/crypto/ed25519.ts";
import { randomBytes } from "../../src/crypto/random.ts";
import { type LeaseNote, writeLeaseNotes } from "../../src/license/lease-note.ts";
import { peekJsonNote, writeJsonNote } from "../../src/note/json-note.ts";
import type { WireDenial } from "../../src/protocol/denial.ts";
import {
  challengeBody,
  DAEMON_NOTE_NAME,
  decodeHello,
  welcomeBody,
} from "../../src/protocol/handshake.ts";
import type { NotificationName, NotificationOf } from "../../src/protocol/notifications.ts";
import {
  decodeFrame,
  encodeError,
  encodeNotification,
  encodeResult,
  type Request,
} from "../../src/protocol/request-frame.ts";
import type { Method } from "../../src/protocol/requests.ts";
import type { ResultOf, WireLease } from "../../src/protocol/results.ts";
import { SUBPROTOCOL } from "../../src/protocol/wire-codes.ts";
import { type WireError, wireDenial } from "../../src/protocol/wire-error.ts";
import { chain, daemon, firstHead, licenseWith, noon, origin, vendor } from "../license/given.ts";

/** What a daemon that keeps to the protocol would not do, and what it is left to say. */
export interface Script {
  readonly tls?: boolean;
  /** Vouches for this certificate instead of its own. */
  readonly fingerprint?: string | null;
  /** Signs as this daemon. */
  readonly signer?: Signer;
  readonly vendorName?: string;
  readonly licenses?: readonly string[];
  readonly welcomeNonce?: string;
  /** The list of revocations that the welcome hands over. */
  readonly revocations?: string;
  /** The supersede note that it hands over. */
  readonly supersede?: string;
  readonly leaseTimeMs?: number;
  readonly offlineGraceMs?: number;
  readonly heartbeatMs?: number;
  /** Writes something else into lease notes. */
  readonly lease?: Partial<LeaseNote>;
  readonly leaseSigner?: Signer;
  /** Signs so many others along with each lease, in one group. */
  readonly signedAlong?: number;
}

export type Reply = object | WireError | "silence" | "hang up" | "default";

/**
 * A server on a real socket with real signatures that does as each test says: the daemons that a
 * client must not believe, and those that vanish in the wrong moment.
 */
export class ScriptedDaemon {
  readonly asked: Request[] = [];
  script: Script;
  /** Answers instead of the usual one; "default" leaves it at that. */
  answer: (request: Request) => Reply = () => "default";
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #fingerprint: string | null;
  readonly #leases = new Map<LeaseId, { feature: string; count: number }>();
  #next = 1;
  #client: ClientKey = clientKey("A".repeat(43));
  #instance = "" as InstanceId;

  private constructor(server: Server, script: Script, fingerprint: string | null) {
    this.script = script;
    this.#server = server;
    this.#fingerprint = fingerprint;
    this.#sockets = new WebSocketServer({ server, handleProtocols: () => SUBPROTOCOL });
    this.#sockets.on("connection", (socket) => this.#greet(socket));
  }

  static async start(script: Script = {}, port = 0): Promise<ScriptedDaemon> {
    const made = await makeCertificate({ names: ["127.0.0.1"], notBefore: noon, days: 3_650 });
    const server =
      script.tls === false
        ? createPlainServer()
        : createServer({ cert: made.certificatePem, key: made.keyPem });
    const fingerprint = script.tls === false ? null : certificateFingerprint(made.certificatePem);
    const started = new ScriptedDaemon(server, script, fingerprint);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.script.tls === false ? "ws" : "wss"}://127.0.0.1:${this.port}`;
  }

  count(method: Method): number {
    return this.asked.filter((request) => request.method === method).length;
  }

  last<M extends Method>(method: M): Request<M> {
    const found = this.asked.findLast((request) => request.method === method);
    if (found === undefined) throw new Error(`${method} was not asked`);
    return found as Request<M>;
  }

  /** Forgets a lease, as if its time had run out. */
  forget(lease: string): void {
    this.#leases.delete(leaseId(lease));
  }

  grant(feature: string, count: number, nonce: string): WireLease {
    const id = leaseId(String(this.#next).padStart(32, "0"));
    this.#next += 1;
    this.#leases.set(id, { feature, count });
    return { id, feature, count, ...this.#proof(id, nonce) };
  }

  tell<N extends NotificationName>(method: N, params: NotificationOf[N]): void {
    this.say(encodeNotification(method, params));
  }

  say(frame: string | Uint8Array): void {
    for (const socket of this.#sockets.clients) socket.send(frame);
  }

  /** Cuts every connection, as a pulled cable would if it told anybody. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  #greet(socket: WebSocket): void {
    const { signer = daemon, vendorName = vendor } = this.script;
    const claimed = this.script.fingerprint;
    const body = challengeBody({
      nonce: toBase64Url(randomBytes(32)),
      protocols: [SUBPROTOCOL],
      daemonKey: toBase64Url(signer.publicKey),
      certificateFingerprint: claimed === undefined ? this.#fingerprint : claimed,
      vendors: [{ name: vendorName, chainId: chain }],
    });
    const note = writeJsonNote("challenge", body, { name: DAEMON_NOTE_NAME, signer });
    socket.on("message", (data: Buffer) => this.#reply(socket, data.toString()));
    socket.send(encodeNotification("challenge", { note }));
  }

  #reply(socket: WebSocket, text: string): void {
    const request = decodeFrame(text);
    if (request.kind === "refusal") throw new Error(`refused: ${JSON.stringify(request.error)}`);
    this.asked.push(request);
    const scripted = this.answer(request);
    if (scripted === "silence") return;
    if (scripted === "hang up") return socket.terminate();
    const reply = scripted === "default" ? this.#usual(request) : scripted;
    if ("kind" in reply) return socket.send(encodeError(request.id, reply as WireError));
    socket.send(encodeResult(request, reply as never));
  }

  #usual(request: Request): object {
    switch (request.method) {
      case "hello":
        return this.#welcome(request.params.note);
      case "seat.acquire": {
        const { feature, count, nonce } = request.params;
        return { state: "granted", lease: this.grant(feature, count, nonce) };
      }
      case "seat.renew":
      case "seat.resume":
        return this.#renewed(request.params.leases, request.params.nonce);
      case "seat.release":
        this.#leases.delete(request.params.lease);
        return {};
      case "usage.record":
        return { results: request.params.records.map(({ key }) => ({ key, state: "counted" })) };
      case "seat.activity":
      case "seat.cancel":
      case "status.watch":
      case "status.unwatch":
      case "seat.return":
        return {};
      case "seat.borrow":
        throw new Error("a scripted daemon lends nothing");
      case "status.get":
        return { features: [] };
    }
  }

  #welcome(note: string): ResultOf["hello"] {
    const hello = decodeHello(peekJsonNote(note).body);
    this.#client = hello.clientKey;
    this.#instance = hello.instanceId;
    const { signer = daemon, licenses = [licenseWith({})], heartbeatMs = 60_000 } = this.script;
    const body = welcomeBody({
      nonce: this.script.welcomeNonce ?? hello.nonce,
      head: firstHead,
      heartbeatMs: millis(heartbeatMs),
      limits: { frameBytes: 65_536, leasesPerClient: 64, requestsPerSecond: 50 },
      serverVersion: "0.1.0",
      ...(this.script.revocations && { revocations: this.script.revocations }),
      ...(this.script.supersede && { supersede: this.script.supersede }),
    });
    return { note: writeJsonNote("welcome", body, { name: origin, signer }), licenses };
  }

  #renewed(leases: readonly LeaseId[], nonce: string): ResultOf["seat.renew"] {
    const known = leases.filter((id) => this.#leases.has(id));
    const lost = leases.filter((id) => !this.#leases.has(id));
    return {
      leases: known.map((id) => ({ id, ...this.#proof(id, nonce) })),
      lost: lost.map((id) => ({ id, reason: "LEASE_EXPIRED", hint: "acquire a new seat" })),
    };
  }

  #proof(id: LeaseId, nonce: string): Pick<WireLease, "note" | "leaseTimeMs"> {
    const { feature, count } = this.#leases.get(id) ?? { feature: "cad.pro", count: 1 };
    const leaseTimeMs = millis(this.script.leaseTimeMs ?? 90_000);
    const fields: LeaseNote = {
      chainId: chain,
      leaseId: id,
      feature,
      version: "0",
      count,
      clientKey: this.#client,
      instanceId: this.#instance,
      nonce,
      leaseTimeMs,
      offlineGraceMs: millis(this.script.offlineGraceMs ?? 0),
      borrowUntil: null,
      headSize: 1,
      issuedAt: unixMillis(noon),
      ...this.script.lease,
    };
    const signer = this.script.leaseSigner ?? this.script.signer ?? daemon;
    const others = Array.from({ length: this.script.signedAlong ?? 0 }, (_, at) => ({
      ...fields,
      count: at + 2,
    }));
    const [note = ""] = writeLeaseNotes([fields, ...others], { name: origin, signer });
    return { leaseTimeMs, note };
  }
}

/** A denial as a reply. */
export const denied = (
  reason: DenialReason,
  { retryAfterMs, ...more }: DeniedMore = {},
): WireError =>
  wireDenial({
    reason,
    feature: "cad.pro",
    hint: "wait",
    ...more,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: millis(retryAfterMs) }),
  });

type DeniedMore = Partial<Omit<WireDenial, "retryAfterMs">> & { readonly retryAfterMs?: number };
