import { millis, unixMillis } from "../base/time.ts";
import type { ClockMemory, ClockRecord } from "../clock/watch.ts";
import { failure, type Log } from "../log/log.ts";
import type { Store } from "../store/database.ts";
import { isUnavailable } from "./failure-kind.ts";

/** What the record of a database says; undefined before the first. */
export function recordedClock(notes: Pick<Store, "meta">): ClockRecord | undefined {
  const kept = notes.meta(KEY);
  return kept === undefined ? undefined : parse(kept);
}

const KEY = "believed time";

/** The clock's record in the database. A full disk costs no more than up to a restart's worth of it. */
export function clockMemory(store: Store, log: Log): ClockMemory {
  return {
    load: () => recordedClock(store),
    save({ highWater, held, suspectSince }) {
      try {
        store.putMeta(KEY, `${highWater} ${held} ${suspectSince ?? ""}`);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        log.warn("clock.not-kept", failure(error));
      }
    },
  };
}

function parse(text: string): ClockRecord {
  const [highWater = "", held = "", since = ""] = text.split(" ");
  return {
    highWater: unixMillis(Number(highWater)),
    held: millis(Number(held)),
    suspectSince: since === "" ? null : unixMillis(Number(since)),
  };
}
