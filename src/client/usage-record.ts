import { IDEMPOTENCY_KEY, type IdempotencyKey, idempotencyKey } from "../base/ids.ts";
import type { UnixMillis } from "../base/time.ts";
import { randomHex } from "../crypto/random.ts";
import { UNITS_PER_RECORD } from "../protocol/limits.ts";
import type { UsageRecord } from "../protocol/requests.ts";
import { badOption, demandOptions, demandProductName, momentOption } from "./option-error.ts";
import type { RecordOptions } from "./usage.ts";

/** The record that an application means. @throws ClientError CLIENT_OPTION for one that no daemon would take. */
export function usageRecord(
  meter: string,
  units: number,
  options: RecordOptions,
  now: UnixMillis,
): UsageRecord {
  demandProductName("meter", meter);
  demandOptions(options, "{ key, usedAt, until }, each as needed");
  const { key, usedAt } = options;
  if (!Number.isSafeInteger(units) || units < 1 || units > UNITS_PER_RECORD) {
    const rule = `must be a whole number from 1 to ${UNITS_PER_RECORD}`;
    throw badOption("units", rule, "count in a smaller unit, or give units back by usage.refund");
  }
  return {
    meter,
    units,
    key: key === undefined ? randomKey() : keyOption(key),
    usedAt: usedAt === undefined ? now : momentOption("usedAt", usedAt),
  };
}

/** A fresh idempotency key. */
export const randomKey = (): IdempotencyKey => idempotencyKey(randomHex(16));

function keyOption(key: string): IdempotencyKey {
  if (typeof key === "string" && IDEMPOTENCY_KEY.test(key)) return idempotencyKey(key);
  const rule = "must be 1 to 64 of A-Z a-z 0-9 _ . : -";
  throw badOption("key", rule, "write it with these alone, or leave it out to have one made up");
}
