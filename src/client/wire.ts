import { TLSSocket } from "node:tls";
import { type ClientOptions, type RawData, WebSocket } from "ws";
import { toHex } from "../base/bytes.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { sha256 } from "../crypto/hash.ts";
import { DAEMON_FRAME_BYTES } from "../protocol/limits.ts";
import type { Notification } from "../protocol/notifications.ts";
import {
  type DaemonFrame,
  decodeDaemonFrame,
  decodeResult,
  encodeRequest,
} from "../protocol/reply-frame.ts";
import type { Method, ParamsOf } from "../protocol/requests.ts";
import type { ResultOf } from "../protocol/results.ts";
import { SUBPROTOCOL } from "../protocol/wire-codes.ts";
import type { WireError } from "../protocol/wire-error.ts";
import type { ShownPair } from "./client-certificate.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { ServerAddress } from "./server-address.ts";

/** Who is told what happens on a connection that was opened. */
export interface WireListener {
  notified(notification: Notification): void;
  /** Once, whatever the reason; every request without an answer fails right after. */
  ended(error: ClientError): void;
}

/** From the first byte to the challenge. */
const OPENING_TIME: Millis = millis(10_000);

/** A request without an answer for so long condemns its connection. */
const ANSWER_TIME: Millis = millis(15_000);

/** Silence of so many heartbeats condemns a connection. */
const SILENT_HEARTBEATS = 3;

interface Waiting {
  readonly timeout: Timer;
  settle(result: unknown): void;
  fail(error: ClientError): void;
}

/**
 * One WebSocket to a daemon: requests find their answers, notifications their listener. It
 * trusts nobody; `session.ts` decides whom it speaks to.
 */
export class Wire {
  /** Lower-case hex SHA-256 of the certificate the server really showed; `null` over plaintext. */
  certificateFingerprint: string | null = null;

  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #listener: WireListener;
  readonly #waiting = new Map<number, Waiting>();
  #opening: { challenged(note: string): void; failed(error: ClientError): void } | undefined;
  #nextId = 1;
  #over = false;
  #lastHeard: MonoMillis;
  #silence: Timer | undefined;

  /**
   * @param listener hears nothing before `open` is through.
   * @param shown the client certificate, for a server that asks for one.
   */
  constructor(
    address: ServerAddress,
    clock: Clock,
    listener: WireListener,
    shown: ShownPair | undefined,
  ) {
    this.#clock = clock;
    this.#listener = listener;
    this.#lastHeard = clock.now().mono;
    this.#socket = new WebSocket(address.url, [SUBPROTOCOL], { ...SOCKET_OPTIONS, ...shown });
    this.#listen(address, shown !== undefined);
  }

  /**
   * Waits for the daemon's first word.
   * @returns the challenge note, unverified.
   * @throws ClientError SERVER_UNREACHABLE, SERVER_PROTOCOL.
   */
  async open(): Promise<string> {
    const late = this.#clock.after(OPENING_TIME, () =>
      this.fail(new ClientError("SERVER_UNREACHABLE", "the server does not answer")),
    );
    try {
      return await this.#challenge();
    } finally {
      late.cancel();
    }
  }

  /**
   * Asks, and waits for the answer.
   * @throws SeatDeniedError; ClientError SERVER_REFUSED, SERVER_CONNECTION_LOST.
   */
  request<M extends Method>(method: M, params: ParamsOf[M]): Promise<ResultOf[M]> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#over) {
        reject(connectionLost());
        return;
      }
      const timeout = this.#clock.after(ANSWER_TIME, () => this.fail(connectionLost("is silent")));
      const settle = (result: unknown): void => {
        resolve(decodeResult(method, result));
      };
      this.#waiting.set(id, { timeout, settle, fail: reject });
      this.#socket.send(encodeRequest(id, method, params));
    });
  }

  /** From now on a daemon that is silent for three heartbeats is taken for dead. */
  expectHeartbeat(every: Millis): void {
    if (every === 0 || this.#over) return;
    this.#silence = this.#clock.every(every, () => {
      const silent = this.#clock.now().mono - this.#lastHeard;
      if (silent > SILENT_HEARTBEATS * every) this.fail(connectionLost("is silent"));
    });
  }

  /** Says goodbye. The listener hears CLIENT_CLOSED. */
  close(): void {
    if (this.#over) return;
    this.#finish(new ClientError("CLIENT_CLOSED", "the connection was closed"));
    this.#socket.close(1_000);
  }

  /** Ends the connection without ceremony. The first reason is the one that counts. */
  fail(error: ClientError): void {
    this.#finish(error);
    this.#socket.terminate();
  }

  #challenge(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#over) reject(connectionLost());
      else this.#opening = { challenged: resolve, failed: reject };
    });
  }

  #listen(address: ServerAddress, hasShown: boolean): void {
    const socket = this.#socket;
    socket.on("upgrade", (response) => {
      this.certificateFingerprint = address.secure ? fingerprintOf(response.socket) : null;
    });
    socket.on("message", (data, isBinary) => this.#read(data, isBinary));
    socket.on("ping", () => this.#heard());
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      this.fail(
        new ClientError("SERVER_PROTOCOL", `the server answers http ${response.statusCode ?? 0}`, {
          hint: "check the address; the server's log says why it refused",
        }),
      );
    });
    socket.on("error", (error) => this.fail(openingError(error, address, hasShown)));
    socket.on("close", (code) => this.#finish(connectionLost(`closed with ${code}`)));
  }

  #heard(): void {
    this.#lastHeard = this.#clock.now().mono;
  }

  #read(data: RawData, isBinary: boolean): void {
    this.#heard();
    try {
      if (isBinary) throw new ClientError("SERVER_PROTOCOL", "the server sent a binary frame");
      this.#take(decodeDaemonFrame(textOf(data)));
    } catch (error) {
      // Only what we decode ourselves can throw here: the server broke the protocol.
      this.fail(
        error instanceof ClientError
          ? error
          : new ClientError("SERVER_PROTOCOL", messageOf(error), { cause: error }),
      );
    }
  }

  #take(frame: DaemonFrame): void {
    if (this.#over) return;
    if (frame.kind === "notification") this.#notify(frame.notification);
    else if (frame.kind === "result") this.#settle(frame.id, frame.result);
    else this.#answered(frame.id).fail(refusalOf(frame.error));
  }

  #settle(id: number | string, result: unknown): void {
    const waiting = this.#answered(id);
    try {
      waiting.settle(result);
    } catch (error) {
      waiting.fail(connectionLost("is given up", error));
      throw error;
    }
  }

  #notify(notification: Notification): void {
    const opening = this.#opening;
    this.#opening = undefined;
    const isChallenge = notification.method === "challenge";
    if (isChallenge !== (opening !== undefined)) {
      throw new ClientError("SERVER_PROTOCOL", "the server spoke out of turn");
    }
    if (opening !== undefined && isChallenge) opening.challenged(notification.params.note);
    else this.#listener.notified(notification);
  }

  #answered(id: number | string | null): Waiting {
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (waiting === undefined || typeof id !== "number") {
      throw new ClientError("SERVER_PROTOCOL", "the server answered what nobody asked");
    }
    this.#waiting.delete(id);
    waiting.timeout.cancel();
    return waiting;
  }

  #finish(error: ClientError): void {
    if (this.#over) return;
    this.#over = true;
    this.#silence?.cancel();
    if (this.#opening === undefined) this.#listener.ended(error);
    else this.#opening.failed(error);
    for (const waiting of this.#waiting.values()) {
      waiting.timeout.cancel();
      waiting.fail(connectionLost("ended before the answer", error));
    }
    this.#waiting.clear();
  }
}

/**
 * No public key infrastructure vouches for a daemon's certificate. The daemon signs its
 * fingerprint in the challenge instead, and the license vouches for the daemon key.
 */
const SOCKET_OPTIONS: ClientOptions = {
  rejectUnauthorized: false,
  perMessageDeflate: false,
  followRedirects: false,
  maxPayload: DAEMON_FRAME_BYTES,
  handshakeTimeout: OPENING_TIME,
};

/** A certificate that cannot be seen has a fingerprint that no challenge has. */
function fingerprintOf(socket: unknown): string {
  const raw = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  return raw === undefined ? "" : toHex(sha256(raw));
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString("utf8");
}

function refusalOf(error: WireError): ClientError {
  if (error.kind === "denial") return new SeatDeniedError(error.denial);
  return new ClientError("SERVER_REFUSED", `${error.code}: ${error.message}`, {
    facts: { code: error.code, field: error.field ?? null },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

function openingError(
  error: Error,
  { url, secure }: ServerAddress,
  hasShown: boolean,
): ClientError {
  const code = systemCode(error) ?? "";
  if (code === "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED") {
    return new ClientError("CERTIFICATE_REQUIRED", `${url} lets nobody in without a certificate`, {
      hint: "ask the license administrator for a client certificate, and name it with --client-cert and --client-key",
      cause: error,
    });
  }
  if (!/^E[A-Z]|^UNABLE_|^ERR_SSL_|^ERR_TLS_/.test(code)) {
    return new ClientError("SERVER_PROTOCOL", messageOf(error), { cause: error });
  }
  return new ClientError("SERVER_UNREACHABLE", `${url} cannot be reached: ${code}`, {
    hint:
      secure && hasShown && code === "ECONNRESET"
        ? CUT_OFF
        : "check the address, and whether the server runs",
    cause: error,
  });
}

/** A server says nothing of a certificate that it does not take: TLS 1.3 is through by then. */
const CUT_OFF =
  "if the server runs, it may not take the client certificate: its log says why, as connection.refused";

function connectionLost(what = "is gone", cause?: unknown): ClientError {
  return new ClientError("SERVER_CONNECTION_LOST", `the connection ${what}`, { cause });
}
