import { after } from "../base/time.ts";
import type { AcquireCommand } from "./command.ts";
import type { Answer, Denial } from "./decision.ts";
import type { Feature } from "./feature.ts";
import { grantSeats } from "./holding.ts";
import type { Caller } from "./lease.ts";
import { requestKey, type SeatState, type Waiter } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Puts a request at the end of its feature's queue. */
export function joinQueue(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): void {
  const waiter = { asked, since: turn.now.mono, awayUntil: undefined };
  setWaiter(state, waiter);
  feature.queue.set([...feature.queue.value, keyOf(asked)]);
}

/** Takes a request out of its queue, whether it was met, withdrawn or given up. */
export function leaveQueue(state: SeatState, turn: Turn, { asked }: Waiter): void {
  state.removeRequest(asked.by.client, keyOf(asked));
  removeFromQueue(state, turn, asked);
}

/** Its connection is gone: it keeps its place for the resume window, and is skipped. */
export function stepAside(state: SeatState, turn: Turn, waiter: Waiter): void {
  const awayUntil = after(turn.now.mono, state.limits.resumeWindow);
  setWaiter(state, { ...waiter, awayUntil });
  stir(state, turn, waiter.asked.feature);
}

/** It is connected again, perhaps as another instance of the same client. */
export function stepBack(
  state: SeatState,
  turn: Turn,
  waiter: Waiter,
  by: Caller = waiter.asked.by,
): void {
  setWaiter(state, { ...waiter, asked: { ...waiter.asked, by }, awayUntil: undefined });
  stir(state, turn, waiter.asked.feature);
}

/** Whether somebody waits who would be overtaken by a newcomer. */
export function isAnyoneWaiting(state: SeatState, feature: Feature): boolean {
  return feature.queue.value.some((key) => state.waiter(key)?.awayUntil === undefined);
}

/** Grants free seats in order of arrival. A big request at the head is not overtaken by small ones. */
export function serveQueue(state: SeatState, turn: Turn, feature: Feature): void {
  for (const key of feature.queue.value) {
    const waiter = state.waiter(key);
    if (waiter === undefined || waiter.awayUntil !== undefined) continue;
    if (feature.pool.value === undefined || feature.room(waiter.asked) === "none") return;
    removeFromQueue(state, turn, waiter.asked);
    const lease = grantSeats(state, turn, feature, waiter.asked);
    const { client, instance } = lease;
    turn.notices.push({ kind: "granted", client, instance, key: lease.key, lease });
  }
}

/** Tells who waits for what cannot come any more. */
export function dropWaiter(state: SeatState, turn: Turn, waiter: Waiter, denial: Denial): void {
  leaveQueue(state, turn, waiter);
  const { by, key } = waiter.asked;
  const { client, instance } = by;
  state.denials.record(turn, by, denial.feature, denial.reason);
  turn.notices.push({ kind: "queue-dropped", client, instance, key, denial });
}

/** The place in the queue, from 1; one more than the queue is long for who is not in it. */
export function placeInQueue(feature: Feature, key: string): number {
  const index = feature.queue.value.indexOf(key);
  return (index === -1 ? feature.queue.value.length : index) + 1;
}

export function queuedAnswer(turn: Turn, feature: Feature, key: string): Answer {
  return {
    kind: "queued",
    feature: feature.name,
    position: placeInQueue(feature, key),
    expectedWait: feature.soonestExpiry(turn.now.mono),
  };
}

function setWaiter(state: SeatState, waiter: Waiter): void {
  const { asked } = waiter;
  state.setRequest(asked.by.client, keyOf(asked), { kind: "waiting", waiter });
}

function removeFromQueue(state: SeatState, turn: Turn, asked: AcquireCommand): void {
  const feature = state.featureOrNew(asked.feature);
  const key = keyOf(asked);
  feature.queue.set(feature.queue.value.filter((other) => other !== key));
  turn.stirred.add(feature);
}

function stir(state: SeatState, turn: Turn, feature: string): void {
  turn.stirred.add(state.featureOrNew(feature));
}

const keyOf = ({ by, key }: AcquireCommand): string => requestKey(by.client, key);
