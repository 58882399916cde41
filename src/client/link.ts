import { after, between, type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { randomBytes } from "../crypto/random.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { Method, ParamsOf } from "../protocol/requests.ts";
import type { ResultOf } from "../protocol/results.ts";
import { retryDelay } from "./backoff.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { ServerAddress } from "./server-address.ts";
import type { Session, SessionListener } from "./session.ts";
import type { Contradiction, Superseded } from "./witness.ts";

/** Makes one attempt at one server. */
export type OpenSession = (
  address: ServerAddress,
  listener: SessionListener,
  signal: AbortSignal,
) => Promise<Session>;

/** Who is told when the daemon comes and goes. */
export interface LinkListener {
  /** Before any request that waited for the connection is sent. */
  connected(session: Session): void;
  /** `retryIn` is how long the next attempt waits. */
  disconnected(error: ClientError, retryIn: Millis): void;
  notified(notification: Notification, session: Session): void;
  /** A daemon's ledger does not go on from what this computer remembers of it. Told at each answer. */
  contradicted(contradiction: Contradiction): void;
  /** What contradicted it was given up by the vendor. */
  superseded(superseded: Superseded): void;
  /** A seat of this feature was granted that the daemon's ledger does not tell of. Told at each grant. */
  untold(feature: string): void;
  /**
   * A server that comes before the present one in the list is back. True when nothing holds us
   * at the present one any more: it is left as soon as this resolves.
   */
  homecoming(home: Session): Promise<boolean>;
  /** The server that was left for a better one; whoever is told closes it. */
  left(session: Session): void;
}

/** An answer, and the connection and moment it was asked on. */
export interface Answered<M extends Method> {
  readonly result: ResultOf[M];
  readonly session: Session;
  readonly sentAt: MonoMillis;
}

/** A connection that lasted so long is a success; the next loss starts counting anew. */
const SETTLED: Millis = millis(10_000);

/** A lost connection is tried again for so long before another server of the list is asked. */
const PATIENCE: Millis = millis(3_000);

/** How long a server that stops is asked last. */
const AVOIDANCE: Millis = millis(30_000);

/** How often it is tried to come home, half as much more or less. */
const HOME_CHECK: Millis = millis(30_000);

interface Waiter {
  resolve(session: Session): void;
  reject(error: ClientError): void;
}

/**
 * Keeps one session with one server of the list. The first is home: another one is asked only when
 * the last one stays away or stops, and left again when home is back.
 */
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
  /** The place in the list of the server of this or the last session. */
  #place = 0;
  #lostAt: MonoMillis | undefined;
  readonly #avoided = new Map<ServerAddress, MonoMillis>();
  #homeCheck: Timer | undefined;

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
    const stopping = new Set<string>();
    for (;;) {
      const session = await this.online();
      const sentAt = this.#clock.now().mono;
      try {
        return { result: await session.request(method, params), session, sentAt };
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        if (isStopping(error)) stopping.add(session.server);
        const isElsewhere = isStopping(error) && stopping.size < this.#servers.length;
        if (isElsewhere) this.#avoid(session);
        else if (error.code !== "SERVER_CONNECTION_LOST") throw error;
      }
    }
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Goes on without a connection after `start` has failed, and tries again in the background. */
  goOn(error: ClientError): void {
    if (!this.isClosed) this.#retryLater(error);
  }

  /** The next attempt does not wait any longer. */
  retryNow(): void {
    if (this.#retry === undefined) return;
    this.#retry.cancel();
    this.#retry = undefined;
    void this.#reconnect();
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#retry?.cancel();
    this.#homeCheck?.cancel();
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
    for (const server of this.#candidates()) {
      const failure = await this.#tryServer(server, signal);
      if (failure === undefined) return;
      if (signal.aborted) throw failure;
      failures.push(failure);
    }
    throw mostTelling(failures);
  }

  /** A short outage is waited for: elsewhere the seats would have to be asked for anew. */
  #candidates(): readonly ServerAddress[] {
    const { mono } = this.#clock.now();
    const last = this.#servers[this.#place];
    const isAvoided = (server: ServerAddress): boolean => (this.#avoided.get(server) ?? 0) > mono;
    const isShort = this.#lostAt !== undefined && between(this.#lostAt, mono) < PATIENCE;
    if (isShort && last !== undefined && !isAvoided(last)) return [last];
    return [...this.#servers].toSorted(
      (one, two) => Number(isAvoided(one)) - Number(isAvoided(two)),
    );
  }

  #avoid(session: Session): void {
    const server = this.#servers[this.#place];
    if (this.#session !== session || server === undefined) return;
    this.#avoided.set(server, after(this.#clock.now().mono, AVOIDANCE));
    session.close();
  }

  /** `undefined` once connected. */
  async #tryServer(server: ServerAddress, signal: AbortSignal): Promise<ClientError | undefined> {
    const visit: Visit = new Visit(this.#listener, (error) => {
      // A server that was left for home may end when it likes.
      if (this.#session === visit.session) this.#lost(error);
    });
    try {
      visit.session = await this.#open(server, visit, signal);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return error.code === "SERVER_CONNECTION_LOST" ? (visit.failure ?? error) : error;
    }
    if (signal.aborted) visit.session.close();
    if (visit.failure !== undefined) return visit.failure;
    this.#found(visit.session, server);
    visit.deliver();
    return undefined;
  }

  #found(session: Session, server: ServerAddress): void {
    this.#session = session;
    this.#place = this.#servers.indexOf(server);
    this.#lostAt = undefined;
    this.#checkHomeLater();
    this.#connectedAt = this.#clock.now().mono;
    this.#listener.connected(session);
    for (const waiter of this.#waiters) waiter.resolve(session);
    this.#waiters.clear();
  }

  #lost(error: ClientError): void {
    if (this.#closing.signal.aborted) return;
    this.#session = undefined;
    this.#homeCheck?.cancel();
    this.#lostAt = this.#clock.now().mono;
    const lasted = this.#clock.now().mono - (this.#connectedAt ?? 0);
    if (lasted >= SETTLED) this.#attempt = 0;
    this.#retryLater(error);
  }

  #checkHomeLater(): void {
    this.#homeCheck?.cancel();
    if (this.#place === 0) return;
    const wait = millis(Math.floor(HOME_CHECK * (0.5 + randomFraction())));
    this.#homeCheck = this.#clock.after(wait, () => void this.#checkHome());
  }

  async #checkHome(): Promise<void> {
    const foreign = this.#session;
    const { signal } = this.#closing;
    for (const server of this.#servers.slice(0, this.#place)) {
      // oxlint-disable-next-line no-await-in-loop -- the first choice first
      if (foreign === undefined || (await this.#comeHome(server, foreign, signal))) return;
    }
    if (!signal.aborted && this.#session === foreign) this.#checkHomeLater();
  }

  /** True when there is nothing more to do here: the session of before is not the session any more. */
  async #comeHome(server: ServerAddress, foreign: Session, signal: AbortSignal): Promise<boolean> {
    const visit: Visit = new Visit(this.#listener, (error) => {
      if (this.#session === visit.session) this.#lost(error);
    });
    try {
      visit.session = await this.#open(server, visit, signal);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return this.#session !== foreign;
    }
    const isReady = await this.#listener.homecoming(visit.session);
    if (!isReady || visit.failure !== undefined || signal.aborted || this.#session !== foreign) {
      visit.session.close();
      return this.#session !== foreign;
    }
    this.#found(visit.session, server);
    visit.deliver();
    this.#listener.left(foreign);
    return true;
  }

  #retryLater(error: ClientError): void {
    const delay = retryDelay(this.#attempt, randomFraction());
    this.#attempt += 1;
    this.#retry = this.#clock.after(delay, () => void this.#reconnect());
    this.#listener.disconnected(error, delay);
  }

  async #reconnect(): Promise<void> {
    this.#retry = undefined;
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
class Visit implements SessionListener {
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

  contradicted(contradiction: Contradiction): void {
    this.#listener.contradicted(contradiction);
  }

  superseded(superseded: Superseded): void {
    this.#listener.superseded(superseded);
  }

  untold(feature: string): void {
    this.#listener.untold(feature);
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

function isStopping(error: ClientError): boolean {
  return error instanceof SeatDeniedError && error.reason === "DRAINING";
}

const closed = (): ClientError => new ClientError("CLIENT_CLOSED", "the seatkeeper was closed");

/** In [0, 1). */
function randomFraction(): number {
  const [high = 0, middle = 0, low = 0] = randomBytes(3);
  return (high * 65_536 + middle * 256 + low) / 2 ** 24;
}
