import type { EventEmitter } from "node:events";
import type { LeaseId } from "../base/ids.ts";
import type { Millis, UnixMillis } from "../base/time.ts";
import type { NotificationOf } from "../protocol/notifications.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { FeatureStatus } from "../protocol/results.ts";
import type { ClientError } from "./errors.ts";
import type { Borrowed } from "./held-ticket.ts";
import type { Loss, Seat } from "./seat.ts";
import type { StatusListener } from "./status-watch.ts";
import type { ReturnOutcome } from "./ticket-requests.ts";
import type { Usage } from "./usage.ts";
import type { Contradiction, Superseded } from "./witness.ts";

export interface AcquireOptions {
  /** The version of the application; the license may not cover newer ones. */
  readonly version?: string;
  /**
   * When that version was released, in Unix milliseconds. Compile it in: a license whose maintenance
   * has an end covers only versions that say they were released before it.
   */
  readonly versionDate?: number;
  /** Seats, 1 when left out. */
  readonly count?: number;
  /** Join the queue when there is no free seat. */
  readonly wait?: boolean;
  /** Ends the request, also one that waits; nothing stays taken. */
  readonly signal?: AbortSignal;
  /** Told the place in the queue, from 1, each time the daemon says it. */
  readonly onQueued?: (position: number) => void;
}

export interface BorrowOptions {
  /** For how many days from now; parts of a day are allowed. */
  readonly days: number;
  /** As in `AcquireOptions`. */
  readonly version?: string;
  readonly versionDate?: number;
  readonly count?: number;
  /**
   * Borrowed anew for as many days at half of its time, by any process of this computer that has a
   * connection then: a short time that is renewed loses less with the computer than a long one.
   */
  readonly renew?: boolean;
}

/** What a seatkeeper tells its application, over all its seats. */
export interface SeatkeeperEvents {
  granted: [seat: Seat];
  lost: [seat: Seat, loss: Loss];
  regained: [seat: Seat, loss: Loss];
  /** The computer slept for so long. Seats are renewed at once; `lost` tells which did not last. */
  slept: [span: Millis];
  expiring: [seat: Seat, remaining: Millis];
  /** Also the first time, before `connect` resolves: then nobody can hear it yet. */
  connected: [server: string];
  /** The next attempt comes in `retryIn` milliseconds. Seats stay valid for their time. */
  disconnected: [error: ClientError, retryIn: Millis];
  /** Features or meters that end soon, with their end; in grace until the second moment, if there is one. */
  licenseExpiring: [names: readonly string[], endsAt: UnixMillis, graceUntil: UnixMillis | null];
  /** The daemon stops in so many milliseconds. */
  draining: [afterMs: Millis];
  /** Usage of this application has brought a quota to 80, 90 or 100 percent. */
  quota: [warning: NotificationOf["quota.warning"]];
  /** A borrowed seat nears its end: said once in a day, or a tenth of its time, before it is over. */
  borrowEnding: [borrowed: Borrowed, remaining: Millis];
  /**
   * The daemon's ledger does not go on from what this computer has seen of it: it was put back to an older
   * state, or there are two of it. Told once for each thing that it contradicts.
   */
  contradicted: [contradiction: Contradiction];
  /**
   * The vendor has given up what this computer had seen of the ledger: seats are taken from the server again,
   * and this computer remembers its ledger from now on. The evidence stays.
   */
  superseded: [superseded: Superseded];
  /**
   * A seat of this feature was granted, and the daemon did not prove that its ledger tells of it, though
   * the license has each grant in the ledger before it is answered. Told once for each feature.
   */
  untold: [feature: string];
  /** The daemon will not count usage, or a refund, that was only spooled, or left by an earlier process. */
  refused: [usage: UsageRecord, error: Error];
}

/** The connection of one process to the license server, and the seats it holds. */
export interface Seatkeeper extends EventEmitter<SeatkeeperEvents> {
  readonly usage: Usage;
  /** The server of this moment; `undefined` while there is no connection. */
  readonly server: string | undefined;
  readonly seats: readonly Seat[];
  /**
   * Takes seats of a feature, and renews them until they are released. Without a connection it
   * waits for one; bound it with `signal`.
   * @throws SeatDeniedError when license or rules refuse, and `wait` does not help.
   * @throws ClientError LEASE_NOTE, SERVER_REFUSED, CLIENT_CLOSED; the signal's reason.
   * @throws ClientError CLIENT_OPTION for a feature, version, date or count that no daemon would take.
   */
  acquire(feature: string, options?: AcquireOptions): Promise<Seat>;
  /** What this computer has borrowed and not returned, the soonest end first. */
  readonly borrowed: readonly Borrowed[];
  /**
   * Takes seats off the network for some days, or borrows them for longer. From then on this computer
   * has them, whichever process uses them, with or without a server: `acquire` takes them first.
   * Without a connection it waits for one.
   * @throws SeatDeniedError when license or rules refuse.
   * @throws ClientError TICKET, TICKET_FILE, SERVER_REFUSED, CLIENT_CLOSED.
   * @throws ClientError CLIENT_OPTION as `acquire`, and for days that no daemon would take.
   */
  borrow(feature: string, options: BorrowOptions): Promise<Borrowed>;
  /**
   * Gives a borrowed seat back, by its lease. From then on it is of no use here; `pending` when the
   * daemon will be told at the next connection.
   * @throws ClientError TICKET when another process uses it, or nothing is borrowed under the lease.
   */
  return(lease: LeaseId): Promise<ReturnOutcome>;
  /** What the licenses have and what is free. */
  status(): Promise<readonly FeatureStatus[]>;
  /**
   * Tells what there is to have and where this process waits: soon, and each time it changes, at
   * most about once a second. Goes on through lost connections and on whichever server is there;
   * while there is none, nothing is told.
   * @returns ends it.
   */
  watch(listener: StatusListener): () => void;
  /**
   * Releases every seat, waits a moment for usage that the daemon has not answered, and says
   * goodbye. Usage that is unanswered then stays on disk for the next start, and its promise
   * rejects.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
