import { after, between } from "../base/time.ts";
import { claimOf } from "./claim.ts";
import type { AcquireCommand } from "./command.ts";
import type { Denial } from "./decision.ts";
import { Earmarks } from "./earmarks.ts";
import type { Feature } from "./feature.ts";
import type { Caller, Lease } from "./lease.ts";
import { takeSeats } from "./seat-taking.ts";
import { requestKey, type SeatState, type Waiter } from "./state.ts";
import type { Turn } from "./turn.ts";
import {
  contestOf,
  isDue,
  isExhausted,
  keysBefore,
  type Rank,
  rankOf,
  reorder,
  waitersIn,
} from "./waiting-line.ts";

/** Puts a request into its feature's queue, behind those of its priority. */
export function joinQueue(
  state: SeatState,
  turn: Turn,
  feature: Feature,
  asked: AcquireCommand,
): void {
  const rank = rankOf(state, feature, asked);
  state.tickets.set(rank.ticket + 1);
  const before = keysBefore(state, feature, rank);
  const behind = feature.queue.value.slice(before.length);
  setWaiter(state, { asked, since: turn.now.mono, awayUntil: undefined, ...rank });
  feature.queue.set([...before, keyOf(asked), ...behind]);
  state.hours.see(turn.now, feature);
}

/** Takes a request that was not met out of its queue: it was withdrawn, given up or hopeless. */
export function leaveQueue(state: SeatState, turn: Turn, { asked, since }: Waiter): void {
  state.removeRequest(asked.by.client, keyOf(asked));
  removeFromQueue(state, turn, asked);
  const feature = state.featureOrNew(asked.feature);
  state.hours.waited(turn.now, feature, between(since, turn.now.mono), "gave-up");
}

/** Its connection is gone: it keeps its place for the resume window, and is skipped. */
export function stepAside(state: SeatState, turn: Turn, waiter: Waiter): void {
  const awayUntil = after(turn.now.mono, state.limits.resumeWindow);
  setWaiter(state, { ...waiter, awayUntil });
  stir(state, turn, waiter.asked.feature);
}

/**
 * It is connected, perhaps again, perhaps as another instance of the same client, perhaps in other
 * groups than before.
 */
export function stepBack(state: SeatState, turn: Turn, waiter: Waiter, by: Caller): void {
  const asked = { ...waiter.asked, by };
  const feature = state.featureOrNew(asked.feature);
  const { priority } = rankOf(state, feature, asked);
  setWaiter(state, { ...waiter, asked, priority, awayUntil: undefined });
  reorder(state, feature);
  turn.stirred.add(feature);
}

/** Puts a request where the rules say now that it belongs. */
export function rankAgain(state: SeatState, feature: Feature): void {
  for (const key of feature.queue.value) {
    const waiter = state.waiter(key);
    if (waiter === undefined) continue;
    const { priority } = rankOf(state, feature, waiter.asked);
    if (priority !== waiter.priority) setWaiter(state, { ...waiter, priority });
  }
  reorder(state, feature);
}

/**
 * Grants free seats in the order of service. Whoever cannot be served yet is kept as many seats as
 * asked for: those who come after may have the rest only.
 */
export function serveQueue(state: SeatState, turn: Turn, feature: Feature): void {
  const contest = contestOf(state, feature);
  while (servePass(state, turn, contest) === "again");
}

function servePass(state: SeatState, turn: Turn, contest: readonly Feature[]): "done" | "again" {
  const earmarks = new Earmarks();
  let stoodBack = false;
  for (const waiter of waitersIn(state, contest)) {
    if (waiter.awayUntil !== undefined) continue;
    const { asked } = waiter;
    const feature = state.featureOrNew(asked.feature);
    if (feature.pool.value === undefined) continue;
    const taken = takeSeats(state, turn, feature, asked, earmarks);
    if (taken.kind === "granted") {
      removeFromQueue(state, turn, asked);
      tellGranted(turn, taken.lease);
      const waited = between(waiter.since, turn.now.mono);
      state.hours.waited(turn.now, feature, waited, "served");
      if (!taken.isOwn && countOvertaken(state, feature, waiter) === "reordered") {
        // Somebody who has become due comes first from now on, so the order is another.
        return "again";
      }
      // Those who stood back may share these seats, or have more room: the holder's own seats may
      // count for a reservation or a limit that they did not count for before.
      if (stoodBack && (taken.isOwn || feature.grantsMakeRoom)) return "again";
      continue;
    }
    stoodBack = true;
    if (taken.refusal.reason === "OVER_MAX") continue;
    earmarks.add(feature, claimOf(asked));
    if (isExhausted(state, feature, earmarks)) return "done";
  }
  return "done";
}

/** Counts for all whom the grant of `rank` has overtaken by its priority, and who have waited longer. */
export function countOvertaken(
  state: SeatState,
  feature: Feature,
  rank: Rank,
): "same" | "reordered" {
  let result: "same" | "reordered" = "same";
  const contest = contestOf(state, feature);
  for (const waiter of waitersIn(state, contest)) {
    const isOvertaken = waiter.ticket < rank.ticket && waiter.priority < rank.priority;
    if (!isOvertaken || waiter.awayUntil !== undefined || isDue(state, waiter)) continue;
    const overtaken = { ...waiter, overtaken: waiter.overtaken + 1 };
    setWaiter(state, overtaken);
    if (isDue(state, overtaken)) result = "reordered";
  }
  if (result === "reordered") for (const one of contest) reorder(state, one);
  return result;
}

/** Tells who waits for what cannot come any more. */
export function dropWaiter(state: SeatState, turn: Turn, waiter: Waiter, denial: Denial): void {
  leaveQueue(state, turn, waiter);
  const { by, key } = waiter.asked;
  const { client, instance } = by;
  state.denials.record(turn, by, denial.feature, denial.reason);
  turn.notices.push({ kind: "queue-dropped", client, instance, key, denial });
}

function tellGranted(turn: Turn, lease: Lease): void {
  const { client, instance, key } = lease;
  turn.notices.push({ kind: "granted", client, instance, key, lease });
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
