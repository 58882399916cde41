import { isoTime, type UnixMillis } from "../base/time.ts";
import type { UsageEvent } from "../base/usage-event.ts";
import { randomBytes } from "../crypto/random.ts";
import type { BlockDraft, PreparedBlock } from "../ledger/draft.ts";
import type { IncidentPayload, SegmentReason, StartPayload } from "../ledger/payload.ts";
import type { PayloadSource } from "../ledger/payload-codec.ts";
import type { SealedLedger } from "../ledger/sealed-ledger.ts";
import type { Log } from "../log/log.ts";
import type { Observer } from "../metrics/observer.ts";
import type { CommitGroup } from "../store/database.ts";
import { CheckpointDrafts, type CheckpointDraftsParts } from "./checkpoint-drafts.ts";
import type { Writes } from "./commit-group.ts";
import { isUnavailable } from "./failure-kind.ts";
import { SegmentReaders } from "./segment-readers.ts";

/** A block that a run has to say before its first other one. */
export type PrefaceBlock = StartPayload | IncidentPayload;

export interface ChainWriterParts extends CheckpointDraftsParts {
  readonly ledger: SealedLedger;
  readonly sealingKey: () => Uint8Array;
  /** X25519 keys of those who may read beside the vendor, by licenses and configuration of this moment. */
  readonly auditors: () => readonly Uint8Array[];
  /** Key ids of those for whom the running segment was sealed; undefined when that is not known. */
  readonly readers: readonly string[] | undefined;
  readonly log: Log;
  /** Told of each block that was written: its leaf hash, and where it begins. */
  readonly written: (leaf: Uint8Array, offset: number) => void;
  /** Told of incidents and of seat time. */
  readonly observer: Pick<Observer, "cut" | "incident">;
  /** Sealed in front of the first block of this run: its start, and what recovery found. */
  readonly preface: readonly PrefaceBlock[];
  /** Events that the run before left waiting. */
  readonly pending: number;
  /** Where the newest checkpoint ended. */
  readonly lastCut: UnixMillis | null;
}

/** What else goes into the transaction of a block. */
type Extras = Pick<CommitGroup, "open" | "records">;

type Draft = (waiting: readonly UsageEvent[], nextEvent: number) => BlockDraft;

const NO_WRITES: Writes = { changes: [], events: [] };

/**
 * Joins store and ledger: a block is built inside the transaction that holds what it seals, and
 * written to the ledger's files only after that has committed. Calls never overlap: the commit
 * group sees to that.
 *
 * A call rejected with STORE_UNAVAILABLE left nothing behind. A `LedgerFatalError` means that the
 * database has a block and its file may not: the process must end, and the next start repairs it.
 */
export class ChainWriter {
  readonly #parts: ChainWriterParts;
  readonly #preface: PrefaceBlock[];
  readonly #drafts: CheckpointDrafts;
  #pending: number;
  #from: UnixMillis;
  /** For whom the running segment is sealed, and the next one would be. */
  readonly readers: SegmentReaders;

  constructor(parts: ChainWriterParts) {
    this.#parts = parts;
    this.#preface = [...parts.preface];
    this.#drafts = new CheckpointDrafts(parts);
    this.#pending = parts.pending;
    this.readers = new SegmentReaders(parts);
    // The first interval begins with the run that opens it.
    this.#from = parts.lastCut ?? parts.clocks().wall;
  }

  /** Events that wait for a checkpoint. */
  get pending(): number {
    return this.#pending;
  }

  /** The end of the newest checkpoint or heartbeat; before the first, the start of this run. */
  get lastSealed(): UnixMillis {
    return this.#from;
  }

  /** Makes the writes durable. They are sealed by a later checkpoint. */
  async keep(writes: Writes): Promise<void> {
    await this.#commit(writes);
  }

  /** Makes durable what the history has counted since the last block. */
  async keepHistory(): Promise<void> {
    const changes = this.#parts.book.takeHours();
    await this.#keepingBook(this.#commit({ changes, events: [] }));
  }

  /**
   * Makes the writes durable and seals everything that waits, with the seat time of open leases.
   * `waiting` means that the disk gave out when the writes were durable and not all was sealed.
   */
  async seal(writes: Writes = NO_WRITES): Promise<"sealed" | "waiting"> {
    await this.prepareChain();
    let first = writes;
    try {
      while (!this.#drafts.fitsLast(this.#pending + first.events.length)) {
        const changes = [...first.changes, ...this.#parts.book.takeHours()];
        // oxlint-disable-next-line no-await-in-loop -- one block after the other
        await this.#keepingBook(
          this.#commit({ changes, events: first.events }, (waiting, next) =>
            this.#drafts.next(waiting, next, this.#from),
          ),
        );
        first = NO_WRITES;
        // oxlint-disable-next-line no-await-in-loop
        await this.prepareChain();
      }
      await this.#sealLast(first);
      return "sealed";
    } catch (error) {
      if (first === writes || !isUnavailable(error)) throw error;
      return "waiting";
    }
  }

  /** Seals one block that is not about usage, with what belongs into its transaction. */
  async append(draft: () => BlockDraft, more: Extras = {}): Promise<void> {
    await this.prepareChain();
    await this.#commit({ ...NO_WRITES, ...more }, draft);
  }

  /**
   * Says that nothing was used. Counts as a checkpoint for when the next is due.
   * @param distinctWitnesses7d clients that have shown a head within seven days.
   */
  async heartbeat(openLeases: number, distinctWitnesses7d: number): Promise<void> {
    const { book, now, clocks, trailHead } = this.#parts;
    await this.prepareChain();
    const { open, change, hours } = book.cut(now());
    if (open.length > 0) throw new TypeError("seats are in use: that takes a checkpoint");
    const time = clocks();
    const head = trailHead();
    await this.#keepingCut(
      this.#commit({ changes: [change, ...hours], events: [] }, () => ({
        type: "heartbeat",
        clocks: time,
        distinctWitnesses7d,
        openLeases,
        ...(head === undefined ? {} : { trailHead: head }),
      })),
    );
  }

  /** Opens a segment with fresh keys, if one is due, or the vendor's key or the auditors have changed. */
  async renewSegment(keysChanged: boolean): Promise<void> {
    const { ledger, clocks } = this.#parts;
    const due = ledger.needsSegment(clocks().highWater) ?? (keysChanged ? "keys" : undefined);
    if (due !== undefined) await this.#openSegment(due, []);
    else if (this.readers.isChangeDue(this.#today())) {
      await this.#openSegment("keys", [this.readers.changedOn(this.#today())]);
    }
  }

  /** The UTC day of the highest believed clock, as segments count days. */
  #today(): string {
    return isoTime(this.#parts.clocks().highWater).slice(0, 10);
  }

  /**
   * What sealing everything now would write, in order. Nothing is written, counted or kept: the same
   * made true a moment later differs in clocks, seat time and the head of the audit trail alone.
   */
  foresee(): readonly PayloadSource[] {
    const { ledger, clocks } = this.#parts;
    const { wall: createdAt, highWater } = clocks();
    const due =
      ledger.needsSegment(highWater) ??
      (this.readers.isChangeDue(this.#today()) ? "keys" : undefined);
    return [
      ...(due ? [{ type: "segment", createdAt, highWater, reason: due } as const] : []),
      ...this.#preface,
      ...this.#drafts.all(this.#from),
    ];
  }

  async #openSegment(reason: SegmentReason, records: Extras["records"]): Promise<void> {
    const { wall, highWater } = this.#parts.clocks();
    const recipients = this.#parts.auditors();
    await this.#commit({ ...NO_WRITES, ...(records ? { records } : {}) }, () => ({
      type: "segment",
      createdAt: wall,
      highWater,
      reason,
      sealingKey: this.#parts.sealingKey(),
      recipients,
      entropy: randomBytes(64),
    }));
    this.readers.follow(recipients);
  }

  async #sealLast(writes: Writes): Promise<void> {
    const { book } = this.#parts;
    const { open, change, hours } = book.cut(this.#parts.now());
    const changes = [...writes.changes, change, ...hours];
    await this.#keepingCut(
      this.#commit({ changes, events: writes.events, open }, (waiting, next) =>
        this.#drafts.next(waiting, next, this.#from, open),
      ),
    );
    this.#parts.observer.cut(this.#parts.vendor, open);
  }

  /**
   * Seat time that was not sealed is not counted. A group's own decisions go with it, for they were
   * in the same transaction.
   */
  async #keepingCut(commit: Promise<void>): Promise<void> {
    await this.#keepingBook(commit);
    this.#from = this.#parts.clocks().wall;
  }

  async #keepingBook(commit: Promise<void>): Promise<void> {
    const { book } = this.#parts;
    try {
      await commit;
    } catch (error) {
      book.undo();
      throw error;
    }
    book.keep();
  }

  /** What must stand before the next block: the start of this run, then a fresh segment if one is due. */
  async prepareChain(): Promise<void> {
    await this.renewSegment(false);
    for (let next = this.#preface[0]; next !== undefined; next = this.#preface[0]) {
      const draft = next;
      // oxlint-disable-next-line no-await-in-loop -- in this order
      await this.#commit(NO_WRITES, () => draft);
      this.#preface.shift();
    }
  }

  async #commit(writes: Writes & Extras, draft?: Draft): Promise<void> {
    const { store, ledger, vendor, observer } = this.#parts;
    if (draft === undefined) {
      await store.commit({ vendor, ...writes });
      this.#pending += writes.events.length;
      return;
    }
    let prepared: PreparedBlock | undefined;
    let drafted: BlockDraft | undefined;
    try {
      prepared = await store.commit({
        vendor,
        ...writes,
        seal: (waiting, nextEvent) => {
          drafted = draft(waiting, nextEvent);
          prepared = ledger.prepare(drafted);
          return prepared;
        },
      });
    } catch (error) {
      if (prepared !== undefined) ledger.abandon(prepared);
      throw error;
    }
    if (prepared === undefined) throw new TypeError("a block was asked for and not built");
    this.#pending += writes.events.length - (prepared.sealed?.count ?? 0);
    ledger.publish(prepared);
    this.#parts.written(prepared.leaf, prepared.outbox.offset);
    if (drafted?.type === "incident") observer.incident(vendor, drafted.code);
  }
}
