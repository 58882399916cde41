import type { ChainId, IdempotencyKey, LeaseId } from "../base/ids.ts";
import { between, type Millis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { freshNonce, grantOf, newGrant } from "./acquisition.ts";
import { ClientError } from "./errors.ts";
import type { Grant, HeldSeat } from "./seat.ts";
import type { Session } from "./session.ts";

export interface RelocationParts {
  readonly clock: Clock;
  readonly seats: ReadonlySet<HeldSeat>;
  readonly session: () => Session | undefined;
  /** Whether requests for seats are on their way. */
  readonly isBusy: () => boolean;
}

interface Move {
  readonly seat: HeldSeat;
  readonly grant: Grant;
}

interface Former {
  readonly leaseId: LeaseId;
  readonly chainId: ChainId;
}

/** How long after a denial a seat is asked for again. */
const RETRY: Millis = millis(10_000);

/**
 * Seats of one daemon while we are with another.
 *
 * Going away: the lost daemon keeps a seat for us until its lease time is over, and cannot be told
 * otherwise. Only then is one taken elsewhere; the application holds its seat all the while.
 *
 * Coming home: all seats are asked for at home first, and given back abroad as soon as home has
 * granted every one. The other order could lose them all. So for one round trip both daemons count
 * a seat for one wish, and the application never has more than one.
 */
export class Relocation {
  readonly #parts: RelocationParts;
  readonly #timers = new Map<HeldSeat, Timer>();
  /** What each seat was before it followed us: a daemon that comes back still keeps it for a while. */
  readonly #former = new WeakMap<HeldSeat, Former>();
  #moves: readonly Move[] = [];
  #left: readonly LeaseId[] = [];

  constructor(parts: RelocationParts) {
    this.#parts = parts;
  }

  /** There is a connection: seats that another daemon granted follow when their time there is over. */
  arrived(session: Session): void {
    this.close();
    this.#move(session);
    for (const seat of this.#parts.seats) this.granted(seat);
  }

  /** A seat that may have been granted by a daemon we are not with any more. */
  granted(seat: HeldSeat): void {
    const session = this.#parts.session();
    if (session === undefined || !isElsewhere(seat, session)) return;
    this.#followLater(seat, session, leftOf(seat, this.#parts));
  }

  /**
   * Asks for every seat at home. All or none: with one denied, the rest is given back there.
   * @returns whether the present server can be left.
   */
  async prepare(home: Session): Promise<boolean> {
    const { seats, isBusy } = this.#parts;
    const away = [...seats].filter((seat) => isElsewhere(seat, home));
    if (isBusy()) return false;
    const moves: Move[] = [];
    for (const seat of away) {
      // oxlint-disable-next-line no-await-in-loop -- the first denial ends it
      const grant = (await this.#resume(home, seat)) ?? (await this.#ask(home, seat));
      if (grant === undefined) break;
      moves.push({ seat, grant });
    }
    const isWhole = [...seats].every(
      (seat) => !isElsewhere(seat, home) || moves.some((move) => move.seat === seat),
    );
    if (isWhole && !isBusy()) {
      this.#moves = moves;
      return true;
    }
    await Promise.all(moves.map(({ grant }) => giveBackTo(home, grant.leaseId)));
    return false;
  }

  /**
   * Gives back what was held and waited for at a server that was left, and says goodbye to it.
   * @param sending ends when the usage on its way there is answered.
   */
  async leave(
    foreign: Session,
    waiting: readonly IdempotencyKey[],
    sending: Promise<unknown>,
  ): Promise<void> {
    const left = this.#left;
    this.#left = [];
    await Promise.all([
      sending,
      ...left.map((lease) => giveBackTo(foreign, lease)),
      ...waiting.map((key) => foreign.request("seat.cancel", { key }).catch(ignoreRefusal)),
    ]);
    foreign.close();
  }

  /** Nothing follows any more. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** What home has granted is the seat from now on. */
  #move(session: Session): void {
    const moves = this.#moves;
    this.#moves = [];
    this.#left = moves.map(({ seat }) => seat.leaseId);
    for (const { seat, grant } of moves) {
      if (seat.isResumable && grant.chainId === session.chainId) seat.confirm(grant);
      else void giveBackTo(session, grant.leaseId);
    }
  }

  #followLater(seat: HeldSeat, session: Session, span: Millis): void {
    const timer = this.#parts.clock.after(span, () => void this.#follow(seat, session));
    this.#timers.set(seat, timer);
  }

  async #follow(seat: HeldSeat, session: Session): Promise<void> {
    if (!this.#parts.seats.has(seat) || !this.#isStill(seat, session)) return;
    const grant = await this.#ask(session, seat);
    if (grant === undefined) {
      if (this.#isStill(seat, session)) this.#followLater(seat, session, RETRY);
    } else if (this.#isStill(seat, session)) {
      this.#former.set(seat, { leaseId: seat.leaseId, chainId: seat.chainId });
      seat.confirm(grant);
    } else void giveBackTo(session, grant.leaseId);
  }

  #isStill(seat: HeldSeat, session: Session): boolean {
    return this.#parts.session() === session && isElsewhere(seat, session);
  }

  /** The lease from before we left, if home still knows it: asking anew would take a second seat. */
  async #resume(home: Session, seat: HeldSeat): Promise<Grant | undefined> {
    const former = this.#former.get(seat);
    if (former === undefined || former.chainId !== home.chainId) return undefined;
    const nonce = freshNonce();
    const from = this.#parts.clock.now().mono;
    try {
      const { leases } = await home.request("seat.resume", { leases: [former.leaseId], nonce });
      const { feature, count } = seat.wish;
      const [lease] = leases;
      if (lease === undefined) return undefined;
      return grantOf(home, lease, { feature, count, nonce }, from);
    } catch (error) {
      return ignoreRefusal(error);
    }
  }

  /** On this connection alone: a grant whose answer is lost ends with its lease time. */
  async #ask(session: Session, { wish, name }: HeldSeat): Promise<Grant | undefined> {
    const nonce = freshNonce();
    const params = { ...wish, wait: false, key: name.key, nonce };
    const from = this.#parts.clock.now().mono;
    try {
      const result = await session.request("seat.acquire", params);
      if (result.state !== "granted") return undefined;
      const { feature, count } = wish;
      return newGrant(session, result.lease, { feature, count, nonce }, from);
    } catch (error) {
      return ignoreRefusal(error);
    }
  }
}

/** Gives a lease back on this connection, or leaves it to its end. */
export async function giveBackTo(session: Session, lease: LeaseId): Promise<void> {
  await session.request("seat.release", { lease }).catch(ignoreRefusal);
}

const isElsewhere = (seat: HeldSeat, { chainId }: Session): boolean =>
  seat.isResumable && seat.chainId !== chainId;

const leftOf = (seat: HeldSeat, { clock }: RelocationParts): Millis =>
  between(clock.now().mono, seat.leaseEnd);

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
