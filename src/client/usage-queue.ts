import type { DenialReason } from "../base/denial.ts";
import type { ChainId } from "../base/ids.ts";
import { type Millis, millis } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { RecordOutcome } from "../protocol/results.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Spool, SpooledRecord } from "./spool.ts";
import type { RecordOptions, Usage, UsageOutcome } from "./usage.ts";
import { nextBatch, type PendingRecord } from "./usage-batch.ts";
import { usageRecord } from "./usage-record.ts";

/** Records kept while no daemon answers. */
const MAX_PENDING = 100_000;

/** What passes by itself: the record is sent again after a while. */
const PASSING: ReadonlySet<DenialReason> = new Set([
  "STORE_UNAVAILABLE",
  "RATE_LIMITED",
  "USAGE_KEYS_FULL",
  "DRAINING",
]);

const RETRY_TIME: Millis = millis(2_000);

/** What the queue needs from the keeper. */
export interface UsageDesk {
  readonly clock: Clock;
  /** The session of this moment, or the next one. @throws ClientError CLIENT_CLOSED. */
  online(): Promise<Session>;
  /** A record that nobody waits for will never be counted. */
  refused(record: UsageRecord, error: Error): void;
}

/** Sends records in the order they came, one batch at a time. */
export class UsageQueue implements Usage {
  readonly #desk: UsageDesk;
  readonly #spool: Spool;
  #pending: PendingRecord[] = [];
  readonly #idle: (() => void)[] = [];
  #arriving = 0;
  #isSending = false;
  #sending: Promise<boolean> = Promise.resolve(false);
  #isClosed = false;
  #endPause: (() => void) | undefined;

  constructor(desk: UsageDesk, spool: Spool) {
    this.#desk = desk;
    this.#spool = spool;
  }

  get pending(): number {
    return this.#pending.length + this.#arriving;
  }

  /** Ends when the batch on its way is answered. */
  get sending(): Promise<unknown> {
    return this.#sending;
  }

  /** Goes on with what others have left. What cannot be read now is left for a later start. */
  async adopt(): Promise<void> {
    const adopted = await this.#spool.adopt().catch(ignoreSpool);
    for (const spooled of adopted) {
      this.#pending.push({ spooled, chain: spooled.chain, waiting: undefined });
    }
    this.wake();
  }

  record(meter: string, units: number, options: RecordOptions = {}): Promise<UsageOutcome> {
    return this.#take(() => this.#record(meter, units, options), options);
  }

  refund(meter: string, units: number, options: RecordOptions = {}): Promise<UsageOutcome> {
    return this.#take(() => ({ ...this.#record(meter, units, options), refund: true }), options);
  }

  #record(meter: string, units: number, options: RecordOptions): UsageRecord {
    return usageRecord(meter, units, options, this.#desk.clock.now().wall);
  }

  async #take(make: () => UsageRecord, options: RecordOptions): Promise<UsageOutcome> {
    const record = make();
    if (this.#isClosed) throw closed();
    if (this.pending >= MAX_PENDING) throw backlog();
    const spooled = await this.#arrive(record);
    const { chain } = spooled;
    if (options.until === "spooled") {
      this.#enter({ spooled, chain, waiting: undefined });
      return "spooled";
    }
    return new Promise((resolve, reject) =>
      this.#enter({ spooled, chain, waiting: { resolve, reject } }),
    );
  }

  /** There is a connection, perhaps to another daemon than before. */
  wake(): void {
    if (!this.#isSending) void this.#pump();
  }

  /** Resolves when nothing is pending that could be sent now. */
  drained(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.wake();
    });
  }

  /** Whatever is pending stays on disk. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause?.();
    await this.#spool.close();
    for (const { waiting } of this.#pending.splice(0)) waiting?.reject(closed());
  }

  async #arrive(record: UsageRecord): Promise<SpooledRecord> {
    this.#arriving += 1;
    try {
      return await this.#spool.add(record);
    } finally {
      this.#arriving -= 1;
    }
  }

  #enter(pending: PendingRecord): void {
    this.#pending.push(pending);
    if (!this.#isClosed) this.wake();
  }

  async #pump(): Promise<void> {
    this.#isSending = true;
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    while (!this.#isClosed && (await this.#track(this.#sendBatch())));
    this.#isSending = false;
    if (this.#arriving > 0) return;
    for (const idle of this.#idle.splice(0)) idle();
  }

  #track(sending: Promise<boolean>): Promise<boolean> {
    this.#sending = sending;
    return sending;
  }

  /** False when there is nothing to send to the daemon of this moment. */
  async #sendBatch(): Promise<boolean> {
    if (this.#pending.length === 0) return false;
    let batch: readonly PendingRecord[] = [];
    try {
      const session = await this.#desk.online();
      batch = nextBatch(this.#pending, session.chainId);
      if (batch.length === 0) return false;
      await this.#bind(batch, session.chainId);
      const records = batch.map(({ spooled }) => spooled.record);
      const { results } = await session.request("usage.record", { records });
      await this.#answer(batch, results);
    } catch (error) {
      await this.#fail(batch, error);
    }
    return true;
  }

  async #bind(batch: readonly PendingRecord[], chain: ChainId): Promise<void> {
    const loose = batch.filter((pending) => pending.chain === undefined);
    await this.#spool.bind(
      loose.map(({ spooled }) => spooled),
      chain,
    );
    for (const pending of loose) pending.chain = chain;
  }

  async #answer(batch: readonly PendingRecord[], results: readonly RecordOutcome[]): Promise<void> {
    const byKey = new Map(results.map((outcome) => [outcome.key, outcome]));
    const passing: (Millis | undefined)[] = [];
    const answered = batch.filter((pending) => {
      const outcome = byKey.get(pending.spooled.record.key);
      const isFinal = outcome?.state !== "denied" || !PASSING.has(outcome.denial.reason);
      if (!isFinal) passing.push(outcome.denial.retryAfterMs);
      return isFinal;
    });
    this.#drop(answered);
    for (const pending of answered) {
      this.#settle(pending, byKey.get(pending.spooled.record.key));
    }
    if (passing.length > 0) await this.#pause(passing[0]);
  }

  #settle(pending: PendingRecord, outcome: RecordOutcome | undefined): void {
    if (outcome === undefined) this.#refuse(pending, unanswered());
    else if (outcome.state === "denied") this.#refuse(pending, new SeatDeniedError(outcome.denial));
    else pending.waiting?.resolve(outcome.state);
  }

  #refuse({ waiting, spooled }: PendingRecord, error: Error): void {
    if (waiting === undefined) this.#desk.refused(spooled.record, error);
    else waiting.reject(error);
  }

  async #fail(batch: readonly PendingRecord[], error: unknown): Promise<void> {
    if (!(error instanceof ClientError)) throw error;
    if (error.code === "CLIENT_CLOSED" || error.code === "SERVER_CONNECTION_LOST") return;
    if (passesByItself(error)) {
      const asked = error instanceof SeatDeniedError ? error.retryAfter : undefined;
      return this.#pause(asked);
    }
    this.#drop(batch);
    for (const pending of batch) this.#refuse(pending, error);
  }

  #pause(span: Millis = RETRY_TIME): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#desk.clock.after(span, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #drop(answered: readonly PendingRecord[]): void {
    const gone = new Set(answered);
    this.#pending = this.#pending.filter((pending) => !gone.has(pending));
    this.#spool.answered(answered.map(({ spooled }) => spooled));
  }
}

/** A request that is wrong stays wrong; a daemon or disk in trouble recovers. */
function passesByItself(error: ClientError): boolean {
  if (error instanceof SeatDeniedError) return PASSING.has(error.reason);
  return error.code === "USAGE_SPOOL" || error.facts["code"] === "INTERNAL_ERROR";
}

function ignoreSpool(error: unknown): readonly SpooledRecord[] {
  if (error instanceof ClientError) return [];
  throw error;
}

function backlog(): ClientError {
  return new ClientError("USAGE_BACKLOG", `${MAX_PENDING} usage records wait for the server`, {
    hint: "check that the license server can be reached",
  });
}

const closed = (): ClientError =>
  new ClientError("CLIENT_CLOSED", "the seatkeeper was closed", {
    hint: "usage without an answer is on disk; the next start sends it",
  });

const unanswered = (): ClientError =>
  new ClientError("SERVER_PROTOCOL", "the server left a usage record without an answer");
