import { type Millis, millis, type UnixMillis, unixMillis } from "../base/time.ts";

/** An hour of UTC by its first moment. */
export type HourStart = UnixMillis;

export const HOUR = 3_600_000;

/** The hour that a moment belongs to. Before 1970 there is none but the first. */
export const hourOf = (wall: number): HourStart => unixMillis(Math.max(0, wall - (wall % HOUR)));

/** The highest that was reached. */
export interface HourLevels {
  /** The most seats in use at a time, with those above the license. */
  readonly peak: number;
  /** The license's seats when `peak` was reached last; 0 where there was no license. */
  readonly licensed: number;
  /** The most seats in use above the license. */
  readonly overdraftPeak: number;
  /** The longest the queue was, in requests. */
  readonly queuePeak: number;
}

/** What adds up. Things count in the hour in which they came to be, seat time in the hours in which it passed. */
export interface HourCounts {
  readonly grants: number;
  /** Those of `grants` that used seats above the license. */
  readonly overdrafts: number;
  /** Seats times milliseconds. */
  readonly seatMillis: Millis;
  /** Requests whose wait in the queue ended, with a seat or without. */
  readonly waits: number;
  /** Those of `waits` that ended without a seat: withdrawn, gone, or the license ended. */
  readonly gaveUp: number;
  /** How long all of `waits` waited together, and the longest of them. */
  readonly waited: Millis;
  readonly longestWait: Millis;
  /** How often each reason was given; repetitions of a refused request are one denial. */
  readonly denials: Readonly<Record<string, number>>;
}

/** What one feature saw in one hour, in totals without persons. */
export interface HourFigures extends HourLevels, HourCounts {}

/** Of a feature, or of `*` for all names that no license knows. Of a meter there are denials alone. */
export interface FeatureHour extends HourFigures {
  readonly feature: string;
  readonly hour: HourStart;
}

export const NO_LEVELS: HourLevels = { peak: 0, licensed: 0, overdraftPeak: 0, queuePeak: 0 };

export const NO_COUNTS: HourCounts = {
  grants: 0,
  overdrafts: 0,
  seatMillis: millis(0),
  waits: 0,
  gaveUp: 0,
  waited: millis(0),
  longestWait: millis(0),
  denials: {},
};

export const NO_FIGURES: HourFigures = { ...NO_LEVELS, ...NO_COUNTS };

/** Both together: counts are added, the higher level holds. The second is what happened last. */
export const together = (earlier: HourFigures, later: HourFigures): HourFigures =>
  withMore(earlier, later, later);

/**
 * What was there, with what has happened since. Written out field by field, for it runs at each
 * grant and each end.
 */
export function withMore(before: HourFigures, level: HourLevels, more: HourCounts): HourFigures {
  return {
    peak: Math.max(before.peak, level.peak),
    licensed: licensedAtPeak(before, level),
    overdraftPeak: Math.max(before.overdraftPeak, level.overdraftPeak),
    queuePeak: Math.max(before.queuePeak, level.queuePeak),
    grants: before.grants + more.grants,
    overdrafts: before.overdrafts + more.overdrafts,
    seatMillis: sumOf(before.seatMillis, more.seatMillis),
    waits: before.waits + more.waits,
    gaveUp: before.gaveUp + more.gaveUp,
    waited: sumOf(before.waited, more.waited),
    longestWait: more.longestWait > before.longestWait ? more.longestWait : before.longestWait,
    denials: denialsTogether(before.denials, more.denials),
  };
}

/** What says nothing of seats has no peak and no license. */
function licensedAtPeak(before: HourLevels, level: HourLevels): number {
  if (level.peak === before.peak) return level.licensed || before.licensed;
  return level.peak > before.peak ? level.licensed : before.licensed;
}

function denialsTogether(
  before: HourCounts["denials"],
  more: HourCounts["denials"],
): HourCounts["denials"] {
  if (more === NO_COUNTS.denials) return before;
  const sums = { ...before };
  for (const [reason, count] of Object.entries(more)) sums[reason] = (sums[reason] ?? 0) + count;
  return sums;
}

/** Sums of time stop at 2^53 - 1, after a clock gone astray: they are no reason to stop. */
const sumOf = (one: Millis, other: Millis): Millis =>
  other === 0 ? one : millis(Math.min(one + other, Number.MAX_SAFE_INTEGER));
