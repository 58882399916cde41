import {
  days,
  hours,
  type Millis,
  type Moment,
  millis,
  minutes,
  type UnixMillis,
  unixMillis,
} from "../base/time.ts";
import { bootTime } from "./boot-time.ts";
import type { Clock } from "./clock.ts";

/** How much the wall clock is trusted. */
export interface ClockBounds {
  /** A difference from the monotonic clock that is no jump: NTP steps, rounding, a busy process. */
  readonly tolerance: Millis;
  /** How far the wall clock may run ahead of what passed before it is suspect; refills slowly. */
  readonly slack: Millis;
  /** How long the process may have been down for its new time to be believed at once. */
  readonly longestAbsence: Millis;
  /** How long a suspect clock must hold, with the process up, before it is believed. */
  readonly hold: Millis;
}

export const CLOCK_BOUNDS: ClockBounds = {
  tolerance: minutes(1),
  slack: hours(1),
  longestAbsence: days(31),
  hold: days(1),
};

/** What the watch must not forget. */
export interface ClockRecord {
  /** The latest time of day ever believed: expiry is never judged by an earlier one. */
  readonly highWater: UnixMillis;
  /** How long a suspect wall clock ahead of it has held so far; 0 when there is none. */
  readonly held: Millis;
  /** Since when, by the believed time, the wall clock is suspect; null while it is trusted. */
  readonly suspectSince: UnixMillis | null;
}

/** Where the watch keeps its record. Errors of `save` go to whoever called the watch, which tries again. */
export interface ClockMemory {
  load(): ClockRecord | undefined;
  save(record: ClockRecord): void;
}

/** What a look at the clocks can show. `by` is in milliseconds, negative for a clock set back. */
export type ClockFinding =
  | { readonly kind: "jumped"; readonly by: number }
  | { readonly kind: "slept"; readonly span: Millis }
  | { readonly kind: "suspect"; readonly by: number }
  | { readonly kind: "trusted"; readonly by: number };

/** Whether the wall clock is believed; `by` says how far it is from what is believed instead. */
export type ClockTrust =
  | { readonly kind: "trusted" }
  | {
      readonly kind: "suspect";
      readonly by: number;
      readonly held: Millis;
      /** By the believed time. */
      readonly since: UnixMillis;
    };

/** Enough for a drifting quartz (0.02 % at worst) several times over. */
const SLACK_REFILL = 1 / 1_000;
const SAVE_EVERY: Millis = minutes(1);

interface Reading {
  readonly moment: Moment;
  readonly boot: Millis | undefined;
}

interface Comparison {
  readonly passed: Millis;
  readonly findings: readonly ClockFinding[];
}

/**
 * Judges the wall clock by the two that cannot be set, so that one firmware battery does not expire
 * a site. What is believed runs with monotonic and boot time and follows the wall clock only within
 * a bound. A wall clock beyond the bound is suspect: it is reported, and not believed until it has
 * held for a time or a vendor's receipt confirms it. It does not protect from a patient
 * administrator who owns every clock of the machine.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #memory: ClockMemory;
  readonly #bounds: ClockBounds;
  readonly #bootTime: () => Millis | undefined;
  #last: Reading;
  #believed: UnixMillis;
  #slack: number;
  #suspectBy = 0;
  #suspectSince: UnixMillis | null;
  #held: number;
  #unsaved: Millis = SAVE_EVERY;
  #untold: readonly ClockFinding[] = [];

  constructor(
    clock: Clock,
    memory: ClockMemory,
    bounds: ClockBounds = CLOCK_BOUNDS,
    readBootTime: () => Millis | undefined = bootTime,
  ) {
    this.#clock = clock;
    this.#memory = memory;
    this.#bounds = bounds;
    this.#bootTime = readBootTime;
    this.#last = this.#read();
    const record = memory.load();
    this.#believed = record?.highWater ?? this.#last.moment.wall;
    this.#held = record?.held ?? 0;
    this.#suspectSince = record?.suspectSince ?? null;
    // The monotonic clock cannot tell how long the process was away.
    this.#slack = record === undefined ? bounds.slack : bounds.longestAbsence;
    this.#judge(0);
    this.#slack = Math.min(this.#slack, bounds.slack);
    this.#untold = trustChange(0, this.#suspectBy);
  }

  /** The present moment with the believed time of day in place of the wall clock's. */
  now(): Moment {
    const { mono } = this.#clock.now();
    const passed = Math.max(0, Math.floor(mono - this.#last.moment.mono));
    return { wall: unixMillis(this.#believed + passed), mono };
  }

  get trust(): ClockTrust {
    if (this.#suspectBy === 0) return { kind: "trusted" };
    const since = this.#suspectSince ?? this.#believed;
    return { kind: "suspect", by: this.#suspectBy, held: millis(this.#held), since };
  }

  /**
   * Looks at the clocks; to be called every few seconds. When the record cannot be saved, what was
   * found is told by the next call.
   */
  observe(): readonly ClockFinding[] {
    const suspectBefore = this.#suspectBy;
    const { passed, findings } = this.#look();
    this.#judge(passed);
    const changed = trustChange(suspectBefore, this.#suspectBy);
    return this.#tell([...findings, ...changed], changed.length > 0 ? SAVE_EVERY : passed);
  }

  /**
   * A receipt proves that it is `vendorTime` or later. A wall clock that is at most `longestAbsence`
   * past it is believed from now on, also where that lowers the high-water mark.
   */
  confirm(vendorTime: UnixMillis): readonly ClockFinding[] {
    const suspectBefore = this.#suspectBy;
    const { findings } = this.#look();
    const { wall } = this.#last.moment;
    const vouched = wall >= vendorTime && wall - vendorTime <= this.#bounds.longestAbsence;
    this.#believed = vouched ? wall : unixMillis(Math.max(this.#believed, vendorTime));
    this.#judge(0);
    const changed = trustChange(suspectBefore, this.#suspectBy);
    return this.#tell([...findings, ...changed], SAVE_EVERY);
  }

  #look(): Comparison {
    const before = this.#last;
    this.#last = this.#read();
    const comparison = compare(before, this.#last, this.#bounds.tolerance);
    const refill = comparison.passed * SLACK_REFILL;
    this.#slack = Math.min(this.#bounds.slack, this.#slack + refill);
    this.#believed = unixMillis(this.#believed + comparison.passed);
    return comparison;
  }

  #judge(passed: number): void {
    const ahead = this.#last.moment.wall - this.#believed;
    const withinBounds = ahead <= this.#slack && ahead + this.#bounds.slack >= 0;
    if (withinBounds) return this.#trust(Math.max(0, ahead));
    const another = Math.abs(ahead - this.#suspectBy) > this.#bounds.tolerance;
    if (this.#suspectBy !== 0 && another) this.#held = 0;
    this.#suspectBy = ahead;
    // A restart, or another jump, does not begin it anew.
    this.#suspectSince ??= this.#believed;
    // A clock that is behind is never believed by waiting: the mark does not go down by itself.
    this.#held = ahead > 0 ? this.#held + passed : 0;
    if (this.#held < this.#bounds.hold) return;
    this.#trust(0);
    this.#believed = this.#last.moment.wall;
  }

  #trust(used: number): void {
    this.#slack -= used;
    this.#believed = unixMillis(this.#believed + used);
    this.#suspectBy = 0;
    this.#suspectSince = null;
    this.#held = 0;
  }

  /** `unsaved` is how much time passed since the last look, or enough to save at once. */
  #tell(found: readonly ClockFinding[], unsaved: Millis): readonly ClockFinding[] {
    this.#untold = [...this.#untold, ...found];
    this.#unsaved = millis(this.#unsaved + unsaved);
    if (this.#unsaved >= SAVE_EVERY) {
      const suspectSince = this.#suspectSince;
      this.#memory.save({ highWater: this.#believed, held: millis(this.#held), suspectSince });
      this.#unsaved = millis(0);
    }
    const findings = this.#untold;
    this.#untold = [];
    return findings;
  }

  #read(): Reading {
    return { moment: this.#clock.now(), boot: this.#bootTime() };
  }
}

/** How much time passed between two readings, and whether the machine slept or its clock jumped. */
function compare(before: Reading, now: Reading, tolerance: Millis): Comparison {
  const awake = Math.max(0, Math.floor(now.moment.mono - before.moment.mono));
  const known = before.boot !== undefined && now.boot !== undefined;
  const slept = known ? now.boot - before.boot - awake : 0;
  const passed = slept > tolerance ? awake + slept : awake;
  const jump = now.moment.wall - before.moment.wall - passed;
  const findings: ClockFinding[] = [];
  if (slept > tolerance) findings.push({ kind: "slept", span: millis(slept) });
  if (Math.abs(jump) > tolerance) findings.push({ kind: "jumped", by: jump });
  return { passed: millis(passed), findings };
}

function trustChange(before: number, now: number): readonly ClockFinding[] {
  if (before === 0 && now !== 0) return [{ kind: "suspect", by: now }];
  if (before !== 0 && now === 0) return [{ kind: "trusted", by: before }];
  return [];
}
