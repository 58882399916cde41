import type { Millis, MonoMillis } from "../base/time.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer } from "./decision.ts";
import type { Feature } from "./feature.ts";
import { expectedWait } from "./observed-lengths.ts";
import { requestKey, type SeatState } from "./state.ts";
import type { Turn } from "./turn.ts";
import { keysBefore, rankOf } from "./waiting-line.ts";

/** Where a request stands or would stand in the queue, and how long it will probably take. */
export interface Prospects {
  /** From 1. */
  readonly position: number;
  readonly expectedWait: Millis | undefined;
}

export function prospectsOf(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): Prospects {
  const ahead = keysAhead(state, feature, asked);
  const seats = ahead.reduce(
    (sum, key) => sum + (state.waiter(key)?.asked.count ?? 0),
    asked.count,
  );
  return {
    position: ahead.length + 1,
    expectedWait: waitFor(state, turn.now.mono, feature, seats),
  };
}

export function queuedAnswer(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): Answer {
  return { kind: "queued", feature: feature.name, ...prospectsOf(state, turn, feature, asked) };
}

function keysAhead(state: SeatState, feature: Feature, asked: AcquireCommand): readonly string[] {
  const place = feature.queue.value.indexOf(requestKey(asked.by.client, asked.key));
  if (place !== -1) return feature.queue.value.slice(0, place);
  return keysBefore(state, feature, rankOf(state, feature, asked));
}

/**
 * How long it will probably take until so many seats have come free for a queue. Seats that are
 * free already, but kept for those ahead, need not come free.
 */
export function waitFor(
  state: SeatState,
  now: MonoMillis,
  feature: Feature,
  seats: number,
): Millis | undefined {
  const soonest = feature.soonestExpiry(now);
  const lengths = feature.lengths.value;
  if (lengths === undefined || soonest === undefined) return soonest;
  const used = state.occupancy.seats(feature);
  const free = Math.max(0, feature.seatsInAll - used);
  return expectedWait(lengths, Math.max(1, seats - free), used);
}
