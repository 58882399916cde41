import type { Database } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { OpenedBlock } from "../bundle/verify-input.ts";
import { keepEmergencyDay } from "./emergency.ts";
import type { UsageRows } from "./usage-rows.ts";

/** What of a bundle's blocks goes into the books. It stays there only if the verdict counts it. */
export function bookEntries(
  database: Database,
  chainId: ChainId,
  rows: UsageRows,
): (block: OpenedBlock) => void {
  return ({ index, payload }) => {
    if (payload.type === "checkpoint") rows.add(index, payload);
    if (payload.type === "incident") keepEmergencyDay(database, chainId, payload);
  };
}
