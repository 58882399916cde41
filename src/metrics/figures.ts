import type { Millis, UnixMillis } from "../base/time.ts";
import type { AdminStatus } from "../protocol/admin/status.ts";

/** How a daemon is doing at the moment of a scrape. */
export interface Figures {
  readonly status: AdminStatus;
  /** By how many milliseconds the wall clock is ahead of what is believed; 0 for one that is believed. */
  readonly clockSuspectBy: number;
  readonly ledgers: readonly LedgerFigures[];
  /** When the certificate that clients see ends; undefined over plaintext. */
  readonly certificateEndsAt: UnixMillis | undefined;
  /** What the service may still write where its data lies; undefined where that cannot be told. */
  readonly freeBytes: number | undefined;
}

interface LedgerFigures {
  readonly vendor: string;
  /** Of the ledger with what was archived. */
  readonly bytes: number;
  readonly checkpointAge: Millis;
}
