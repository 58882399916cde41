import { failure, type Log } from "../log/log.ts";
import type { AdminReload } from "../protocol/admin/reload.ts";
import type { Actor } from "../trail/record.ts";
import { answerFacts } from "./act-facts.ts";
import type { AuditTrail, OpenAct } from "./audit-trail.ts";
import { isCoded } from "./failure-kind.ts";
import type { Reload } from "./reload.ts";

const SIGNALLER: Actor = { role: "administrator", via: "signal", who: null };

/**
 * A reload that a signal has asked for. As by the administration interface, it is not done where it
 * cannot be recorded.
 * @throws StoreError STORE_UNAVAILABLE, and what the reload throws.
 */
export async function signalledReload(
  trail: AuditTrail,
  reload: Reload,
  log: Log,
): Promise<AdminReload> {
  const act = begun(trail, log);
  try {
    const done = await reload.run();
    act.end("done", { about: answerFacts("reload", done) });
    return done;
  } catch (error) {
    act.end("refused", isCoded(error) ? { code: error.code } : {});
    throw error;
  }
}

/** Nobody reads an answer: what is wrong stands in the log. */
function begun(trail: AuditTrail, log: Log): OpenAct {
  try {
    return trail.begin("config.reload", SIGNALLER, {});
  } catch (error) {
    log.warn("reload.refused", failure(error));
    throw error;
  }
}
