import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import { type Millis, seconds } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { DaemonError } from "./errors.ts";
import { listen } from "./listen.ts";
import type { Perimeter } from "./perimeter.ts";
import { Rates } from "./rates.ts";
import { secureContext } from "./tls-files.ts";
import type { Refusal } from "./upgrade-gate.ts";

interface AdminPortOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly perimeter: Perimeter;
  readonly handshake: Millis;
  readonly clock: Clock;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly refused: (reason: Refusal["reason"], address: string | undefined) => void;
}

/** Administrators at a time, with all their commands. */
const MAX_CONNECTIONS = 64;

const CLOSE_WAIT = seconds(1);

/** New connections of one address in a second: a command is one. */
const CONNECTS_PER_ADDRESS = 200;

/** The network's door to administration: TLS alone, behind the same perimeter as clients. */
export class AdminPort {
  readonly #server: Server;
  readonly #perimeter: Perimeter;
  readonly #clock: Clock;

  /** @throws DaemonError PORT_IN_USE, LISTEN_FAILED, PLAINTEXT_REFUSED. */
  static async open(options: AdminPortOptions): Promise<AdminPort> {
    const opened = new AdminPort(options);
    await listen(opened.#server, { host: options.host, port: options.port });
    return opened;
  }

  private constructor({ perimeter, handshake, clock, serve, refused }: AdminPortOptions) {
    this.#perimeter = perimeter;
    this.#clock = clock;
    if (perimeter.tls === undefined) {
      throw new DaemonError("PLAINTEXT_REFUSED", "administration over the network needs TLS", {
        hint: "set tls.mode, or admin.port: null",
      });
    }
    this.#server = createServer({
      ...secureContext(perimeter.tls),
      handshakeTimeout: handshake,
      headersTimeout: handshake,
      keepAliveTimeout: handshake,
      connectionsCheckingInterval: handshake,
      maxHeaderSize: 16_384,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    const connects = new Rates(CONNECTS_PER_ADDRESS, 0);
    this.#server.on("connection", (socket: Socket) => {
      const address = socket.remoteAddress;
      const tooFast = connects.take(address ?? "", clock.now().mono) !== undefined;
      if (perimeter.admits(address) && !tooFast) return;
      refused(tooFast ? "too-fast" : "network", address);
      socket.destroy();
    });
    this.#server.on("request", serve);
  }

  get port(): number {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new TypeError("not listening on TCP");
    return bound.port;
  }

  /** As of `Transport`: new connections see the present certificate. */
  follow(): void {
    const { tls } = this.#perimeter;
    if (tls !== undefined) this.#server.setSecureContext(secureContext(tls));
  }

  /** Lets running requests end. Who only keeps a connection open is not waited for long. */
  async close(): Promise<void> {
    const impatience = this.#clock.after(CLOSE_WAIT, () => this.#server.closeAllConnections());
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    impatience.cancel();
  }
}
