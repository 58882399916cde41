import type { GroupBook } from "./group-book.ts";
import type { Dialect } from "./keyword.ts";
import type { Maxima } from "./maxima.ts";
import type { SaidOnce } from "./said-once.ts";
import type { Timeouts } from "./timeouts.ts";

/** What the lines before and around have to say about one. */
export interface Surroundings {
  readonly dialect: Dialect;
  readonly book: GroupBook;
  readonly maxima: Maxima;
  readonly saidOnce: SaidOnce;
  /** The last `MAX_BORROW_HOURS` line of each feature. */
  readonly lastBorrowHours: ReadonlyMap<string, number>;
  readonly timeouts: Timeouts;
  readonly hasIncludeAll: boolean;
}

/** Seats that a rule can speak of. */
export const SEATS_MAX = 100_000;
