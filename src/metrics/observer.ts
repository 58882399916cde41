import type { Millis } from "../base/time.ts";
import type { NewUsageEvent, OpenSeatTime } from "../base/usage-event.ts";

/** Told of what happens, once it is durable. Keeps figures, and nobody's name. */
export interface Observer {
  recorded(vendor: string, events: readonly NewUsageEvent[]): void;
  /** Seat time of open leases that a checkpoint has cut. */
  cut(vendor: string, open: readonly OpenSeatTime[]): void;
  /** How long the disk took for the writes of one group. */
  committed(vendor: string, span: Millis): void;
  /** An INCIDENT block was written. */
  incident(vendor: string, code: string): void;
}

/** Where nothing is measured. */
export const NOBODY: Observer = {
  recorded: () => undefined,
  cut: () => undefined,
  committed: () => undefined,
  incident: () => undefined,
};
