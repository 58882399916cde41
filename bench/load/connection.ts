import { randomBytes } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { CLOSE, clientFrame, FrameReader, PING, PONG, TEXT } from "./frames.ts";

/** Where a connection goes and where it comes from. */
export interface Route {
  readonly url: string;
  /** An address of this machine, such as 127.0.0.2: ports and limits are counted per address. */
  readonly from: string;
}

export interface Ears {
  /** @param at the moment its bytes were read, in milliseconds of `performance.now`. */
  heard(text: string, at: number): void;
  gone(): void;
}

const SUBPROTOCOL = "seatkeeper.v1";
/** Milliseconds after which a connection is given up, as the SDK does. */
const OPENING_TIME = 10_000;

/**
 * A WebSocket client over a bare socket. Written for the load generator alone: the usual client
 * package is itself the bottleneck above some 80,000 requests per second.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: FrameReader = new FrameReader();
  #ears: Ears | undefined;
  /** Frames of before somebody listened. */
  readonly #unheard: string[] = [];

  /** @throws Error when the server does not answer with an upgrade. */
  static open(route: Route): Promise<Connection> {
    const { protocol, hostname, port, host } = new URL(route.url);
    const where = { host: hostname, port: Number(port), localAddress: route.from };
    const socket =
      protocol === "wss:"
        ? connectTls({ ...where, rejectUnauthorized: false })
        : connectTcp({ ...where, noDelay: true });
    const key = randomBytes(16).toString("base64");
    const request = [
      "GET / HTTP/1.1",
      `Host: ${host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
      "\r\n",
    ].join("\r\n");
    const late = setTimeout(
      () => socket.destroy(new Error(`${route.url} is silent`)),
      OPENING_TIME,
    );
    return new Promise<Connection>((resolve, reject) => {
      socket.once(protocol === "wss:" ? "secureConnect" : "connect", () => socket.write(request));
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`${route.url} closed the connection`)));
      let answer = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        answer = Buffer.concat([answer, chunk]);
        const end = answer.indexOf("\r\n\r\n");
        if (end < 0) return;
        socket.off("data", onData);
        socket.removeAllListeners("close");
        const status = answer.toString("latin1", 0, answer.indexOf("\r\n"));
        if (!status.startsWith("HTTP/1.1 101")) {
          socket.destroy();
          return reject(new Error(`${route.url} answered ${status}`));
        }
        resolve(new Connection(socket, answer.subarray(end + 4)));
      };
      socket.on("data", onData);
    }).finally(() => clearTimeout(late));
  }

  private constructor(socket: Socket, first: Buffer) {
    this.#socket = socket;
    socket.removeAllListeners("error");
    socket.on("error", () => undefined);
    socket.on("close", () => this.#ears?.gone());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    if (first.length > 0) this.#take(first);
  }

  listen(ears: Ears): void {
    this.#ears = ears;
    for (const text of this.#unheard.splice(0)) ears.heard(text, performance.now());
  }

  send(text: string): void {
    this.#socket.write(clientFrame(TEXT, Buffer.from(text)));
  }

  /** Without a word. */
  drop(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const at = performance.now();
    this.#reader.push(chunk, (opcode, payload) => {
      if (opcode === TEXT) this.#hear(payload.toString("utf8"), at);
      else if (opcode === PING) this.#socket.write(clientFrame(PONG, payload));
      else if (opcode === CLOSE) this.#socket.end(clientFrame(CLOSE, payload));
    });
  }

  #hear(text: string, at: number): void {
    if (this.#ears === undefined) this.#unheard.push(text);
    else this.#ears.heard(text, at);
  }
}
