import type { DenialReason } from "../base/denial.ts";
import { type FeatureHour, type HourFigures, NO_FIGURES, together } from "./feature-hour.ts";
import type { LocalHour, LocalHours } from "./site-calendar.ts";

/** What one line of a history stands for: an hour, a day, a month, or an hour of the week. */
export type HistorySpan = "hour" | "day" | "month" | "weekday-hour";

export interface HistoryLine extends HourFigures {
  readonly feature: string;
  /** `2026-11-22T13:00+01:00`, `2026-11-22`, `2026-11`, or `0 13` for Monday from 13 o'clock. */
  readonly period: string;
}

/** What says whether a feature has enough seats. */
export interface HistorySummary {
  readonly feature: string;
  /** The most seats in use at a time, and the license's seats then. */
  readonly peak: number;
  readonly licensed: number;
  /** Days on which seats were in use. */
  readonly daysUsed: number;
  /** Days on which somebody was denied, or gave up waiting, because all seats were in use. */
  readonly daysInVain: number;
  /** Days on which somebody waited and got a seat. */
  readonly daysWaited: number;
}

/** Days in the site's calendar, both included; a bound that is left out is none. */
export interface DayRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Denials that more seats would have spared. */
const FOR_WANT_OF_SEATS: readonly DenialReason[] = ["NO_SEATS", "QUEUE_FULL"];

/** Adds hours up to periods of the site's calendar. Hours may come in portions, in their order. */
export class UsageHistory {
  readonly #by: HistorySpan;
  readonly #range: DayRange;
  readonly #named: LocalHours;
  readonly #lines = new Map<string, HistoryLine>();
  readonly #features = new Map<string, Days>();

  constructor(by: HistorySpan, range: DayRange, named: LocalHours) {
    this.#by = by;
    this.#range = range;
    this.#named = named;
  }

  /** So many lines there are by now. */
  get size(): number {
    return this.#lines.size;
  }

  add(hours: readonly FeatureHour[]): void {
    const { from = "", to = "9999-12-31" } = this.#range;
    for (const one of hours) {
      const local = this.#named(one.hour);
      if (local.day < from || local.day > to) continue;
      const { hour: _hour, ...figures } = one;
      const period = periodOf(local, this.#by);
      const key = `${period}\0${one.feature}`;
      const before = this.#lines.get(key) ?? NO_FIGURES;
      this.#lines.set(key, { feature: one.feature, period, ...together(before, figures) });
      this.#days(one.feature).add(local.day, one);
    }
  }

  /** By period and name. */
  lines(): readonly HistoryLine[] {
    return [...this.#lines.keys()].toSorted().flatMap((key) => this.#lines.get(key) ?? []);
  }

  /** Of features that had seats; by name. */
  summaries(): readonly HistorySummary[] {
    return [...this.#features.keys()]
      .toSorted()
      .flatMap((feature) => this.#features.get(feature)?.summary(feature) ?? [])
      .filter(({ licensed, peak }) => licensed + peak > 0);
  }

  #days(feature: string): Days {
    const days = this.#features.get(feature) ?? new Days();
    this.#features.set(feature, days);
    return days;
  }
}

/** On which days what happened to one feature. */
class Days {
  readonly #used = new Set<string>();
  readonly #inVain = new Set<string>();
  readonly #waited = new Set<string>();
  #levels: HourFigures = NO_FIGURES;

  add(day: string, { denials, waits, gaveUp, peak, ...figures }: FeatureHour): void {
    this.#levels = together(this.#levels, { ...figures, denials, waits, gaveUp, peak });
    if (peak > 0) this.#used.add(day);
    if (waits > gaveUp) this.#waited.add(day);
    const isInVain = gaveUp > 0 || FOR_WANT_OF_SEATS.some((reason) => (denials[reason] ?? 0) > 0);
    if (isInVain) this.#inVain.add(day);
  }

  summary(feature: string): HistorySummary {
    const { peak, licensed } = this.#levels;
    return {
      feature,
      peak,
      licensed,
      daysUsed: this.#used.size,
      daysInVain: this.#inVain.size,
      daysWaited: this.#waited.size,
    };
  }
}

function periodOf(local: LocalHour, by: HistorySpan): string {
  switch (by) {
    case "hour":
      return local.hour;
    case "day":
      return local.day;
    case "month":
      return local.month;
    case "weekday-hour":
      return local.weekdayHour;
  }
}
