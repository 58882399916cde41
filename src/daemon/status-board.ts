import type { ClientKey, InstanceId } from "../base/ids.ts";
import { type Millis, seconds } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import { PLACES_PER_STATUS } from "../protocol/limits.ts";
import type { QueuePlace, StatusChange } from "../protocol/notifications.ts";
import { encodeNotification } from "../protocol/request-frame.ts";
import type { FeatureView, SeatSummary, WaiterView } from "../seats/view.ts";
import type { Attendee } from "./attendance.ts";
import { Pulse } from "./pulse.ts";
import { featureStatus } from "./replies.ts";

/** A connection that asked to be told of changes. */
export interface Watcher {
  watching(): Attendee;
  /** True while much of what it was told has not left this process: it is told nothing then. */
  readonly isBehind: boolean;
  /** @param frame the notification, as it goes out. */
  changed(frame: string): void;
}

export interface StatusBoardParts {
  readonly clock: Clock;
  /** Runs `look` as soon as all that was decided is durable: nobody sees what may be taken back. */
  readonly settled: (look: () => void) => void;
  /** Features and queues of this moment. */
  readonly summary: () => SeatSummary;
}

/** Nobody is told of changes more often. */
const INTERVAL: Millis = seconds(1);

/** Told in one go; then others get their turn. Ten thousand at once would keep renewals waiting for 0.1 s. */
const SLICE = 200;

/** What a watcher knows. */
interface Told {
  readonly revision: number;
  readonly places: string;
}

type FeatureChange = Omit<StatusChange, "places">;

const NOTHING: Told = { revision: 0, places: "" };

/**
 * Tells watchers how many seats are free and where their own requests stand. Each hears only what
 * is different from what it was told, at most once a second. Nothing is kept for a slow reader but
 * the revision it knows: when it has caught up, it is told of the present at once.
 */
export class StatusBoard {
  readonly #parts: StatusBoardParts;
  readonly #pulse: Pulse;
  readonly #watchers: Map<Watcher, Told> = new Map();
  /** By name, each with the revision that it changed in; undefined for one that is gone. */
  readonly #features: Map<string, Posted> = new Map();
  #revision = 0;
  /** Places as of the last look, and those who are still to be told of it. */
  #places: ReadonlyMap<string, readonly QueuePlace[]> = new Map();
  #pending: readonly Watcher[] = [];
  /** Somebody was passed over, or may have been told of an older look than this. */
  #isLate = false;
  readonly #others: Set<() => void> = new Set();

  constructor(parts: StatusBoardParts) {
    this.#parts = parts;
    this.#pulse = new Pulse(parts.clock, INTERVAL, (done) =>
      parts.settled(() => {
        done();
        this.#look();
      }),
    );
  }

  /** Told everything now, also when it is watching already. To be called when all is durable. */
  watch(watcher: Watcher): void {
    this.#watchers.set(watcher, NOTHING);
    const { features, queue } = this.#parts.summary();
    this.#post(features);
    this.#tell([watcher], placesByInstance(queue));
    if (this.#pending.length > 0) this.#isLate = true;
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Calls `run` each time that something may be different. @returns ends it. */
  onStir(run: () => void): () => void {
    // Twice the same function is two, each with an end of its own.
    const own = (): void => run();
    this.#others.add(own);
    return () => void this.#others.delete(own);
  }

  /** Something may be different now. */
  stir(): void {
    for (const run of this.#others) run();
    if (this.#watchers.size > 0) this.#pulse.stir();
  }

  close(): void {
    this.#pulse.cancel();
    this.#watchers.clear();
    this.#pending = [];
    this.#isLate = false;
  }

  #look(): void {
    // The last look is still being told.
    if (this.#pending.length > 0) return this.#pulse.stir();
    const { features, queue } = this.#parts.summary();
    this.#post(features);
    this.#places = placesByInstance(queue);
    this.#pending = [...this.#watchers.keys()];
    this.#tellSome();
  }

  #tellSome(): void {
    const some = this.#pending.slice(0, SLICE);
    this.#pending = this.#pending.slice(SLICE);
    const ready = some.filter(({ isBehind }) => !isBehind);
    if (ready.length < some.length) this.#isLate = true;
    this.#tell(ready, this.#places);
    if (this.#pending.length > 0) this.#parts.clock.soon(() => this.#tellSome());
    else if (this.#isLate) {
      this.#isLate = false;
      this.#pulse.stir();
    }
  }

  #tell(watchers: readonly Watcher[], places: ReadonlyMap<string, readonly QueuePlace[]>): void {
    const changes = new Map<number, Change>();
    for (const watcher of watchers) {
      const told = this.#watchers.get(watcher);
      if (told === undefined) continue;
      const change = changes.get(told.revision) ?? new Change(this.#changeSince(told.revision));
      changes.set(told.revision, change);
      const own = places.get(nameOf(watcher.watching())) ?? [];
      this.#watchers.set(watcher, { revision: this.#revision, places: standingOf(own) });
      const isMoved = told === NOTHING || standingOf(own) !== told.places;
      const frame = isMoved ? change.with(own) : change.alone;
      if (frame !== undefined) watcher.changed(frame);
    }
  }

  #post(features: readonly FeatureView[]): void {
    const next = this.#revision + 1;
    const missing = new Set(this.#features.keys());
    for (const feature of features) {
      missing.delete(feature.name);
      const posted = this.#features.get(feature.name)?.feature;
      if (posted !== undefined && isSame(posted, feature)) continue;
      this.#features.set(feature.name, { feature, revision: next });
      this.#revision = next;
    }
    for (const name of missing) {
      if (this.#features.get(name)?.feature === undefined) continue;
      this.#features.set(name, { feature: undefined, revision: next });
      this.#revision = next;
    }
  }

  #changeSince(revision: number): FeatureChange {
    const fresh = [...this.#features].filter(([, posted]) => posted.revision > revision);
    const features = fresh.flatMap(([, { feature }]) =>
      feature === undefined ? [] : [featureStatus(feature)],
    );
    const isNew = revision === NOTHING.revision;
    const gone = fresh.flatMap(([name, { feature }]) => (feature || isNew ? [] : [name]));
    return { features, gone };
  }
}

interface Posted {
  readonly feature: FeatureView | undefined;
  readonly revision: number;
}

/** What is new since a revision, written once for all who know that revision. */
class Change {
  /** For those whose places are where they were; undefined when there is nothing new. */
  readonly alone: string | undefined;
  readonly #change: FeatureChange;

  constructor(change: FeatureChange) {
    this.#change = change;
    const isNothing = change.features.length === 0 && change.gone.length === 0;
    this.alone = isNothing ? undefined : encodeNotification("status.changed", change);
  }

  with(places: readonly QueuePlace[]): string {
    return encodeNotification("status.changed", { ...this.#change, places });
  }
}

/** The places alone: the expected wait moves with the time, and nobody is told of that. */
function standingOf(places: readonly QueuePlace[]): string {
  return places.map(({ key, position }) => `${key} ${position}`).join("\n");
}

function placesByInstance(
  queue: readonly WaiterView[],
): ReadonlyMap<string, readonly QueuePlace[]> {
  const places = new Map<string, QueuePlace[]>();
  for (const waiter of queue) {
    const name = nameOf(waiter);
    const own = places.get(name) ?? [];
    places.set(name, own);
    if (own.length < PLACES_PER_STATUS) own.push(placeOf(waiter));
  }
  return places;
}

function placeOf({ key, feature, position, expectedWait }: WaiterView): QueuePlace {
  const wait = expectedWait === undefined ? {} : { expectedWaitMs: expectedWait };
  return { key, feature, position, ...wait };
}

/** Keys and ids contain no space. */
const nameOf = ({ client, instance }: { client: ClientKey; instance: InstanceId }): string =>
  `${client} ${instance}`;

const isSame = (one: FeatureView, other: FeatureView): boolean =>
  one.seats === other.seats &&
  one.used === other.used &&
  one.free === other.free &&
  one.queued === other.queued;
