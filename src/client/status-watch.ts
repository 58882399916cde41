import { type Millis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import type { QueuePlace, StatusChange } from "../protocol/notifications.ts";
import type { FeatureStatus } from "../protocol/results.ts";
import { ClientError, SeatDeniedError } from "./errors.ts";
import type { Session } from "./session.ts";

/** What there is to have, and where this process waits. */
export interface LiveStatus {
  /** Whose figures they are; each server counts for itself. */
  readonly server: string;
  /** By name. */
  readonly features: readonly FeatureStatus[];
  /** Of the requests of this process that wait in a queue. */
  readonly places: readonly Omit<QueuePlace, "key">[];
}

export type StatusListener = (status: LiveStatus) => void;

/** After a refusal that passes by itself. */
const RETRY: Millis = millis(2_000);

/**
 * Keeps the daemon of the moment telling us of changes, as long as somebody listens. What a
 * connection has told ends with it: the next one begins with everything.
 */
export class StatusWatch {
  readonly #clock: Clock;
  readonly #present: () => Session | undefined;
  readonly #listeners = new Set<StatusListener>();
  readonly #features = new Map<string, FeatureStatus>();
  #places: readonly QueuePlace[] = [];
  /** The session that was asked to tell us. */
  #watched: Session | undefined;
  #isComplete = false;
  #isSettling = false;
  #retry: Timer | undefined;
  #telling: Timer | undefined;

  /** @param present the session of this moment, if there is one. */
  constructor(clock: Clock, present: () => Session | undefined) {
    this.#clock = clock;
    this.#present = present;
  }

  /** @returns ends it. */
  watch(listener: StatusListener): () => void {
    // Twice the same function is two watches, each with an end of its own.
    const own: StatusListener = (status) => listener(status);
    this.#listeners.add(own);
    if (this.#isComplete) this.#tellSoon();
    void this.#settle();
    return () => {
      this.#listeners.delete(own);
      void this.#settle();
    };
  }

  connected(): void {
    void this.#settle();
  }

  changed({ features, gone, places }: StatusChange, session: Session): void {
    if (session !== this.#watched) return;
    for (const feature of features) this.#features.set(feature.feature, feature);
    for (const name of gone) this.#features.delete(name);
    this.#places = places ?? this.#places;
    this.#isComplete = true;
    this.#tellSoon();
  }

  close(): void {
    this.#listeners.clear();
    this.#retry?.cancel();
    this.#telling?.cancel();
  }

  /** Brings about that the present session tells us, or, if nobody listens, that it does not. */
  async #settle(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    try {
      for (;;) {
        const present = this.#present();
        const wanted = this.#listeners.size > 0 ? present : undefined;
        if (wanted === this.#watched) return;
        const left = this.#watched;
        this.#begin(wanted);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (wanted !== undefined) await this.#ask(wanted);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        else if (left === present) await left?.request("status.unwatch", {}).catch(ignoreRefusal);
      }
    } finally {
      this.#isSettling = false;
    }
  }

  #begin(session: Session | undefined): void {
    this.#watched = session;
    this.#isComplete = false;
    this.#features.clear();
    this.#places = [];
  }

  async #ask(session: Session): Promise<void> {
    try {
      await session.request("status.watch", {});
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // A lost connection is followed by another one; a daemon that cannot tell is left in peace.
      if (!(error instanceof SeatDeniedError)) return;
      this.#retry?.cancel();
      this.#retry = this.#clock.after(error.retryAfter ?? RETRY, () => {
        if (this.#watched === session) this.#begin(undefined);
        void this.#settle();
      });
    }
  }

  /** Outside of the connection's own work: what a listener throws is the application's. */
  #tellSoon(): void {
    this.#telling ??= this.#clock.soon(() => {
      this.#telling = undefined;
      const server = this.#watched?.server;
      if (server === undefined || !this.#isComplete) return;
      const features = [...this.#features.values()].toSorted(byName);
      const places = this.#places.map(placeOf);
      for (const listener of this.#listeners) listener({ server, features, places });
    });
  }
}

/** Its key is the SDK's own and tells the application nothing. */
function placeOf({ feature, position, expectedWaitMs }: QueuePlace): Omit<QueuePlace, "key"> {
  return { feature, position, ...(expectedWaitMs === undefined ? {} : { expectedWaitMs }) };
}

function byName({ feature: one }: FeatureStatus, { feature: other }: FeatureStatus): number {
  return one < other ? -1 : 1;
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof ClientError)) throw error;
}
