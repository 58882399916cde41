import type { ChainId, IdempotencyKey } from "../base/ids.ts";
import { RECORDS_PER_REQUEST } from "../protocol/limits.ts";
import type { SpooledRecord } from "./spool.ts";
import type { UsageOutcome } from "./usage.ts";

/** A record without an answer. */
export interface PendingRecord {
  readonly spooled: SpooledRecord;
  /** The ledger that it may have reached, and no other one may have it any more. */
  chain: ChainId | undefined;
  /** Whoever waits for the daemon's word; nobody for what was only to be spooled, or adopted. */
  readonly waiting:
    | { resolve(outcome: UsageOutcome): void; reject(error: Error): void }
    | undefined;
}

/**
 * What of `waiting` goes next to the daemon with this ledger. Two records of one key never share a
 * batch: each answer must find its record. Nor do units used and units given back: a daemon that
 * knows no refunds refuses the whole message, and must not refuse usage with it.
 */
export function nextBatch(
  waiting: readonly PendingRecord[],
  chain: ChainId,
): readonly PendingRecord[] {
  const keys = new Set<IdempotencyKey>();
  const batch: PendingRecord[] = [];
  for (const pending of waiting) {
    if (pending.chain !== undefined && pending.chain !== chain) continue;
    const { key, refund } = pending.spooled.record;
    if (batch.length === RECORDS_PER_REQUEST || keys.has(key)) break;
    if (batch.some(({ spooled }) => spooled.record.refund !== refund)) break;
    keys.add(key);
    batch.push(pending);
  }
  return batch;
}
