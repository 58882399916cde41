import type { Decision, SeatCut } from "../../../src/seats/decision.ts";
import {
  type FeatureHour,
  type HourFigures,
  NO_FIGURES,
  together,
} from "../../../src/seats/feature-hour.ts";
import type { SeatView } from "../../../src/seats/view.ts";
import { hour } from "../given.ts";
import { expectSame } from "./laws.ts";

interface Seen {
  peak: number;
  grants: number;
  denials: number;
  /** A restart came before the peak was stored: seats that changed without a grant are forgotten. */
  isUnsure: boolean;
  /** Licenses or rules changed in the middle of a decision: it may have seen more seats in use on its way. */
  isVague: boolean;
}

/** What the history must say: from events and from what was visible around each decision alone. */
export class HourWitness {
  readonly #seen = new Map<string, Seen>();
  readonly #unstored = new Set<string>();
  #seatMillis = 0;

  see({ events }: Decision, before: SeatView, after: SeatView, wall: number): void {
    for (const { name, used } of [before, after].flatMap(({ features }) => features)) {
      const seen = this.#at(name, wall);
      seen.peak = Math.max(seen.peak, used);
    }
    for (const { name, used } of after.features) {
      const seen = this.#at(name, wall);
      const steps = stepsTo(used, name, events);
      const started = before.features.find((one) => one.name === name)?.used ?? 0;
      if (steps[0] === started) seen.peak = Math.max(seen.peak, ...steps);
      else seen.isVague = true;
    }
    for (const event of events) {
      if (event.type === "grant") this.#at(event.feature, wall).grants += 1;
      if (event.type === "end") this.#seatMillis += event.seatMillis;
      if (event.type === "denial") this.#at(event.feature, wall).denials += 1;
    }
  }

  seeCut({ open }: SeatCut): void {
    for (const { seatMillis } of open) this.#seatMillis += seatMillis;
    this.#unstored.clear();
  }

  seeRestart(): void {
    for (const key of this.#unstored) {
      const seen = this.#seen.get(key);
      if (seen !== undefined) seen.isUnsure = true;
    }
    this.#unstored.clear();
  }

  /** The stored history, added up, is what was seen. */
  expectTold(hours: readonly FeatureHour[]): void {
    const told = new Map<string, HourFigures>();
    for (const one of hours) {
      const key = keyOf(one.feature, one.hour);
      told.set(key, together(told.get(key) ?? NO_FIGURES, one));
    }
    for (const [key, seen] of this.#seen) {
      const { peak, grants, denials } = told.get(key) ?? NO_FIGURES;
      const denied = Object.values(denials).reduce((sum, count) => sum + count, 0);
      const isUnsure = seen.isUnsure && peak <= seen.peak;
      expectSame({ key, grants, denied }, { key, grants: seen.grants, denied: seen.denials });
      const isVague = seen.isVague && peak >= seen.peak;
      if (!isUnsure && !isVague) expectSame({ key, peak }, { key, peak: seen.peak });
    }
    const seatMillis = hours.reduce((sum, one) => sum + one.seatMillis, 0);
    expectSame(seatMillis, this.#seatMillis);
  }

  #at(feature: string, wall: number): Seen {
    const key = keyOf(feature, wall);
    const seen = this.#seen.get(key) ?? {
      peak: 0,
      grants: 0,
      denials: 0,
      isUnsure: false,
      isVague: false,
    };
    this.#seen.set(key, seen);
    this.#unstored.add(key);
    return seen;
  }
}

const keyOf = (feature: string, wall: number): string => `${Math.floor(wall / hour)} ${feature}`;

/** The seats in use before the events of one decision and after each of them, by the events alone. */
function stepsTo(used: number, name: string, events: Decision["events"]): readonly number[] {
  const steps = [used];
  for (const event of events.toReversed()) {
    if (event.type !== "grant" && event.type !== "end") continue;
    if (event.feature !== name) continue;
    const [first = used] = steps;
    steps.unshift(event.type === "grant" ? first - event.count : first + event.count);
  }
  return steps;
}
