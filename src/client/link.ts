import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { Method, ParamsOf } from "../protocol/requests.ts";
import type { ResultOf } from "../protocol/results.ts";
import { retryDelay } from "./backoff.ts";
import { ClientError } from "./errors.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Session } from "./session.ts";
import type { WireListener } from "./wire.ts";

/** Makes one attempt at one server. */
export type OpenSession = (
  address: ServerAddress,
  listener: WireListener,
  signal: AbortSignal,
) => Promise<Session>;

/** Who is told when the daemon comes and goes. */
export interface LinkListener {
  /** Before any request that waited for the connection is sent. */
  connected(session: Session): void;
  /** `retryIn` is how long the next attempt waits. */
  disconnected(error: ClientError, retryIn: Millis): void;
  notified(notification: Notification, session: Session): void;
}

/** An answer, and the connection and moment it was asked on. */
export interface Answered<M extends Method> {
  readonly result: ResultOf[M];
  readonly session: Session;
  readonly sentAt: MonoMillis;
}

/** A connection that lasted so long is a success; the next loss starts counting anew. */
const SETTLED: Millis = millis(10_000);

interface Waiter {
  resolve(session: Session): void;
  reject(error: ClientError): void;
}

/** Keeps one session with the first server that can be reached, again and again. */
export class Link {
  readonly #servers: readonly ServerAddress[];
  readonly #open: OpenSession;
  readonly #clock: Clock;
  readonly #listener: LinkListener;
  readonly #closing = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #session: Session | undefined;
  #connectedAt: MonoMillis | undefined;
  #attempt = 0;
  #retry: Timer | undefined;

  constructor(
    servers: readonly ServerAddress[],
    open: OpenSession,
    clock: Clock,
    listener: LinkListener,
  ) {
    this.#servers = servers;
    this.#open = open;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** The session of this moment, if there is one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /**
   * The first connection: each server is tried once, in order.
   * @throws ClientError when none will do.
   */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const either = AbortSignal.any([
      this.#closing.signal,
      ...(signal === undefined ? [] : [signal]),
    ]);
    await this.#connect(either);
  }

  /**
   * Asks, and asks again on the next connection when one ends without the answer. Every request
   * of the protocol may be repeated: its key or its lease id makes it the same one.
   * @throws SeatDeniedError; ClientError SERVER_REFUSED, CLIENT_CLOSED.
   */
  async call<M extends Method>(method: M, params: ParamsOf[M]): Promise<Answered<M>> {
    for (;;) {
      const session = await this.online();
      const sentAt = this.#clock.now().mono;
      try {
        return { result: await session.request(method, params), session, sentAt };
      } catch (error) {
        if (!(error instanceof ClientError && error.code === "SERVER_CONNECTION_LOST")) throw error;
      }
    }
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#retry?.cancel();
    this.#session?.close();
    this.#session = undefined;
    for (const waiter of this.#waiters) waiter.reject(closed());
    this.#waiters.clear();
  }

  /** The session of this moment, or the next one. @throws ClientError CLIENT_CLOSED. */
  online(): Promise<Session> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }));
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const failures: ClientError[] = [];
    for (const server of this.#servers) {
      const failure = await this.#tryServer(server, signal);
      if (failure === undefined) return;
      if (signal.aborted) throw failure;
      failures.push(failure);
    }
    throw mostTelling(failures);
  }

  /** `undefined` once connected. */
  async #tryServer(server: ServerAddress, signal: AbortSignal): Promise<ClientError | undefined> {
    const visit = new Visit(this.#listener, (error) => this.#lost(error));
    try {
      visit.session = await this.#open(server, visit, signal);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return error.code === "SERVER_CONNECTION_LOST" ? (visit.failure ?? error) : error;
    }
    if (signal.aborted) visit.session.close();
    if (visit.failure !== undefined) return visit.failure;
    this.#found(visit.session);
    visit.deliver();
    return undefined;
  }

  #found(session: Session): void {
    this.#session = session;
    this.#connectedAt = this.#clock.now().mono;
    this.#listener.connected(session);
    for (const waiter of this.#waiters) waiter.resolve(session);
    this.#waiters.clear();
  }

  #lost(error: ClientError): void {
    if (this.#closing.signal.aborted) return;
    this.#session = undefined;
    const lasted = this.#clock.now().mono - (this.#connectedAt ?? 0);
    if (lasted >= SETTLED) this.#attempt = 0;
    this.#retryLater(error);
  }

  #retryLater(error: ClientError): void {
    const delay = retryDelay(this.#attempt, randomFraction());
    this.#attempt += 1;
    this.#retry = this.#clock.after(delay, () => void this.#reconnect());
    this.#listener.disconnected(error, delay);
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connect(this.#closing.signal);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (!(error instanceof ClientError)) throw error;
      this.#retryLater(error);
    }
  }
}

/** What a connection says before it counts as the link's session is kept until it does. */
class Visit implements WireListener {
  session: Session | undefined;
  failure: ClientError | undefined;
  readonly #listener: LinkListener;
  readonly #lost: (error: ClientError) => void;
  readonly #early: Notification[] = [];
  #isDelivered = false;

  constructor(listener: LinkListener, lost: (error: ClientError) => void) {
    this.#listener = listener;
    this.#lost = lost;
  }

  notified(notification: Notification): void {
    if (this.#isDelivered && this.session !== undefined) {
      this.#listener.notified(notification, this.session);
    } else this.#early.push(notification);
  }

  ended(error: ClientError): void {
    this.failure = error;
    if (this.#isDelivered) this.#lost(error);
  }

  deliver(): void {
    this.#isDelivered = true;
    for (const notification of this.#early.splice(0)) this.notified(notification);
  }
}

/** A daemon that misbehaves says more than one that is away. */
function mostTelling(failures: readonly ClientError[]): ClientError {
  const [first, ...others] = failures;
  if (first === undefined) throw new TypeError("a link needs a server");
  if (others.length === 0) return first;
  const telling = failures.find((failure) => failure.code !== "SERVER_UNREACHABLE");
  return (
    telling ??
    new ClientError("SERVER_UNREACHABLE", `none of ${failures.length} servers can be reached`, {
      hint: "check the addresses, and whether a server runs",
      cause: first,
    })
  );
}

const closed = (): ClientError => new ClientError("CLIENT_CLOSED", "the seatkeeper was closed");

/** In [0, 1). */
function randomFraction(): number {
  const [high = 0, middle = 0, low = 0] = randomBytes(3);
  return (high * 65_536 + middle * 256 + low) / 2 ** 24;
}
