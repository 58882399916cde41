import { type IdempotencyKey, idempotencyKey, PRODUCT_NAME } from "../base/ids.ts";
import { type UnixMillis, unixMillis } from "../base/time.ts";
import { randomHex } from "../crypto/random.ts";
import { UNITS_PER_RECORD } from "../protocol/limits.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import type { RecordOptions } from "./usage.ts";

/** The record that an application means. @throws RangeError for one that no daemon would take. */
export function usageRecord(
  meter: string,
  units: number,
  { key, usedAt }: RecordOptions,
  now: UnixMillis,
): UsageRecord {
  if (!PRODUCT_NAME.test(meter)) throw new RangeError("not the name of a meter");
  if (!Number.isSafeInteger(units) || units < 1 || units > UNITS_PER_RECORD) {
    throw new RangeError(`units must be a whole number from 1 to ${UNITS_PER_RECORD}`);
  }
  return {
    meter,
    units,
    key: key === undefined ? randomKey() : idempotencyKey(key),
    usedAt: usedAt === undefined ? now : unixMillis(usedAt),
  };
}

/** A fresh idempotency key. */
export const randomKey = (): IdempotencyKey => idempotencyKey(randomHex(16));
