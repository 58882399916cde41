import { toHex } from "../base/bytes.ts";
import { days, type UnixMillis, unixMillis } from "../base/time.ts";
import { failure, type Log } from "../log/log.ts";
import type { Store } from "../store/database.ts";
import type { TrailHead, TrailRow } from "../store/trail-rows.ts";
import { chainHash, FORGOTTEN, TRAIL_START } from "../trail/chain.ts";
import {
  type Actor,
  type TrailEntry,
  type TrailFacts,
  type TrailRecord,
  writeRecord,
} from "../trail/record.ts";
import { isFatal, isUnavailable } from "./failure-kind.ts";
import type { SiteTime } from "./site-time.ts";

export interface AuditTrailParts {
  readonly store: Pick<Store, "trail" | "trailHead" | "appendTrail" | "firstOfTrailSince">;
  /** The time that is believed. */
  readonly time: Pick<SiteTime, "now">;
  readonly log: Log;
  /** As `SiteParts.fatal`. */
  readonly fatal: (error: unknown) => void;
}

/** What the daemon does by itself. */
export const ITSELF: Actor = { role: "daemon", via: "itself", who: null };

/** Records that wait for the disk at most. What an act became is never dropped. */
const MAX_WAITING_NOTES = 256;

/** The retention takes a day at a time: each time is a record too. */
const RETENTION_STEP = days(1);

/**
 * The site's audit trail, written as things happen. An act is on the disk before it begins; its end
 * follows it. While the disk refuses, no act begins, and what has happened waits in memory: a crash
 * then leaves an act without an end, which says that it may have happened or not.
 */
export class AuditTrail {
  readonly #parts: AuditTrailParts;
  #head: TrailHead;
  #waiting: readonly Waiting[] = [];

  /** @throws StoreError STORE_CORRUPT. */
  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
    this.#head = parts.store.trailHead() ?? { seq: 0, hash: TRAIL_START };
  }

  /** The hash of the newest record; undefined before the first. */
  get head(): Uint8Array | undefined {
    return this.#head.seq === 0 ? undefined : this.#head.hash;
  }

  /**
   * Writes that an act begins.
   * @throws StoreError STORE_UNAVAILABLE: then it must not be done.
   */
  begin(act: string, by: Actor, about: TrailFacts): OpenAct {
    const of = this.#append([{ act, outcome: "begun", by, about }]);
    return {
      end: (outcome, more = {}) => {
        const { code, about: facts = {} } = more;
        this.#keep({ act, outcome, by, of, ...(code === undefined ? {} : { code }), about: facts });
      },
    };
  }

  /** Writes what has happened, now or as soon as the disk takes it. */
  note(entry: Omit<TrailEntry, "outcome" | "of">): void {
    const isFull = this.#waiting.length >= MAX_WAITING_NOTES;
    if (!isFull) this.#keep({ ...entry, outcome: "noted" });
  }

  /** Tries again to write what waits. */
  flush(): void {
    if (this.#waiting.length > 0) this.#tolerant(() => this.#append([]));
  }

  /**
   * Removes records from before `before`, a day of them at least, and leaves one that says so and
   * with which hash they ended. @throws StoreError STORE_UNAVAILABLE.
   */
  forget(before: UnixMillis): void {
    const { store } = this.#parts;
    const since = unixMillis(Math.max(0, before - RETENTION_STEP));
    const oldest = store.firstOfTrailSince(unixMillis(0));
    if (oldest === undefined || store.firstOfTrailSince(since) === oldest) return;
    const kept = store.firstOfTrailSince(before) ?? this.#head.seq + 1;
    this.#forgetThrough(kept - 1);
  }

  #forgetThrough(through: number): void {
    const [last] = this.#hashAt(through);
    if (last === undefined) return;
    const about = { through, head: toHex(last) };
    this.#append([{ act: FORGOTTEN, outcome: "noted", by: ITSELF, about }], through);
  }

  #hashAt(seq: number): readonly Uint8Array[] {
    return this.#parts.store.trail(seq - 1, 1).map(({ hash }) => hash);
  }

  #keep(entry: TrailEntry): void {
    this.#waiting = [...this.#waiting, { entry, at: this.#parts.time.now().wall }];
    this.flush();
  }

  /** @returns the number of the last record. */
  #append(entries: readonly TrailEntry[], forget?: number): number {
    const { store, time, fatal } = this.#parts;
    const at = time.now().wall;
    const rows = chained(this.#head, [
      ...this.#waiting,
      ...entries.map((entry) => ({ entry, at })),
    ]);
    const newest = rows.at(-1);
    if (newest === undefined) return this.#head.seq;
    try {
      store.appendTrail(rows, forget);
    } catch (error) {
      if (isFatal(error)) fatal(error);
      throw error;
    }
    this.#head = { seq: newest.seq, hash: newest.hash };
    this.#waiting = [];
    return newest.seq;
  }

  #tolerant(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#parts.log.warn("trail.not-written", failure(error));
    }
  }
}

/** An act that has begun. */
export interface OpenAct {
  /** Once: what became of it. */
  end(
    outcome: "done" | "refused" | "failed",
    more?: { readonly code?: string; readonly about?: TrailFacts },
  ): void;
}

interface Waiting {
  readonly entry: TrailEntry;
  readonly at: UnixMillis;
}

function chained(head: TrailHead, waiting: readonly Waiting[]): readonly TrailRow[] {
  const rows: TrailRow[] = [];
  let { seq, hash } = head;
  for (const { entry, at } of waiting) {
    seq += 1;
    const record: TrailRecord = { seq, at, ...entry };
    const text = writeRecord(record);
    hash = chainHash(hash, text);
    rows.push({ seq, at, text, hash });
  }
  return rows;
}
