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
      if (!isUnsure) expectSame({ key, peak }, { key, peak: seen.peak });
    }
    const seatMillis = hours.reduce((sum, one) => sum + one.seatMillis, 0);
    expectSame(seatMillis, this.#seatMillis);
  }

  #at(feature: string, wall: number): Seen {
    const key = keyOf(feature, wall);
    const seen = this.#seen.get(key) ?? { peak: 0, grants: 0, denials: 0, isUnsure: false };
    this.#seen.set(key, seen);
    this.#unstored.add(key);
    return seen;
  }
}

const keyOf = (feature: string, wall: number): string => `${Math.floor(wall / hour)} ${feature}`;
