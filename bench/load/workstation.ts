import { toBase64Url } from "../../src/base/bytes.ts";
import { clientKey, instanceId } from "../../src/base/ids.ts";
import { type Signer, signerFromSeed } from "../../src/crypto/ed25519.ts";
import { randomBytes, randomHex } from "../../src/crypto/random.ts";
import { peekJsonNote, writeJsonNote } from "../../src/note/json-note.ts";
import { CLIENT_NOTE_NAME, decodeChallenge, helloBody } from "../../src/protocol/handshake.ts";
import { Connection, type Route } from "./connection.ts";

/** What a server said to one request, as far as a load needs to know it. */
export interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly note?: string; readonly key?: string; readonly lease?: GivenLease };
  readonly result?: {
    readonly state?: "granted" | "queued";
    readonly lease?: GivenLease;
    readonly leases?: readonly GivenLease[];
    readonly results?: readonly { readonly state: string }[];
  };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly reason?: string };
  };
}

interface GivenLease {
  readonly id: string;
}

/** Called with the answer and the moment its bytes were read. */
export type Answered = (reply: Reply, at: number) => void;

/** One client key and instance. It may connect again and again. */
export class Workstation {
  /** Chosen once: what a nonce is for is tested elsewhere, and random bytes cost the generator time. */
  readonly nonce: string = toBase64Url(randomBytes(32));
  readonly #signer: Signer = signerFromSeed(randomBytes(32));
  readonly #instance: string = randomHex(16);
  readonly #waiting: Map<number, Answered> = new Map();
  #connection: Connection | undefined;
  #nextId = 1;
  #notified: (reply: Reply) => void = () => undefined;

  /** True while a connection stands. */
  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** @throws Error when the server refuses the connection or the greeting. */
  async connect(route: Route, vendor: string | undefined): Promise<void> {
    const connection = await Connection.open(route);
    this.#connection = connection;
    const challenged = new Promise<string>((resolve) => {
      this.#notified = ({ method, params }) => {
        if (method === "challenge") resolve(params?.note ?? "");
      };
    });
    connection.listen({
      heard: (text, at) => this.#hear(text, at),
      gone: () => {
        if (this.#connection === connection) this.#connection = undefined;
      },
    });
    if (vendor !== undefined) await this.#greet(vendor, await challenged);
    this.#notified = () => undefined;
  }

  onNotification(notified: (reply: Reply) => void): void {
    this.#notified = notified;
  }

  /** @param params JSON text: made by hand, because encoding it would cost more than sending it. */
  ask(method: string, params: string, answered: Answered): void {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#waiting.set(id, answered);
    this.#connection?.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
  }

  asked(method: string, params: string): Promise<Reply> {
    return new Promise((resolve) => this.ask(method, params, resolve));
  }

  drop(): void {
    this.#connection?.drop();
    this.#connection = undefined;
    this.#waiting.clear();
  }

  async #greet(vendor: string, note: string): Promise<void> {
    const challenge = decodeChallenge(peekJsonNote(note).body);
    const chain = challenge.vendors.find(({ name }) => name === vendor);
    if (chain === undefined) throw new Error(`the daemon does not serve ${vendor}`);
    const body = helloBody({
      challenge: challenge.nonce,
      daemonKey: challenge.daemonKey,
      chainId: chain.chainId,
      certificateFingerprint: challenge.certificateFingerprint,
      clientKey: clientKey(toBase64Url(this.#signer.publicKey)),
      instanceId: instanceId(this.#instance),
      nonce: this.nonce,
    });
    const hello = writeJsonNote("hello", body, { name: CLIENT_NOTE_NAME, signer: this.#signer });
    const user = this.#instance.slice(0, 12);
    const labels = { user, host: `${user}-pc` };
    const answer = await this.asked("hello", JSON.stringify({ vendor, note: hello, labels }));
    if (answer.error !== undefined) throw new Error(`hello: ${answer.error.message}`);
  }

  #hear(text: string, at: number): void {
    const reply = JSON.parse(text) as Reply;
    const answered = reply.id === undefined ? undefined : this.#waiting.get(reply.id);
    if (reply.id === undefined || answered === undefined) return this.#notified(reply);
    this.#waiting.delete(reply.id);
    answered(reply, at);
  }
}
