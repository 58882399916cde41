import type { Moment } from "../base/time.ts";
import type { NewUsageEvent } from "../base/usage-event.ts";
import type { Notice, SeatChange } from "./decision.ts";
import type { Feature } from "./feature.ts";

/** One decision while it is being made. */
export interface Turn {
  readonly now: Moment;
  readonly changes: SeatChange[];
  readonly events: NewUsageEvent[];
  readonly notices: Notice[];
  /** Features where somebody who waits may have come to their turn. */
  readonly stirred: Set<Feature>;
}

export function newTurn(now: Moment): Turn {
  return { now, changes: [], events: [], notices: [], stirred: new Set() };
}
