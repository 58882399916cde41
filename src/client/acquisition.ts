import { toBase64Url } from "../base/bytes.ts";
import type { IdempotencyKey, LeaseId } from "../base/ids.ts";
import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { randomBytes } from "../crypto/random.ts";
import type { AcquireParams } from "../protocol/requests.ts";
import type { WireLease } from "../protocol/results.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Answered, Link } from "./link.ts";
import type { Grant } from "./seat.ts";
import type { SeatWish } from "./seat-wish.ts";
import type { Session } from "./session.ts";
import { type Place, type QueueOutcome, WaitingRoom } from "./waiting-room.ts";

/** Between two attempts to give a seat back to a daemon whose disk is full. */
const RETRY_TIME: Millis = millis(2_000);

/** Told the place in the queue, from 1, each time the daemon says it. */
export type OnQueued = (position: number) => void;

/** 32 fresh bytes: the answer must be signed over them. */
export const freshNonce = (): string => toBase64Url(randomBytes(32));

/** Asks for seats until the daemon has granted or denied them, or nobody wants them any more. */
export class Acquisitions {
  readonly room: WaitingRoom = new WaitingRoom();
  readonly #link: Link;
  readonly #clock: Clock;
  #onTheirWay = 0;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Whether a server may be granting something that we do not know of yet. Waiting in a queue is none. */
  get isBusy(): boolean {
    return this.#onTheirWay > 0;
  }

  /**
   * One key and one nonce name the request for its whole life, whatever becomes of connections:
   * so the daemon grants it once, and a grant that comes late is still proven.
   * @throws SeatDeniedError; ClientError; the signal's reason.
   */
  async acquire(
    wish: SeatWish,
    key: IdempotencyKey,
    signal?: AbortSignal,
    onQueued?: OnQueued,
  ): Promise<Grant> {
    signal?.throwIfAborted();
    const params = { ...wish, key, nonce: freshNonce() };
    const place = this.room.enter(params.key);
    const asking = new Asking(params, place, signal);
    try {
      for (;;) {
        const grant = await this.#ask(asking, onQueued);
        if (grant !== undefined) return grant;
      }
    } finally {
      this.room.leave(params.key);
      asking.end();
    }
  }

  /**
   * Gives a lease back. Resolves when the daemon has answered, or the connection is gone: then it
   * is tried on later ones. Where the daemon's disk would not take it, it is asked again after a while.
   */
  async giveBack(lease: LeaseId): Promise<void> {
    const { session } = this.#link;
    if (session === undefined) return this.#giveBackLater(lease);
    try {
      await session.request("seat.release", { lease });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === "SERVER_CONNECTION_LOST") this.#giveBackLater(lease);
      else this.#notGivenBack(lease, error);
    }
  }

  #giveBackLater(lease: LeaseId): void {
    this.#link
      .call("seat.release", { lease })
      .catch((error: unknown) => this.#notGivenBack(lease, error));
  }

  /** Closed before the daemon heard: the lease's time will end it. Denied otherwise: it was over already. */
  #notGivenBack(lease: LeaseId, error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    if (!(error instanceof SeatDeniedError) || error.reason !== "STORE_UNAVAILABLE") return;
    this.#clock.after(error.retryAfter ?? RETRY_TIME, () => void this.giveBack(lease));
  }

  /** `undefined` when the connection ended and all must be asked again. */
  async #ask(asking: Asking, onQueued: OnQueued | undefined): Promise<Grant | undefined> {
    const call = this.#counted(this.#link.call("seat.acquire", asking.params));
    const answer = await asking.unlessAborted(call, () => void this.#takeBack(asking, call));
    const { result, session } = answer;
    if (result.state === "granted") return this.#grant(result.lease, asking, answer);
    onQueued?.(result.position);
    if (this.#link.session !== session) return undefined;
    const outcome = await asking.unlessAborted(asking.place.outcome(), () => this.#cancel(asking));
    return outcome === undefined ? undefined : this.#outcome(outcome, asking);
  }

  async #counted<Value>(call: Promise<Value>): Promise<Value> {
    this.#onTheirWay += 1;
    try {
      return await call;
    } finally {
      this.#onTheirWay -= 1;
    }
  }

  #outcome(outcome: QueueOutcome, asking: Asking): Grant {
    if (outcome.kind === "dropped") throw new SeatDeniedError(outcome.denial);
    const { lease, session, at } = outcome;
    return this.#grant(lease, asking, { session, sentAt: at });
  }

  #grant(
    lease: WireLease,
    { params }: Asking,
    { session, sentAt }: { readonly session: Session; readonly sentAt: MonoMillis },
  ): Grant {
    const { feature, count, nonce } = params;
    try {
      return newGrant(session, lease, { feature, count, nonce }, sentAt);
    } catch (error) {
      void this.giveBack(lease.id);
      throw error;
    }
  }

  /** The answer was not waited for: whatever it is, it is taken back. */
  async #takeBack(asking: Asking, call: Promise<Answered<"seat.acquire">>): Promise<void> {
    const result = await call.then((answer) => answer.result).catch(ignoreRefusal);
    if (result?.state === "granted") await this.giveBack(result.lease.id);
    if (result?.state === "queued") this.#cancel(asking);
  }

  #cancel({ params, place }: Asking): void {
    this.#link.call("seat.cancel", { key: params.key }).catch(ignoreRefusal);
    void this.#giveBackGrant(place);
  }

  /** The grant may have come in the same moment as the abort. */
  async #giveBackGrant(place: Place): Promise<void> {
    const outcome = await place.outcome();
    if (outcome?.kind === "granted") await this.giveBack(outcome.lease.id);
  }
}

/** What was granted just now. @throws ClientError LEASE_NOTE; SeatDeniedError LEDGER_BROKEN. */
export function newGrant(
  session: Session,
  lease: WireLease,
  wish: { readonly feature: string; readonly count: number; readonly nonce: string },
  from: MonoMillis,
): Grant {
  session.expectTold(lease);
  return grantOf(session, lease, wish, from);
}

/** @throws ClientError LEASE_NOTE. */
export function grantOf(
  session: Session,
  lease: { readonly id: LeaseId; readonly note: string },
  wish: { readonly feature: string; readonly count: number; readonly nonce: string },
  from: MonoMillis,
): Grant {
  const note = session.provenLease(lease.note, { id: lease.id, ...wish });
  return {
    leaseId: note.leaseId,
    chainId: session.chainId,
    from,
    leaseTime: note.leaseTimeMs,
    offlineGrace: note.offlineGraceMs,
  };
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}

/** One request and the signal that may end it. */
class Asking {
  readonly params: AcquireParams;
  readonly place: Place;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted: Promise<undefined>;
  #stop: (() => void) | undefined;

  constructor(params: AcquireParams, place: Place, signal: AbortSignal | undefined) {
    this.params = params;
    this.place = place;
    this.#signal = signal;
    this.#aborted = new Promise((resolve) => {
      this.#stop = () => resolve(undefined);
    });
    if (this.#stop !== undefined) signal?.addEventListener("abort", this.#stop);
  }

  /** The value; or `undo` and the signal's reason, if that comes first. */
  async unlessAborted<Value>(work: Promise<Value>, undo: () => void): Promise<Value> {
    await Promise.race([work, this.#aborted]);
    if (this.#signal?.aborted === true) undo();
    this.#signal?.throwIfAborted();
    return work;
  }

  end(): void {
    if (this.#stop !== undefined) this.#signal?.removeEventListener("abort", this.#stop);
  }
}
