/**
 * `counted` now, or `repeated`: counted before under the same key; or `spooled`: safe on this
 * computer's disk, and sent as soon as a daemon is there.
 */
export type UsageOutcome = "counted" | "repeated" | "spooled";

export interface RecordOptions {
  /**
   * The name of this record, 1 to 64 of `A-Z a-z 0-9 _ . : -`: counted once, however often it is
   * sent. A refund has a name of its own, not that of the record it takes back. Made up when left out.
   */
  readonly key?: string;
  /**
   * When the units were used, in Unix milliseconds; of a refund, when those were used that it gives
   * back. Now when left out.
   */
  readonly usedAt?: number;
  /**
   * What the promise waits for: that the daemon has counted the record, or only that it is safe
   * on disk. Then the event `refused` tells if the daemon will not have it. `counted` when left out.
   */
  readonly until?: "counted" | "spooled";
}

/** Reports metered usage. */
export interface Usage {
  /**
   * Records that `units` of a meter were used. The record is on this computer's disk before it is
   * sent, and is counted exactly once, however often connections break and application, computer
   * or daemon are started anew. Resolves once the daemon has it on disk.
   *
   * A record that may have reached one daemon goes to no other one: it waits until that one is
   * back, because only that one can tell whether it was counted.
   * @param units a positive whole number.
   * @throws ClientError CLIENT_OPTION for a meter, unit count or key that no daemon would take.
   * @throws SeatDeniedError when the meter's quota or the license refuses it.
   * @throws ClientError USAGE_SPOOL, USAGE_BACKLOG: nothing was recorded; SERVER_REFUSED;
   *   CLIENT_CLOSED: the record is on disk, and a later start sends it.
   */
  record(meter: string, units: number, options?: RecordOptions): Promise<UsageOutcome>;
  /**
   * Gives `units` of a meter back that were recorded before, where the license allows it. They are
   * taken off the quota's use in the period of `usedAt`; the vendor sees what was used and what was
   * given back side by side. Kept on disk, sent and counted exactly once like a record, after those
   * that came before it.
   * @param units a positive whole number.
   * @throws SeatDeniedError REFUND_NOT_ALLOWED; REFUND_TOO_MUCH when fewer were used in the period;
   *   and all that `record` throws.
   */
  refund(meter: string, units: number, options?: RecordOptions): Promise<UsageOutcome>;
  /** Records that no daemon has answered yet. */
  readonly pending: number;
}
