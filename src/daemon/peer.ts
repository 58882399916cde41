import type { WebSocket } from "ws";
import { fromUtf8 } from "../base/bytes.ts";

/** The far end of one accepted connection, as sessions see it. */
export interface Peer {
  /**
   * SHA-256 of the certificate that this very connection was encrypted under, as 64 hex digits;
   * null over plaintext: the channel itself proves nothing then.
   */
  readonly certificateFingerprint: string | null;
  /** Where it connects from, as the socket names it; undefined when that is not known any more. */
  readonly address: string | undefined;
  /** True while more than a little of what was sent has not left this process. */
  readonly isBehind: boolean;
  send(text: string): void;
  close(code: CloseCode): void;
}

/** What happens on one connection. */
export interface Visit {
  received(text: string): void;
  left(): void;
}

/** RFC 6455 section 7.4, and ours from 4000 on. */
export type CloseCode =
  | 1001
  | 1003
  | 1007
  | 1008
  | 1009
  | 1013
  | typeof HELLO_LATE
  | typeof REPLACED;

/** No valid `hello` within the handshake time. */
export const HELLO_LATE = 4408;

/** The same instance came in by another connection. */
export const REPLACED = 4409;

const REASON: Readonly<Record<CloseCode, string>> = {
  1001: "going away",
  1003: "text frames only",
  1007: "not utf-8",
  1008: "policy",
  1009: "frame too large",
  1013: "try again later",
  [HELLO_LATE]: "hello expected",
  [REPLACED]: "replaced by another connection",
};

/** So much is on its way at times to any reader; a slow one is behind by more. */
const BEHIND_BYTES = 16_384;

/** What lies below a WebSocket. */
type Channel = Pick<Peer, "certificateFingerprint" | "address">;

/** One WebSocket: liveness, the limit on what waits to be sent, and text frames only. */
export class SocketPeer implements Peer {
  readonly certificateFingerprint: string | null;
  readonly address: string | undefined;
  readonly #socket: WebSocket;
  readonly #outboundBytes: number;
  #answered = true;

  constructor(socket: WebSocket, channel: Channel, outboundBytes: number) {
    this.certificateFingerprint = channel.certificateFingerprint;
    this.address = channel.address;
    this.#socket = socket;
    this.#outboundBytes = outboundBytes;
    socket.on("pong", () => {
      this.#answered = true;
    });
  }

  get isBehind(): boolean {
    return this.#socket.bufferedAmount > BEHIND_BYTES;
  }

  /** Starts telling `visit` what arrives. A broken frame ends the connection; `left` comes once. */
  attend(visit: Visit): void {
    this.#socket.on("message", (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) return this.close(1003);
      visit.received(fromUtf8(data));
    });
    // `ws` has closed the connection by itself with the fitting code: 1009 for an oversized
    // frame, 1007 for bad UTF-8. `close` follows.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => visit.left());
  }

  /** A reader too slow for its answers is cut off: its leases live on, our memory does not grow. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > this.#outboundBytes) this.#socket.terminate();
  }

  close(code: CloseCode): void {
    this.#socket.close(code, REASON[code]);
  }

  /** Drops a peer that stayed silent since the last ping, otherwise pings it. */
  ping(): void {
    if (!this.#answered) return this.#socket.terminate();
    this.#answered = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
