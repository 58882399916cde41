/** What one feature did within a checkpoint. Counts of leases unless said otherwise. */
export interface FeatureTotals {
  readonly feature: string;
  readonly grants: number;
  /** Of these grants, those that used seats above the license. */
  readonly overdraftGrants: number;
  readonly released: number;
  readonly expired: number;
  readonly revoked: number;
  readonly denials: readonly DenialTotals[];
  /** Seats times milliseconds, of ended leases and of open ones up to the checkpoint. */
  readonly seatMillis: number;
  /** Most seats in use at any moment of the interval. */
  readonly peak: number;
  /** Seats in use at its end. */
  readonly inUse: number;
}

export interface DenialTotals {
  readonly reason: string;
  readonly count: number;
}

/** What one meter counted within a checkpoint. */
export interface MeterTotals {
  readonly meter: string;
  readonly records: number;
  readonly units: number;
  /** Of these records, those whose use lies before the interval. */
  readonly late: number;
}
