import type { DenialReason } from "../base/denial.ts";
import type { Millis, Moment, MonoMillis } from "../base/time.ts";
import type { NewUsageEvent } from "../base/usage-event.ts";
import type { Feature } from "./feature.ts";
import {
  type FeatureHour,
  HOUR,
  type HourCounts,
  type HourFigures,
  type HourLevels,
  type HourStart,
  hourOf,
  NO_COUNTS,
  NO_FIGURES,
  NO_LEVELS,
  withMore,
} from "./feature-hour.ts";
import { type Journal, JournaledMap, Slot } from "./journal.ts";
import type { Occupancy } from "./occupancy.ts";
import { type SeatSpan, seatMillis } from "./seat-time.ts";

/** Hours that one stretch of seat time is spread over at most; what came before lies in the first of them. */
const LONGEST_SPREAD = 31 * 24;

const GRANTED: HourCounts = { ...NO_COUNTS, grants: 1 };
const OVERDRAWN: HourCounts = { ...NO_COUNTS, grants: 1, overdrafts: 1 };

/**
 * Counts, per feature and hour, what the administrator's history shows. It holds only what the store
 * has not got yet: `take` hands that over, to be added to what is there, in the transaction of a
 * checkpoint. So no request writes anything for the history. After a crash the events that wait for
 * their checkpoint are counted again; what leaves no event is lost then: waits, and the lengths of
 * queues.
 */
export class HourTally {
  readonly #journal: Journal;
  readonly #hours = new Map<HourStart, JournaledMap<string, HourFigures>>();
  /** The hour of the last decision, and when it was seen first. */
  readonly #seen: Slot<{ readonly hour: HourStart; readonly mono: MonoMillis } | undefined>;
  /** Whether leases were counted in another way since the last `take`. */
  readonly #recounted: Slot<boolean>;
  readonly #occupancy: () => Occupancy;
  readonly #featureNamed: (name: string) => Feature | undefined;

  constructor(
    journal: Journal,
    occupancy: () => Occupancy,
    featureNamed: (name: string) => Feature | undefined,
  ) {
    this.#journal = journal;
    this.#seen = new Slot<{ hour: HourStart; mono: MonoMillis } | undefined>(journal, undefined);
    this.#recounted = new Slot(journal, false);
    this.#occupancy = occupancy;
    this.#featureNamed = featureNamed;
  }

  /**
   * Time has come to `now`: hours that have begun since then open with the seats in use, which
   * nobody has touched meanwhile. Asleep, or with its clock set, nobody knows what an hour saw.
   */
  follow(now: Moment, features: readonly Feature[]): void {
    const hour = hourOf(now.wall);
    const seen = this.#seen.value;
    if (seen?.hour === hour) return;
    this.#seen.set({ hour, mono: now.mono });
    const passed = seen === undefined ? 0 : Math.floor((now.mono - seen.mono) / HOUR) + 1;
    const begun = seen === undefined ? 1 : Math.max(1, (hour - seen.hour) / HOUR);
    const hours = Math.min(begun, Math.max(1, passed), LONGEST_SPREAD);
    const busy = features.filter((one) => this.#seats(one) > 0 || one.queue.value.length > 0);
    for (let at = hour - (hours - 1) * HOUR; at <= hour; at += HOUR) {
      for (const feature of busy) this.#put(hourOf(at), feature.name, this.#level(feature));
    }
  }

  /** Seats of the feature have come into use, or have another holder; or more wait than before. */
  see(now: Moment, feature: Feature): void {
    this.#put(hourOf(now.wall), feature.name, this.#level(feature));
  }

  granted(now: Moment, feature: Feature, isOverdraft: boolean): void {
    const counts = isOverdraft ? OVERDRAWN : GRANTED;
    this.#put(hourOf(now.wall), feature.name, this.#level(feature), counts);
  }

  /** @param name of a feature or meter, or what stands for all that no license knows. */
  denied(now: Moment, name: string, reason: DenialReason): void {
    const feature = this.#featureNamed(name);
    const level = feature === undefined ? NO_LEVELS : this.#level(feature);
    this.#deny(now.wall, name, reason, level);
  }

  /** A request has left the queue. */
  waited(now: Moment, feature: Feature, waited: Millis, end: "served" | "gave-up"): void {
    const gaveUp = Number(end === "gave-up");
    const counts = { ...NO_COUNTS, waits: 1, gaveUp, waited, longestWait: waited };
    this.#put(hourOf(now.wall), feature.name, this.#level(feature), counts);
  }

  /**
   * Seat time that a cut or the end of a lease has counted, in the hours in which it passed. So many
   * seats were in use then, also where nobody was there to see it: while the daemon was down.
   */
  used({ wall, mono }: Moment, feature: Feature, spans: readonly SeatSpan[]): void {
    this.#use(feature, spans, wall - Math.floor(mono));
  }

  /**
   * Licenses or rules have changed who shares seats, which leaves no event: `recount` could not add
   * up what lies on both sides of this moment.
   */
  reseated(): void {
    this.#recounted.set(true);
  }

  /** Whether the figures must be stored with this commit, or are wrong after a crash. */
  get isDue(): boolean {
    return this.#recounted.value;
  }

  /**
   * Counts events whose figures the run before did not live to store. The seats in use before the
   * first of them are those of now without what they have changed.
   */
  recount(events: readonly NewUsageEvent[]): void {
    const inUse = new Map<string, number>();
    for (const event of events) {
      if (event.type !== "grant" && event.type !== "end") continue;
      const feature = this.#featureNamed(event.feature);
      if (feature === undefined) continue;
      const seats = inUse.get(feature.name) ?? this.#seats(feature);
      inUse.set(feature.name, seats - seatsTaken(event));
    }
    for (const event of events) {
      if (event.type === "denial") {
        this.#deny(event.wall, event.feature, event.reason, this.#levelThen(inUse, event.feature));
      }
      if (event.type === "grant" || event.type === "end") this.#recountSeats(event, inUse);
    }
  }

  /** Whether there is nothing that the store has not got. */
  get isEmpty(): boolean {
    return [...this.#hours.values()].every(({ size }) => size === 0);
  }

  /** What the store must add to what it has. It is the store's from now on. */
  take(): readonly FeatureHour[] {
    this.#recounted.set(false);
    const taken: FeatureHour[] = [];
    for (const [hour, features] of this.#hours) {
      for (const [feature, figures] of features.entries()) {
        taken.push({ feature, hour, ...figures });
        features.delete(feature);
      }
    }
    return taken.toSorted(byHourAndName);
  }

  /** Drops hours that hold nothing any more; only with an empty journal. */
  prune(): void {
    for (const [hour, features] of this.#hours) if (features.size === 0) this.#hours.delete(hour);
  }

  #deny(wall: number, name: string, reason: string, level: HourLevels): void {
    this.#put(hourOf(wall), name, level, { ...NO_COUNTS, denials: { [reason]: 1 } });
  }

  /** @param offset from the clock of the spans to the wall clock. */
  #use(feature: Feature, spans: readonly SeatSpan[], offset: number): void {
    const parts = new Map<HourStart, Part>();
    for (const span of spans) spread(span, offset, parts);
    for (const [hour, { seats, time }] of parts) {
      const peak = Math.max(seats, Math.ceil(time / HOUR));
      const level = { peak, licensed: feature.licensed, overdraftPeak: 0, queuePeak: 0 };
      const counts = { ...NO_COUNTS, seatMillis: seatMillis(time) };
      this.#put(hour, feature.name, level, counts);
    }
  }

  /** @param inUse the seats in use before the event; with what it changed, when this returns. */
  #recountSeats(event: GrantEvent | EndEvent, inUse: Map<string, number>): void {
    const feature = this.#featureNamed(event.feature);
    if (feature === undefined) return;
    const seats = (inUse.get(feature.name) ?? 0) + seatsTaken(event);
    inUse.set(feature.name, seats);
    if (event.type === "grant") this.#regrant(event, feature, seats);
    else this.#reuse(event, feature);
  }

  #regrant({ wall, overdraft }: GrantEvent, feature: Feature, seats: number): void {
    const counts = overdraft ? OVERDRAWN : GRANTED;
    this.#put(hourOf(wall), feature.name, levelAt(feature, seats), counts);
  }

  /** Where another lease of the holder has got the seats, the event does not tell how many they were. */
  #reuse({ wall, seatMillis: time, count }: EndEvent, feature: Feature): void {
    const seats = Math.max(1, count);
    this.#use(feature, [{ seats, from: wall - Math.floor(time / seats), to: wall }], 0);
  }

  #level(feature: Feature): HourLevels {
    return levelAt(feature, this.#seats(feature));
  }

  /** What no event has changed is as it is now. */
  #levelThen(inUse: ReadonlyMap<string, number>, name: string): HourLevels {
    const feature = this.#featureNamed(name);
    if (feature === undefined) return NO_LEVELS;
    return levelAt(feature, inUse.get(feature.name) ?? this.#seats(feature));
  }

  #put(hour: HourStart, name: string, level: HourLevels, more: HourCounts = NO_COUNTS): void {
    let features = this.#hours.get(hour);
    if (features === undefined) {
      features = new JournaledMap(this.#journal);
      this.#hours.set(hour, features);
    }
    features.set(name, withMore(features.get(name) ?? NO_FIGURES, level, more));
  }

  #seats(feature: Feature): number {
    return this.#occupancy().seats(feature);
  }
}

type GrantEvent = Extract<NewUsageEvent, { readonly type: "grant" }>;
type EndEvent = Extract<NewUsageEvent, { readonly type: "end" }>;

/** Seats that came into use, or went out of it. */
const seatsTaken = ({ type, count }: GrantEvent | EndEvent): number =>
  type === "grant" ? count : -count;

function levelAt(feature: Feature, peak: number): HourLevels {
  const { licensed } = feature;
  const queuePeak = feature.queue.value.length;
  return { peak, licensed, overdraftPeak: Math.max(0, peak - licensed), queuePeak };
}

/** Of one hour: its seat time, and the most seats of one span. */
interface Part {
  readonly seats: number;
  readonly time: number;
}

/** Adds a span to the hours of the wall clock that it lies in. */
function spread({ seats, from, to }: SeatSpan, offset: number, parts: Map<HourStart, Part>): void {
  const last = hourOf(Math.max(0, to + offset - 1));
  let hour = hourOf(Math.max(0, from + offset, last - (LONGEST_SPREAD - 1) * HOUR));
  for (let at = from; hour <= last; hour = hourOf(hour + HOUR)) {
    const end = hour === last ? to : hour + HOUR - offset;
    const time = seats * Math.max(0, end - at);
    const before = parts.get(hour);
    if (time > 0) {
      const most = Math.max(before?.seats ?? 0, seats);
      parts.set(hour, { seats: most, time: (before?.time ?? 0) + time });
    }
    at = end;
  }
}

function byHourAndName(one: FeatureHour, other: FeatureHour): number {
  return one.hour - other.hour || (one.feature < other.feature ? -1 : 1);
}
