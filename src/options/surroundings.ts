import type { GroupBook } from "./group-book.ts";
import type { Dialect } from "./keyword.ts";
import type { Maxima } from "./maxima.ts";

/** What the lines before and around have to say about one. */
export interface Surroundings {
  readonly dialect: Dialect;
  readonly book: GroupBook;
  readonly maxima: Maxima;
  /** Features that a `LINGER` line above speaks of, with that line. */
  readonly lingers: Map<string, number>;
  readonly hasIncludeAll: boolean;
}

/** Seats that a rule can speak of. */
export const SEATS_MAX = 100_000;
