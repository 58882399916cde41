import { days, type Millis, millis } from "../base/time.ts";

/** How long leases of a feature lasted, the newer ones with more weight. Lost at a restart. */
export interface ObservedLengths {
  readonly mean: Millis;
  /** Leases seen, up to the weight of the past. */
  readonly seen: number;
}

/** After so many leases, a new one moves the mean by a fixed part: the past fades. */
const WEIGHT_OF_THE_PAST = 32;

export function observe(lengths: ObservedLengths | undefined, length: Millis): ObservedLengths {
  if (lengths === undefined) return { mean: length, seen: 1 };
  const seen = Math.min(lengths.seen + 1, WEIGHT_OF_THE_PAST);
  const mean = lengths.mean + (length - lengths.mean) / seen;
  return { mean: millis(Math.round(mean)), seen };
}

/** What is further away is not told apart: the longest span that the protocol can say. */
const LONGEST_WAIT: Millis = days(366);

/**
 * How long it takes until `wanted` of `used` seats come free, when each is given back after the
 * mean length and nobody knows how much of it is over.
 */
export function expectedWait({ mean }: ObservedLengths, wanted: number, used: number): Millis {
  return millis(Math.min(Math.round((mean * wanted) / Math.max(used, 1)), LONGEST_WAIT));
}
