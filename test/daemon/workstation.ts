import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { toBase64Url } from "../../src/base/bytes.ts";
import { clientKey, instanceId } from "../../src/base/ids.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { randomBytes, randomHex } from "../../src/crypto/random.ts";
import { peekJsonNote, writeJsonNote } from "../../src/note/json-note.ts";
import {
  type Challenge,
  CLIENT_NOTE_NAME,
  decodeChallenge,
  type Hello,
  helloBody,
} from "../../src/protocol/handshake.ts";
import { vendor } from "./given.ts";

/** A JSON-RPC message of the daemon, as it came. */
export interface Message {
  readonly id?: number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly data: Readonly<Record<string, unknown>> };
}

export interface Identity {
  readonly signer: Signer;
  readonly instance: string;
  readonly user: string;
  readonly host: string;
}

export function somebody(user = "ada", host = "workstation-7"): Identity {
  return { signer: signerFromSeed(randomBytes(32)), instance: randomHex(16), user, host };
}

/** A client that says exactly what the test wants. */
export class Workstation {
  readonly identity: Identity;
  readonly #socket: WebSocket;
  readonly #inbox: Message[] = [];
  readonly #readers: (() => void)[] = [];
  #closed: number | undefined;
  #nextId = 1;

  static async at(
    url: string,
    identity: Identity = somebody(),
    options: ClientOptions & { readonly subprotocols?: readonly string[] } = {},
  ): Promise<Workstation> {
    const { subprotocols = ["seatkeeper.v1"], ...rest } = options;
    const socket = new WebSocket(url, [...subprotocols], { rejectUnauthorized: false, ...rest });
    const workstation = new Workstation(socket, identity);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return workstation;
  }

  /** Connected and greeted. */
  static async greeted(
    url: string,
    identity: Identity = somebody(),
    token?: string,
  ): Promise<Workstation> {
    const workstation = await Workstation.at(url, identity);
    const answer = await workstation.hello(await workstation.challenge(), {}, {}, token);
    if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
    return workstation;
  }

  private constructor(socket: WebSocket, identity: Identity) {
    this.identity = identity;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      this.#inbox.push(JSON.parse(data.toString()) as Message);
      this.#wake();
    });
    socket.on("close", (code) => {
      this.#closed = code;
      this.#wake();
    });
  }

  async challenge(): Promise<Challenge> {
    const { params } = await this.notified("challenge");
    return decodeChallenge(peekJsonNote(String(params?.["note"])).body);
  }

  hello(
    challenge: Challenge,
    more: Partial<Hello> = {},
    labels: object = {},
    token?: string,
  ): Promise<Message> {
    return this.ask("hello", {
      vendor,
      note: this.helloNote(challenge, more),
      labels: { user: this.identity.user, host: this.identity.host, ...labels },
      ...(token === undefined ? {} : { token }),
    });
  }

  helloNote(challenge: Challenge, more: Partial<Hello> = {}): string {
    const { signer, instance } = this.identity;
    const [first] = challenge.vendors;
    if (first === undefined) throw new Error("the daemon names no vendor");
    const body = helloBody({
      challenge: challenge.nonce,
      daemonKey: challenge.daemonKey,
      chainId: first.chainId,
      certificateFingerprint: challenge.certificateFingerprint,
      clientKey: clientKey(toBase64Url(signer.publicKey)),
      instanceId: instanceId(instance),
      nonce: nonce(),
      ...more,
    });
    return writeJsonNote("hello", body, { name: CLIENT_NOTE_NAME, signer });
  }

  /** Sends a request and waits for its answer. */
  ask(method: string, params: object = {}): Promise<Message> {
    const id = this.#nextId;
    this.#nextId += 1;
    this.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.#next((message) => message.id === id);
  }

  acquire(feature: string, more: object = {}): Promise<Message> {
    return this.ask("seat.acquire", { feature, key: randomHex(8), nonce: nonce(), ...more });
  }

  /** The next notification of that name, also one that has come already. */
  notified(method: string): Promise<Message> {
    return this.#next((message) => message.method === method);
  }

  /** All notifications of that name that have come and nobody has looked at. */
  allNotified(method: string): readonly Message[] {
    const all = this.#inbox.filter((message) => message.method === method);
    for (const message of all) this.#inbox.splice(this.#inbox.indexOf(message), 1);
    return all;
  }

  /** The next answer without an id. */
  answered(): Promise<Message> {
    return this.#next((message) => message.id === null);
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** The code with which the connection ended. */
  async closed(): Promise<number> {
    for (;;) {
      if (this.#closed !== undefined) return this.#closed;
      await this.#arrival();
    }
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readAgain(): void {
    this.#socket.resume();
  }

  async leave(): Promise<void> {
    this.#socket.terminate();
    await this.closed();
  }

  async #next(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#inbox.findIndex(wanted);
      const [message] = at < 0 ? [] : this.#inbox.splice(at, 1);
      if (message !== undefined) return message;
      if (this.#closed !== undefined) throw new Error(`connection closed with ${this.#closed}`);
      await this.#arrival();
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => void this.#readers.push(resolve));
  }

  #wake(): void {
    for (const reader of this.#readers.splice(0)) reader();
  }
}

export const nonce = (): string => toBase64Url(randomBytes(32));

/** The id of the lease in an answer. */
export function leaseOf(message: Message): string {
  const lease = (message.result ?? message.params)?.["lease"] as { id: string } | undefined;
  if (lease === undefined) throw new Error(`no lease: ${JSON.stringify(message)}`);
  return lease.id;
}
