import type { UnixMillis } from "../base/time.ts";

/** What was asked for. */
export interface SeatWish {
  readonly feature: string;
  readonly version: string;
  readonly versionDate?: UnixMillis;
  readonly count: number;
  readonly wait: boolean;
}
