import type { Clock } from "../clock/clock.ts";
import { createLog } from "../log/log.ts";
import type { Store } from "../store/database.ts";
import type { Actor } from "../trail/record.ts";
import { AuditTrail } from "./audit-trail.ts";
import { isCoded } from "./failure-kind.ts";

/** Whoever owns the data folder. */
const OWNER: Actor = { role: "administrator", via: "command", who: null };

/**
 * Does something to a site whose daemon does not run, with a record of it in the audit trail before it
 * begins and when it is done. Where the disk refuses the first, it is not done.
 * @throws StoreError STORE_UNAVAILABLE, and what `work` throws.
 */
export async function recordedCommand<Result>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  act: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const trail = new AuditTrail({
    store,
    time: { now: () => clock.now() },
    log: createLog({ level: "warn" }),
    // The command ends with what was thrown.
    fatal: () => undefined,
  });
  const open = trail.begin(act, OWNER, {});
  try {
    const result = await work();
    open.end("done");
    return result;
  } catch (error) {
    if (isCoded(error)) open.end("refused", { code: error.code });
    else open.end("failed");
    throw error;
  }
}
