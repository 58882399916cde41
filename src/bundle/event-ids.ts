import type { CheckpointMeta } from "../ledger/payload.ts";
import { MissingRanges } from "./missing-ranges.ts";
import type { Problems } from "./problems.ts";

/**
 * Follows the ids of the sealed usage events, which are contiguous across all checkpoints of a
 * ledger. A step that no lost block explains is an event that was left out or counted twice.
 */
export class EventIds {
  #last: number | null;
  #blocksLost = false;
  readonly missing: MissingRanges = new MissingRanges();

  /** @param last the newest id before the first block; null when it is not known. */
  constructor(last: number | null) {
    this.#last = last;
  }

  /** The newest id so far; null when blocks were lost since the last checkpoint that was read. */
  get last(): number | null {
    return this.#blocksLost ? null : this.#last;
  }

  /** The newest id that was read. */
  get newest(): number {
    return this.#last ?? 0;
  }

  /** Blocks that may hold events could not be read. */
  lose(): void {
    this.#blocksLost = true;
  }

  accept(meta: CheckpointMeta, index: number, problems: Problems): void {
    const { firstEventId: first, count } = meta;
    // Seat time alone: such a checkpoint names no event.
    if (count === 0) return;
    if (this.#last !== null) this.#compare(this.#last + 1, first, index, problems);
    this.#last = Math.max(this.#last ?? 0, first + count - 1);
    this.#blocksLost = false;
  }

  /** After the last block: ids that may have followed, as far as anyone can tell. */
  finish(): void {
    if (this.#blocksLost && this.#last !== null) this.missing.addOpen(this.#last + 1);
  }

  #compare(expected: number, first: number, index: number, problems: Problems): void {
    if (first === expected) return;
    if (first < expected) {
      problems.add("EVENT_DUPLICATE", `event ${first} was sealed before`, index);
    } else if (this.#blocksLost) {
      this.missing.add(expected, first - 1);
    } else {
      problems.add("EVENT_GAP", `events ${expected} to ${first - 1} were never sealed`, index);
    }
  }
}
