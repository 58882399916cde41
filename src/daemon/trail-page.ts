import { toHex } from "../base/bytes.ts";
import { type AdminTrail, TRAIL_RECORDS } from "../protocol/admin/trail.ts";
import type { Site } from "./site.ts";

/** The next records of the audit trail behind `after`. @throws StoreError STORE_UNAVAILABLE. */
export function trailPage({ store, trail }: Site, after: number): AdminTrail {
  return {
    records: store
      .trail(after, TRAIL_RECORDS)
      .map(({ seq, text, hash }) => ({ seq, text, hash: toHex(hash) })),
    head: trail.head === undefined ? null : toHex(trail.head),
  };
}
