import type { LeaseId } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import type { NewUsageEvent, OpenSeatTime, UsageEvent } from "../base/usage-event.ts";
import type { DirectoryRow } from "../ledger/directory.ts";
import type { PreparedBlock } from "../ledger/draft.ts";
import type { EntryProof } from "../ledger/entry-proof.ts";
import type { OutboxRow } from "../ledger/ports.ts";
import type { SeatChange } from "../seats/decision.ts";
import type { FeatureHour } from "../seats/feature-hour.ts";
import type { SeatSnapshot } from "../seats/snapshot.ts";
import { BlockRows } from "./block-rows.ts";
import { type Connection, explaining, openConnection } from "./connection.ts";
import { type ContradictionRecord, ContradictionRows } from "./contradiction-rows.ts";
import { checkDatabase, copyDatabase } from "./database-copy.ts";
import { type Enrolment, EnrolmentRows } from "./enrolment-rows.ts";
import { EntryProofRows } from "./entry-proof-rows.ts";
import { EventRows } from "./event-rows.ts";
import { ExchangeRows, type ExportRecord, type ReceiptRecord } from "./exchange-rows.ts";
import { MetaRows } from "./meta-rows.ts";
import { Retention } from "./retention.ts";
import { SeatRows } from "./seat-rows.ts";
import { Succession, type WaitingEvents } from "./succession.ts";
import { type TrailHead, type TrailRow, TrailRows } from "./trail-rows.ts";
import { UsageDays, type UsageRange, type UsageRow } from "./usage-days.ts";
import { type HourRange, UsageHours } from "./usage-hours.ts";

/** Something to keep besides seats and blocks. */
export type StoreRecord =
  | { readonly kind: "export"; readonly export: ExportRecord }
  | { readonly kind: "receipt"; readonly receipt: ReceiptRecord }
  | { readonly kind: "contradiction"; readonly contradiction: ContradictionRecord }
  /** The block of this group tells of every contradiction that is kept, also of those in this group. */
  | { readonly kind: "contradictions-sealed" }
  /** The first row of the segment directory; later ones come with their block. */
  | { readonly kind: "directory"; readonly row: DirectoryRow }
  | ({ readonly kind: "meta" } & StoreNote);

/** A small fact of the site. */
export interface StoreNote {
  readonly key: string;
  readonly value: string;
}

/** What becomes of enrolment tokens: those that are new or different, and ids of those to forget. */
interface EnrolmentChange {
  readonly put?: readonly Enrolment[];
  readonly drop?: readonly string[];
}

/** What becomes durable together, or not at all. */
export interface CommitGroup {
  readonly vendor: string;
  readonly changes?: readonly SeatChange[];
  readonly events?: readonly NewUsageEvent[];
  /** Seat time of open leases, of a cut whose change is among `changes`: for the local figures. */
  readonly open?: readonly OpenSeatTime[];
  readonly records?: readonly StoreRecord[];
  /**
   * Builds a block inside the transaction. `pending` are all events that are not sealed, with those
   * of this group; `nextEvent` is the id after them. What it throws undoes the whole group.
   */
  readonly seal?: (pending: readonly UsageEvent[], nextEvent: number) => PreparedBlock | undefined;
}

/**
 * Opens or makes the database of a data folder. It stays locked until `close`, or the end of the
 * process: that lock is what keeps two daemons off one folder.
 * @throws {@link StoreError} `STORE_LOCKED`, `STORE_NEWER`, `STORE_CORRUPT`, `STORE_UNAVAILABLE`.
 */
export function openStore(path: string): Store {
  return new Store(openConnection(path));
}

/** Everything of a site that must survive the process, but for keys, licenses and ledgers. */
export class Store {
  readonly #connection: Connection;
  readonly #seats: SeatRows;
  readonly #events: EventRows;
  readonly #blocks: BlockRows;
  readonly #proofs: EntryProofRows;
  readonly #exchange: ExchangeRows;
  readonly #contradictions: ContradictionRows;
  readonly #days: UsageDays;
  readonly #hours: UsageHours;
  readonly #retention: Retention;
  readonly #meta: MetaRows;
  readonly #enrolments: EnrolmentRows;
  readonly #trail: TrailRows;
  readonly #write: (group: CommitGroup) => PreparedBlock | undefined;
  readonly #changeEnrolments: (change: EnrolmentChange) => void;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#seats = new SeatRows(connection);
    this.#events = new EventRows(connection);
    this.#blocks = new BlockRows(connection);
    this.#proofs = new EntryProofRows(connection);
    this.#exchange = new ExchangeRows(connection);
    this.#contradictions = new ContradictionRows(connection);
    this.#days = new UsageDays(connection);
    this.#hours = new UsageHours(connection);
    this.#retention = new Retention(connection);
    this.#meta = new MetaRows(connection);
    this.#enrolments = new EnrolmentRows(connection);
    this.#trail = new TrailRows(connection);
    const write = connection.transaction((group: CommitGroup) => this.#writeGroup(group));
    this.#write = (group) => write.immediate(group);
    const change = connection.transaction((asked: EnrolmentChange) => this.#enrol(asked));
    this.#changeEnrolments = (asked) => change.immediate(asked);
  }

  /**
   * Keeps a group. When the promise resolves, all of it is on the medium, with the block that
   * `seal` built. When it rejects with `STORE_UNAVAILABLE`, or with what `seal` threw, none of it
   * is. After `STORE_SYNC_FAILED` only a restart can tell, and the process has to end.
   *
   * A promise, though SQLite answers at once: a replicated store must fit here.
   */
  commit(group: CommitGroup): Promise<PreparedBlock | undefined> {
    return new Promise((resolve) => {
      resolve(this.#explaining(() => this.#write(group)));
    });
  }

  /** What the lease engine starts from. */
  snapshot(vendor: string): SeatSnapshot {
    return this.#explaining(() => ({
      ...this.#seats.snapshot(vendor),
      lastAlive: this.#lastAlive(),
      uncounted: this.#events.pending(vendor, this.#hours.nextEvent(vendor)),
    }));
  }

  /** Events that are not sealed. */
  pending(vendor: string): readonly UsageEvent[] {
    return this.#explaining(() => this.#events.pending(vendor));
  }

  /** How many events are not sealed. */
  pendingCount(vendor: string): number {
    return this.#explaining(() => this.#events.countPending(vendor));
  }

  /** The id of the newest event there ever was; 0 before the first. */
  lastEventId(vendor: string): number {
    return this.#explaining(() => this.#events.nextId(vendor) - 1);
  }

  /** Blocks that are fixed and may not be in the chain file yet, by index. */
  outbox(vendor: string): readonly OutboxRow[] {
    return this.#explaining(() => this.#blocks.outbox(vendor));
  }

  directory(vendor: string): readonly DirectoryRow[] {
    return this.#explaining(() => this.#blocks.directory(vendor));
  }

  /** That the ledger tells of a lease which is there; undefined where nobody asked for proofs when it was sealed. */
  entryProof(vendor: string, lease: LeaseId): EntryProof | undefined {
    return this.#explaining(() => this.#proofs.get(vendor, lease));
  }

  lastExport(vendor: string): ExportRecord | undefined {
    return this.#explaining(() => this.#exchange.lastExport(vendor));
  }

  /** Blocks of the heads in the newest bundles; the newest first. */
  exportedSizes(vendor: string, most: number): readonly number[] {
    return this.#explaining(() => this.#exchange.exportedSizes(vendor, most));
  }

  lastReceipt(vendor: string): ReceiptRecord | undefined {
    return this.#explaining(() => this.#exchange.lastReceipt(vendor));
  }

  /** Heads that the ledger does not go on from, the oldest first. */
  contradictions(vendor: string): readonly ContradictionRecord[] {
    return this.#explaining(() => this.#contradictions.all(vendor));
  }

  /** Those that the ledger does not tell of yet. */
  unsealedContradictions(vendor: string): readonly ContradictionRecord[] {
    return this.#explaining(() => this.#contradictions.unsealed(vendor));
  }

  /** Usage per day of UTC, by day, kind and name. */
  usageReport(vendor: string, range: UsageRange = {}): readonly UsageRow[] {
    return this.#explaining(() => this.#days.report(vendor, range, this.#events.pending(vendor)));
  }

  /** What features saw, hour by hour. `unstored` is what the engine has beyond the newest commit. */
  history(
    vendor: string,
    range: HourRange = {},
    unstored: readonly FeatureHour[] = [],
  ): readonly FeatureHour[] {
    return this.#explaining(() => this.#hours.between(vendor, range, unstored));
  }

  /** The oldest hour of the history; undefined while it is empty. */
  firstHour(vendor: string): UnixMillis | undefined {
    return this.#explaining(() => this.#hours.first(vendor));
  }

  /**
   * Removes what is older than `before` and needed by nobody, and gives its room back to the file
   * system; some of it at each call. @returns whether there may be more.
   */
  prune(vendor: string, before: UnixMillis): boolean {
    return this.#explaining(() => {
      const isMore = this.#retention.prune(vendor, before);
      return this.#retention.shrink() || isMore;
    });
  }

  /** A small fact of the site itself; `undefined` when it was never put. */
  meta(key: string): string | undefined {
    return this.#explaining(() => this.#meta.get(key));
  }

  putMeta(key: string, value: string): void {
    this.#explaining(() => this.#meta.put(key, value));
  }

  /** The site's enrolment tokens, in no order. */
  enrolments(): readonly Enrolment[] {
    return this.#explaining(() => this.#enrolments.all());
  }

  /** Durable as a whole when it returns. */
  changeEnrolments(change: EnrolmentChange): void {
    this.#explaining(() => this.#changeEnrolments(change));
  }

  /** The newest record of the audit trail; undefined before the first. */
  trailHead(): TrailHead | undefined {
    return this.#explaining(() => this.#trail.head());
  }

  /**
   * Adds records behind the newest, and removes those up to `forget`: durable as a whole when it
   * returns.
   */
  appendTrail(rows: readonly TrailRow[], forget?: number): void {
    const change = this.#connection.transaction(() => {
      for (const row of rows) this.#trail.add(row);
      if (forget !== undefined) this.#trail.forget(forget);
    });
    this.#explaining(() => change.immediate());
  }

  /** At most `limit` records of the audit trail behind `seq`, the oldest first. */
  trail(seq: number, limit: number): readonly TrailRow[] {
    return this.#explaining(() => this.#trail.after(seq, limit));
  }

  /** The first record of the audit trail that is not older; undefined where all are. */
  firstOfTrailSince(moment: UnixMillis): number | undefined {
    return this.#explaining(() => this.#trail.firstSince(moment));
  }

  /** Notes that the process runs at `wall`: seat time of leases that nobody resumes ends here. */
  markAlive(wall: UnixMillis): void {
    this.putMeta(LAST_ALIVE, String(wall));
  }

  /**
   * Writes a copy of this moment to a file that is not there yet, and checks it. Without the block on
   * its way to each ledger, and without what was deleted.
   * @throws StoreError `STORE_UNAVAILABLE`, `STORE_CORRUPT`.
   */
  copyTo(path: string): void {
    copyDatabase(this.#connection, path);
  }

  /**
   * Reads every page. @throws StoreError `STORE_CORRUPT`.
   */
  check(): void {
    this.#explaining(() => checkDatabase(this.#connection));
  }

  /**
   * Forgets the numbers of a ledger that has ended: the vendor's next event, export and receipt are
   * the first of a new one. Seats, meters and figures stay. `note` is kept in the same transaction.
   */
  beginLedger(vendor: string, waiting: WaitingEvents, note?: StoreNote): void {
    const change = this.#connection.transaction(() => {
      new Succession(this.#connection).begin(vendor, waiting);
      if (note !== undefined) this.#meta.put(note.key, note.value);
    });
    this.#explaining(() => change.immediate());
  }

  close(): void {
    this.#connection.close();
  }

  #enrol({ put = [], drop = [] }: EnrolmentChange): void {
    for (const enrolment of put) this.#enrolments.put(enrolment);
    for (const id of drop) this.#enrolments.drop(id);
  }

  #writeGroup(group: CommitGroup): PreparedBlock | undefined {
    const { vendor, changes = [], events = [], open = [], records = [] } = group;
    for (const change of changes) this.#apply(vendor, change);
    this.#events.add(vendor, events);
    // The engine's figures are those of all events so far.
    if (changes.some(({ kind }) => kind === "hour-counted")) {
      this.#hours.putNextEvent(vendor, this.#events.nextId(vendor));
    }
    if (open.length > 0) this.#days.addOpen(vendor, open, cutOf(changes));
    for (const record of records) this.#keep(vendor, record);
    return group.seal === undefined ? undefined : this.#seal(vendor, group.seal);
  }

  #apply(vendor: string, change: SeatChange): void {
    if (change.kind === "hour-counted") return this.#hours.add(vendor, change);
    this.#seats.apply(vendor, change);
    if (change.kind === "lease-ended") this.#proofs.drop(vendor, change.lease);
  }

  #seal(vendor: string, seal: NonNullable<CommitGroup["seal"]>): PreparedBlock | undefined {
    const pending = this.#events.pending(vendor);
    const block = seal(pending, this.#events.nextId(vendor));
    if (block === undefined) return undefined;
    this.#blocks.add(vendor, block);
    for (const [lease, proof] of block.proofs ?? []) this.#proofs.put(vendor, lease, proof);
    const { firstEventId = 0, count = 0 } = block.sealed ?? {};
    const sealed = pending.filter(({ id }) => id >= firstEventId && id < firstEventId + count);
    if (sealed.length !== count) throw new TypeError("a block seals events that do not wait");
    this.#days.addEvents(vendor, sealed);
    this.#events.drop(vendor, firstEventId, count);
    return block;
  }

  #keep(vendor: string, record: StoreRecord): void {
    switch (record.kind) {
      case "export":
        this.#exchange.addExport(vendor, record.export);
        return;
      case "receipt":
        this.#exchange.addReceipt(vendor, record.receipt);
        return;
      case "contradiction":
        this.#contradictions.add(vendor, record.contradiction);
        return;
      case "contradictions-sealed":
        this.#contradictions.seal(vendor);
        return;
      case "directory":
        this.#blocks.addDirectoryRow(vendor, record.row);
        return;
      case "meta":
        this.#meta.put(record.key, record.value);
    }
  }

  #lastAlive(): UnixMillis | null {
    const kept = this.#meta.get(LAST_ALIVE);
    return kept === undefined ? null : unixMillis(Number(kept));
  }

  #explaining<Result>(work: () => Result): Result {
    return explaining(this.#connection.name, work);
  }
}

const LAST_ALIVE = "last alive";

function cutOf(changes: readonly SeatChange[]): UnixMillis {
  const cut = changes.findLast((change) => change.kind === "cut");
  if (cut === undefined) throw new TypeError("seat time of open leases without a cut");
  return cut.wall;
}
