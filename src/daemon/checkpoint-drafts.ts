import type { Moment, UnixMillis } from "../base/time.ts";
import type { OpenSeatTime, UsageEvent } from "../base/usage-event.ts";
import { fitEvents } from "../ledger/checkpoint-size.ts";
import type { CheckpointDraft } from "../ledger/draft.ts";
import type { Clocks, Detail } from "../ledger/payload.ts";
import type { SeatBook } from "../seats/book.ts";
import type { Store } from "../store/database.ts";

/**
 * With more events waiting, a checkpoint is split. The last block surely takes this many beside the
 * seat time of so many features, so that time is counted in the very transaction that seals it.
 */
const LAST_BLOCK_EVENTS = 200;
const LAST_BLOCK_FEATURES = 100;

const NO_OPEN: readonly OpenSeatTime[] = [];

export interface CheckpointDraftsParts {
  readonly vendor: string;
  readonly store: Store;
  readonly book: SeatBook;
  readonly now: () => Moment;
  readonly clocks: () => Clocks;
  readonly detail: () => Detail;
  /** The head of the site's audit trail; undefined before its first record. */
  readonly trailHead: () => Uint8Array | undefined;
  /** Whether leases get a proof that the ledger tells of them. */
  readonly proves: () => boolean;
}

/** What the next checkpoints say. Nothing is written, counted or kept for it. */
export class CheckpointDrafts {
  readonly #parts: CheckpointDraftsParts;

  constructor(parts: CheckpointDraftsParts) {
    this.#parts = parts;
  }

  /** Whether one block takes so many events beside the seat time of what is in use. */
  fitsLast(events: number): boolean {
    const inUse = this.#parts.book.features().filter(({ used }) => used > 0).length;
    return events <= (inUse <= LAST_BLOCK_FEATURES ? LAST_BLOCK_EVENTS : 0);
  }

  /**
   * A checkpoint of as many events as one block takes, and of `open` seat time.
   * @param nextEvent the number of the first event that is not there yet.
   * @param from where the checkpoint before ended.
   */
  next(
    waiting: readonly UsageEvent[],
    nextEvent: number,
    from: UnixMillis,
    open: readonly OpenSeatTime[] = NO_OPEN,
  ): CheckpointDraft {
    const { book, clocks, detail, trailHead, proves } = this.#parts;
    const head = trailHead();
    const taken = fitEvents(waiting, detail(), open);
    const time = clocks();
    return {
      type: "checkpoint",
      detail: detail(),
      firstEventId: waiting[0]?.id ?? nextEvent,
      events: waiting.slice(0, taken),
      later: waiting.slice(taken),
      open,
      inUse: new Map(book.features().map(({ name, used }) => [name, used])),
      from,
      clocks: time,
      ...(head === undefined ? {} : { trailHead: head }),
      proves: proves(),
    };
  }

  /** All that would seal everything at this moment; none where there is nothing to say. */
  all(from: UnixMillis): readonly CheckpointDraft[] {
    const { store, vendor, book, now } = this.#parts;
    const nextEvent = store.lastEventId(vendor) + 1;
    let waiting = store.pending(vendor);
    if (waiting.length === 0 && book.features().every(({ used }) => used === 0)) return [];
    const drafts: CheckpointDraft[] = [];
    while (!this.fitsLast(waiting.length)) {
      const draft = this.next(waiting, nextEvent, from);
      drafts.push(draft);
      waiting = draft.later;
    }
    return [...drafts, this.next(waiting, nextEvent, from, book.openUntil(now()))];
  }
}
