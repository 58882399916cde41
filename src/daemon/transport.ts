import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps, Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContextOptions, TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import { type Millis, seconds } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { SUBPROTOCOL } from "../protocol/wire-codes.ts";
import {
  addressUnder,
  demandContext,
  demandOptions,
  refusalAfterHandshake,
  refusalInHandshake,
} from "./certificate-demand.ts";
import { ConnectionCount } from "./connection-count.ts";
import type { Page } from "./health.ts";
import { listen } from "./listen.ts";
import { type Peer, SocketPeer, type Visit } from "./peer.ts";
import type { Perimeter } from "./perimeter.ts";
import { Rates } from "./rates.ts";
import { secureContext, type TlsTexts } from "./tls-files.ts";
import { type GateRules, isOurName, type Refusal, refusalOf } from "./upgrade-gate.ts";

interface TransportLimits {
  readonly frameBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectsPerAddress: number;
  readonly outboundBytes: number;
  /** Time for TLS and for the request head; sessions use it again for `hello`. */
  readonly handshake: Millis;
  readonly ping: Millis;
}

export interface TransportOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The descriptor of a socket that listens already; host and port are then not looked at. */
  readonly passed?: number | undefined;
  /** Without a certificate it is plaintext, which the caller has already allowed. */
  readonly perimeter: Perimeter;
  readonly rules: GateRules;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  /** Called once for each connection that passed the gate. */
  readonly welcome: (peer: Peer) => Visit;
  /** @param from the address that asks. */
  readonly pages: (path: string, from: string | undefined) => Page | undefined | Promise<Page>;
  readonly refused: (reason: Refusal["reason"], address: string | undefined) => void;
  /** A connection could not be taken: no more file descriptors, for one. */
  readonly failed: (error: unknown) => void;
}

/** Sockets beyond the limit of clients, so that a full daemon can still say that it is full, and be asked for its health. */
const SPARE_SOCKETS = 64;
const SPARE_SOCKETS_PER_ADDRESS = 8;

/**
 * Connections that wait to be accepted; the kernel may allow fewer (`net.core.somaxconn`). After a
 * restart thousands come back within a second: with Node's 511 most of their first packets are
 * dropped, and TCP tries again after 1, 2, 4 … 64 seconds, when their leases are over.
 */
const BACKLOG = 4_096;

/** How long a closing peer may take to answer. */
const CLOSE_WAIT = seconds(1);

const REFUSAL: Readonly<Record<"full" | "address-full" | "stopping", Refusal>> = {
  full: { status: 503, reason: "full", text: "too many connections" },
  "address-full": {
    status: 503,
    reason: "address-full",
    text: "too many connections from this address",
  },
  stopping: { status: 503, reason: "stopping", text: "this daemon is stopping" },
};

/** The door to the network: HTTP pages and WebSocket connections on one port. Never connects out. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #peers: Set<SocketPeer> = new Set();
  readonly #raw: ConnectionCount = new ConnectionCount();
  readonly #clients: ConnectionCount = new ConnectionCount();
  readonly #connects: Rates;
  readonly #pinging: { cancel(): void };
  #stopping = false;
  #closed: Promise<void> | undefined;

  /** @throws DaemonError PORT_IN_USE, LISTEN_FAILED. */
  static async open(options: TransportOptions): Promise<Transport> {
    const transport = new Transport(options);
    try {
      const { host, port, passed } = options;
      const where = passed === undefined ? { host, port } : { fd: passed };
      await listen(transport.#server, { ...where, backlog: BACKLOG });
    } catch (error) {
      // A timer that goes on would keep the failed process alive.
      transport.#pinging.cancel();
      throw error;
    }
    transport.#server.on("error", options.failed);
    return transport;
  }

  private constructor(options: TransportOptions) {
    this.#options = options;
    this.#connects = new Rates(options.limits.connectsPerAddress, 0);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.frameBytes,
      handleProtocols: () => SUBPROTOCOL,
    });
    this.#server = this.#makeServer();
    this.#server.on("connection", (socket) => this.#count(socket));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#pinging = options.clock.every(options.limits.ping, () => {
      for (const peer of this.#peers) peer.ping();
    });
  }

  get address(): { readonly host: string; readonly port: number } {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new TypeError("not listening on TCP");
    return { host: bound.address, port: bound.port };
  }

  /** Clients connected now. */
  get connections(): number {
    return this.#peers.size;
  }

  /**
   * The perimeter has changed: new connections see its certificate, and who may not connect from
   * where they are any more has to go.
   */
  follow(): void {
    const { perimeter } = this.#options;
    if (this.#server instanceof TlsServer && perimeter.tls !== undefined) {
      this.#server.setSecureContext(contextOf(perimeter.tls));
    }
    for (const peer of this.#peers) if (!perimeter.admits(peer.address)) peer.close(1008);
  }

  /**
   * Lets nobody else in; who is connected stays. At a socket that was passed to this process, who
   * comes now waits for the next one that it is passed to, and is not refused.
   */
  closeDoors(): void {
    this.#stopping = true;
    if (this.#options.passed !== undefined) void this.#stopListening();
  }

  /** Ends all connections and frees the port. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#pinging.cancel();
    for (const peer of this.#peers) peer.close(1001);
    // A peer that does not answer the close frame is not waited for long.
    const impatience = this.#options.clock.after(CLOSE_WAIT, () => {
      for (const peer of this.#peers) peer.terminate();
      this.#server.closeAllConnections();
    });
    await this.#stopListening();
    impatience.cancel();
  }

  /** Resolves when the last connection is gone. */
  #stopListening(): Promise<void> {
    this.#closed ??= new Promise((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    return this.#closed;
  }

  #makeServer(): Server {
    const { perimeter, limits } = this.#options;
    const settings = {
      headersTimeout: limits.handshake,
      requestTimeout: limits.handshake,
      keepAliveTimeout: limits.handshake,
      connectionsCheckingInterval: limits.handshake,
      maxHeaderSize: 16_384,
    };
    const server =
      perimeter.tls === undefined
        ? createHttp(settings)
        : createHttps({
            ...settings,
            ...contextOf(perimeter.tls),
            ...demandOptions(perimeter.tls.demand),
            handshakeTimeout: limits.handshake,
          });
    if (server instanceof TlsServer) this.#lookAtCertificates(server);
    server.on("request", (request, response) => void this.#answer(request, response));
    return server;
  }

  #lookAtCertificates(server: TlsServer): void {
    const { refused } = this.#options;
    server.on("tlsClientError", (error, socket) => {
      const refusal = refusalInHandshake(error, socket);
      if (refusal !== undefined) refused(refusal, addressUnder(socket));
    });
    if (this.#options.perimeter.tls?.demand === undefined) return;
    server.on("secureConnection", (socket) => {
      const refusal = refusalAfterHandshake(socket);
      if (refusal !== undefined) this.#cutOff(socket, refusal);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#pageFor(request);
    response.writeHead(page.status, {
      "content-type": page.type ?? "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(page.body);
  }

  async #pageFor(request: IncomingMessage): Promise<Page> {
    const { pages, rules, failed } = this.#options;
    if (!isOurName(request.headers.host, rules.names)) {
      return { status: 421, body: "this daemon is not known by that name\n" };
    }
    if (request.method !== "GET") return { status: 405, body: "only GET\n" };
    try {
      const page = await pages(request.url ?? "", request.socket.remoteAddress);
      return page ?? { status: 404, body: "no such page\n" };
    } catch (error) {
      failed(error);
      return { status: 500, body: "this page could not be made; see the daemon's log\n" };
    }
  }

  /** Before TLS and HTTP: nobody spends our memory without being counted. */
  #count(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const { perimeter, clock, limits } = this.#options;
    const { connections, connectionsPerAddress } = limits;
    if (!perimeter.admits(socket.remoteAddress)) return this.#cutOff(socket, "network");
    if (this.#connects.take(address, clock.now().mono) !== undefined) {
      return this.#cutOff(socket, "too-fast");
    }
    if (
      this.#raw.total >= connections + SPARE_SOCKETS ||
      this.#raw.of(address) >= connectionsPerAddress + SPARE_SOCKETS_PER_ADDRESS
    ) {
      return this.#cutOff(socket, "full");
    }
    this.#raw.add(address);
    socket.once("close", () => this.#raw.remove(address));
  }

  /** Without a word: an answer would take a handshake first. */
  #cutOff(socket: Socket, reason: Refusal["reason"]): void {
    this.#options.refused(reason, socket.remoteAddress);
    socket.destroy();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const address = request.socket.remoteAddress ?? "";
    const refusal = this.#refusal(request, address);
    if (refusal !== undefined) {
      this.#options.refused(refusal.reason, request.socket.remoteAddress);
      socket.end(httpAnswer(refusal));
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = new SocketPeer(
        webSocket,
        {
          certificateFingerprint: fingerprintOn(request.socket),
          address: request.socket.remoteAddress,
        },
        this.#options.limits.outboundBytes,
      );
      this.#peers.add(peer);
      this.#clients.add(address);
      webSocket.once("close", () => {
        this.#peers.delete(peer);
        this.#clients.remove(address);
      });
      peer.attend(this.#options.welcome(peer));
    });
  }

  #refusal(request: IncomingMessage, address: string): Refusal | undefined {
    const { limits, rules } = this.#options;
    if (this.#stopping) return REFUSAL.stopping;
    if (this.#clients.total >= limits.connections) return REFUSAL.full;
    if (this.#clients.of(address) >= limits.connectionsPerAddress) return REFUSAL["address-full"];
    const { host, origin } = request.headers;
    const subprotocols = request.headers["sec-websocket-protocol"];
    return refusalOf({ path: request.url ?? "", host, origin, subprotocols }, rules);
  }
}

const contextOf = (tls: TlsTexts): SecureContextOptions => ({
  ...secureContext(tls),
  ...demandContext(tls.demand),
});

/** Of the certificate that this connection began with: the present one may be another. */
function fingerprintOn(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  const own = socket.getX509Certificate();
  return own?.fingerprint256.replaceAll(":", "").toLowerCase() ?? null;
}

function httpAnswer({ status, text }: Refusal): string {
  const body = `${text}\n`;
  return [
    `HTTP/1.1 ${status} Refused`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
