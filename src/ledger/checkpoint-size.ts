import type { OpenSeatTime, UsageEvent } from "../base/usage-event.ts";
import type { Detail } from "./payload.ts";

/** How many of the pending events, from the first, one checkpoint block can take. */
export declare function fitEvents(
  pending: readonly UsageEvent[],
  detail: Detail,
  open?: readonly OpenSeatTime[],
): number;
