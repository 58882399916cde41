import type { DenialReason } from "../base/denial.ts";
import { type IdempotencyKey, idempotencyKey, PRODUCT_NAME } from "../base/ids.ts";
import { type Millis, millis, unixMillis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { randomHex } from "../crypto/random.ts";
import { RECORDS_PER_REQUEST, UNITS_PER_RECORD } from "../protocol/limits.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { RecordOutcome } from "../protocol/results.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Answered } from "./link.ts";

/** `counted` now, or `repeated`: counted before under the same key. */
export type UsageOutcome = "counted" | "repeated";

export interface RecordOptions {
  /** The name of this record, 1 to 64 of `A-Z a-z 0-9 _ . : -`: counted once, however often it is sent. Made up when left out. */
  readonly key?: string;
  /** When the units were used, in Unix milliseconds. Now when left out. */
  readonly usedAt?: number;
}

/** Reports metered usage. */
export interface Usage {
  /**
   * Records that `units` of a meter were used. Resolves once the daemon has it on disk, however
   * often the connection breaks until then; until that it is kept in memory alone.
   * @param units a positive whole number.
   * @throws RangeError for a meter, unit count or key that no daemon would take.
   * @throws SeatDeniedError when the meter's quota or the license refuses it.
   * @throws ClientError USAGE_BACKLOG, CLIENT_CLOSED, SERVER_REFUSED.
   */
  record(meter: string, units: number, options?: RecordOptions): Promise<UsageOutcome>;
  /** Records that no daemon has answered yet. */
  readonly pending: number;
}

/** Records kept in memory while the daemon is out of reach. */
const MAX_PENDING = 100_000;

/** What passes by itself: the batch is sent again after a while. */
const PASSING: ReadonlySet<DenialReason> = new Set([
  "STORE_UNAVAILABLE",
  "RATE_LIMITED",
  "DRAINING",
]);

const RETRY_TIME: Millis = millis(2_000);

interface Pending {
  readonly record: UsageRecord;
  resolve(outcome: UsageOutcome): void;
  reject(error: Error): void;
}

/** Sends a batch until it is answered. */
export type SendRecords = (records: readonly UsageRecord[]) => Promise<Answered<"usage.record">>;

/** Sends records in the order they came, one batch at a time. */
export class UsageQueue implements Usage {
  readonly #send: SendRecords;
  readonly #clock: Clock;
  readonly #pending: Pending[] = [];
  readonly #idle: (() => void)[] = [];
  #isSending = false;
  #retry: Timer | undefined;

  constructor(send: SendRecords, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  get pending(): number {
    return this.#pending.length;
  }

  record(meter: string, units: number, options: RecordOptions = {}): Promise<UsageOutcome> {
    return new Promise((resolve, reject) => {
      const record = this.#recordOf(meter, units, options);
      if (this.#pending.length >= MAX_PENDING) throw backlog();
      this.#pending.push({ record, resolve, reject });
      void this.#pump();
    });
  }

  /** Resolves when nothing is pending. */
  drained(): Promise<void> {
    if (this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Gives up on whatever is pending. */
  close(): void {
    this.#retry?.cancel();
    const error = new ClientError("CLIENT_CLOSED", "the seatkeeper was closed before the answer");
    this.#drop(this.#pending.length, (pending) => pending.reject(error));
  }

  #recordOf(meter: string, units: number, { key, usedAt }: RecordOptions): UsageRecord {
    if (!PRODUCT_NAME.test(meter)) throw new RangeError("not the name of a meter");
    if (!Number.isSafeInteger(units) || units < 1 || units > UNITS_PER_RECORD) {
      throw new RangeError(`units must be a whole number from 1 to ${UNITS_PER_RECORD}`);
    }
    return {
      meter,
      units,
      key: key === undefined ? randomKey() : idempotencyKey(key),
      usedAt: usedAt === undefined ? this.#clock.now().wall : unixMillis(usedAt),
    };
  }

  async #pump(): Promise<void> {
    if (this.#isSending || this.#pending.length === 0) return;
    this.#isSending = true;
    const batch = this.#nextBatch();
    try {
      const { result } = await this.#send(batch.map(({ record }) => record));
      this.#isSending = false;
      this.#answer(batch.length, result.results);
    } catch (error) {
      this.#fail(batch.length, error);
    }
  }

  /** Two records of one key never share a batch: each answer must find its record. */
  #nextBatch(): readonly Pending[] {
    const keys = new Set<IdempotencyKey>();
    const batch: Pending[] = [];
    for (const pending of this.#pending) {
      if (batch.length === RECORDS_PER_REQUEST || keys.has(pending.record.key)) break;
      keys.add(pending.record.key);
      batch.push(pending);
    }
    return batch;
  }

  #answer(count: number, results: readonly RecordOutcome[]): void {
    const byKey = new Map(results.map((outcome) => [outcome.key, outcome]));
    this.#drop(count, (pending) => {
      const outcome = byKey.get(pending.record.key);
      if (outcome === undefined) pending.reject(unanswered());
      else if (outcome.state === "denied") pending.reject(new SeatDeniedError(outcome.denial));
      else pending.resolve(outcome.state);
    });
    void this.#pump();
  }

  #fail(count: number, error: unknown): void {
    if (error instanceof SeatDeniedError && PASSING.has(error.reason)) {
      this.#retry = this.#clock.after(error.retryAfter ?? RETRY_TIME, () => this.#again());
      return;
    }
    this.#isSending = false;
    const reason = error instanceof Error ? error : unanswered();
    this.#drop(count, (pending) => pending.reject(reason));
    void this.#pump();
  }

  #again(): void {
    this.#isSending = false;
    void this.#pump();
  }

  #drop(count: number, tell: (pending: Pending) => void): void {
    for (const pending of this.#pending.splice(0, count)) tell(pending);
    if (this.#pending.length > 0) return;
    for (const idle of this.#idle.splice(0)) idle();
  }
}

/** A fresh idempotency key. */
export const randomKey = (): IdempotencyKey => idempotencyKey(randomHex(16));

function backlog(): ClientError {
  return new ClientError("USAGE_BACKLOG", `${MAX_PENDING} usage records wait for the server`, {
    hint: "check that the license server can be reached",
  });
}

const unanswered = (): ClientError =>
  new ClientError("SERVER_PROTOCOL", "the server left a usage record without an answer");
