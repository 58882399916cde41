import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { days, type Millis, millis, minutes, unixMillis } from "../../src/base/time.ts";
import { systemClock } from "../../src/clock/system-clock.ts";
import {
  CLOCK_BOUNDS,
  type ClockFinding,
  type ClockMemory,
  type ClockRecord,
  ClockWatch,
} from "../../src/clock/watch.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const noon = Date.parse("2026-11-22T12:00:00.000Z");
const twoYearsOn = Date.parse("2028-11-22T12:00:00.000Z");

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
});

afterEach(() => {
  vi.useRealTimers();
});

class Memory implements ClockMemory {
  record: ClockRecord | undefined;
  load(): ClockRecord | undefined {
    return this.record;
  }
  save(record: ClockRecord): void {
    this.record = record;
  }
}

/** A machine that was awake since its start; `sleep` is a suspend, which stops monotonic time. */
class Machine {
  slept = 0;
  readonly boot = (): Millis => millis(Math.floor(performance.now()) + this.slept);
  sleep(span: number): void {
    this.slept += span;
    vi.setSystemTime(Date.now() + span);
  }
}

function watching(memory = new Memory(), machine = new Machine()): ClockWatch {
  return new ClockWatch(systemClock(), memory, CLOCK_BOUNDS, machine.boot);
}

/** A minute at a time, as the daemon looks. */
function pass(watch: ClockWatch, span: number): readonly ClockFinding[] {
  const findings: ClockFinding[] = [];
  for (let done = 0; done < span; done += 60_000) {
    vi.advanceTimersByTime(60_000);
    findings.push(...watch.observe());
  }
  return findings;
}

describe("a steady clock", () => {
  it("is believed and finds nothing", () => {
    const watch = watching();
    expect(pass(watch, DAY)).toEqual([]);
    expect(watch.trust).toEqual({ kind: "trusted" });
    expect(watch.now().wall).toBe(noon + DAY);
  });

  it("is believed between two looks as well", () => {
    const watch = watching();
    vi.advanceTimersByTime(1_234);
    expect(watch.now().wall).toBe(noon + 1_234);
  });

  it("may be corrected by some minutes without suspicion", () => {
    const watch = watching();
    vi.setSystemTime(noon + 5 * 60_000);
    expect(watch.observe()).toEqual([{ kind: "jumped", by: 300_000 }]);
    expect(watch.trust).toEqual({ kind: "trusted" });
    expect(watch.now().wall).toBe(noon + 300_000);
  });
});

describe("a clock set two years forward", () => {
  it("is suspect, and what is believed goes on as before", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    expect(watch.observe()).toEqual([
      { kind: "jumped", by: 63_158_400_000 },
      { kind: "suspect", by: 63_158_400_000 },
    ]);
    pass(watch, HOUR);
    expect(watch.now().wall).toBe(noon + HOUR);
    expect(watch.trust).toMatchObject({ kind: "suspect", by: 63_158_400_000, held: HOUR });
  });

  it("is forgotten once it is set right", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    pass(watch, HOUR);
    vi.setSystemTime(noon + HOUR);
    expect(watch.observe()).toEqual([
      { kind: "jumped", by: -63_158_400_000 },
      { kind: "trusted", by: 63_158_400_000 },
    ]);
    expect(watch.now().wall).toBe(noon + HOUR);
  });

  it("is believed when it has held for a day", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    watch.observe();
    expect(pass(watch, DAY)).toEqual([{ kind: "trusted", by: 63_158_400_000 }]);
    expect(watch.now().wall).toBe(twoYearsOn + DAY);
  });

  it("begins to hold anew when it is set once more", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    pass(watch, 23 * HOUR);
    vi.setSystemTime(twoYearsOn + 365 * DAY);
    pass(watch, 2 * HOUR);
    expect(watch.trust).toMatchObject({ kind: "suspect", held: 2 * HOUR });
  });

  it("holds across restarts", () => {
    const memory = new Memory();
    vi.setSystemTime(noon);
    const first = watching(memory);
    vi.setSystemTime(twoYearsOn);
    pass(first, 13 * HOUR);
    const second = watching(memory);
    expect(second.trust).toMatchObject({ kind: "suspect" });
    pass(second, 13 * HOUR);
    expect(second.trust).toEqual({ kind: "trusted" });
  });

  it("cannot creep past the bound in small steps", () => {
    const watch = watching();
    for (let step = 0; step < 10; step += 1) {
      vi.setSystemTime(Date.now() + 10 * 60_000);
      watch.observe();
    }
    expect(watch.trust).toMatchObject({ kind: "suspect" });
    expect(watch.now().wall).toBeLessThanOrEqual(noon + HOUR);
  });
});

describe("a clock set back", () => {
  it("by an hour is a finding, and what is believed never goes back", () => {
    const watch = watching();
    vi.setSystemTime(noon - HOUR);
    expect(watch.observe()).toEqual([{ kind: "jumped", by: -HOUR }]);
    expect(watch.now().wall).toBe(noon);
  });

  it("by a year is suspect for as long as it lasts", () => {
    const watch = watching();
    vi.setSystemTime(noon - 365 * DAY);
    pass(watch, 3 * DAY);
    expect(watch.trust).toEqual({ kind: "suspect", by: -365 * DAY, held: 0, since: noon + 60_000 });
    expect(watch.now().wall).toBe(noon + 3 * DAY);
  });

  it("before a start is judged by the kept high-water mark", () => {
    const memory = new Memory();
    memory.record = { highWater: unixMillis(noon), held: millis(0), suspectSince: null };
    vi.setSystemTime(Date.parse("2000-01-01T00:00:00.000Z"));
    const watch = watching(memory);
    expect(watch.trust).toMatchObject({ kind: "suspect" });
    expect(watch.now().wall).toBe(noon);
  });
});

describe("since when a clock is suspect", () => {
  it("outlives restarts and further jumps, and ends with trust", () => {
    const memory = new Memory();
    const watch = watching(memory);
    pass(watch, HOUR);
    vi.setSystemTime(noon - 365 * DAY);
    pass(watch, 2 * HOUR);
    const since = noon + HOUR + 60_000;
    const again = watching(memory);
    expect(again.trust).toMatchObject({ kind: "suspect", since });
    vi.setSystemTime(noon - 700 * DAY);
    again.observe();
    expect(again.trust).toMatchObject({ kind: "suspect", since });
    vi.setSystemTime(noon + 3 * HOUR);
    again.observe();
    expect(memory.record).toMatchObject({ suspectSince: null });
    vi.setSystemTime(noon - DAY);
    again.observe();
    expect(again.trust).toMatchObject({ kind: "suspect", since: noon + 3 * HOUR });
  });
});

describe("a machine that slept", () => {
  it("is told from a clock that was set", () => {
    const machine = new Machine();
    const watch = watching(new Memory(), machine);
    machine.sleep(9 * HOUR);
    expect(watch.observe()).toEqual([{ kind: "slept", span: 9 * HOUR }]);
    expect(watch.trust).toEqual({ kind: "trusted" });
    expect(watch.now().wall).toBe(noon + 9 * HOUR);
  });
});

describe("a daemon that was down", () => {
  it("for a week believes the clock at once", () => {
    const memory = new Memory();
    watching(memory).observe();
    vi.setSystemTime(noon + 7 * DAY);
    const watch = watching(memory);
    expect(watch.trust).toEqual({ kind: "trusted" });
    expect(watch.now().wall).toBe(noon + 7 * DAY);
  });

  it("for a year does not, until the clock has held", () => {
    const memory = new Memory();
    watching(memory).observe();
    vi.setSystemTime(noon + 365 * DAY);
    const watch = watching(memory);
    expect(watch.trust).toMatchObject({ kind: "suspect", by: 365 * DAY });
    expect(watch.observe()).toEqual([{ kind: "suspect", by: 365 * DAY }]);
    expect(watch.now().wall).toBe(noon);
  });
});

describe("a vendor's receipt", () => {
  it("makes a suspect clock believed when it agrees", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    watch.observe();
    expect(watch.confirm(unixMillis(twoYearsOn - 2 * DAY))).toEqual([
      { kind: "trusted", by: 63_158_400_000 },
    ]);
    expect(watch.now().wall).toBe(twoYearsOn);
  });

  it("lowers a high-water mark that was driven too far", () => {
    const watch = watching();
    vi.setSystemTime(twoYearsOn);
    pass(watch, 2 * DAY);
    vi.setSystemTime(noon + 2 * DAY);
    watch.observe();
    expect(watch.trust).toMatchObject({ kind: "suspect" });
    watch.confirm(unixMillis(noon + DAY));
    expect(watch.trust).toEqual({ kind: "trusted" });
    expect(watch.now().wall).toBe(noon + 2 * DAY);
  });

  it("raises what is believed when the wall clock is behind it", () => {
    const watch = watching();
    watch.confirm(unixMillis(noon + 40 * DAY));
    expect(watch.now().wall).toBe(noon + 40 * DAY);
    expect(watch.trust).toMatchObject({ kind: "suspect" });
  });
});

describe("what the watch keeps", () => {
  it("is saved at the first look, each minute, and when trust changes", () => {
    const memory = new Memory();
    const watch = watching(memory);
    watch.observe();
    expect(memory.record).toEqual({ highWater: noon, held: 0, suspectSince: null });
    pass(watch, minutes(2));
    expect(memory.record).toEqual({ highWater: noon + minutes(2), held: 0, suspectSince: null });
    vi.advanceTimersByTime(1_000);
    watch.observe();
    expect(memory.record).toEqual({ highWater: noon + minutes(2), held: 0, suspectSince: null });
    vi.setSystemTime(Date.now() + days(400));
    watch.observe();
    expect(memory.record?.highWater).toBe(noon + minutes(2) + 1_000);
  });

  it("is saved later when it cannot be saved now, and no finding is lost", () => {
    const memory = new Memory();
    const watch = watching(memory);
    watch.observe();
    const save = vi.spyOn(memory, "save").mockImplementation(() => {
      throw new Error("disk full");
    });
    vi.setSystemTime(noon - 365 * DAY);
    expect(() => watch.observe()).toThrow("disk full");
    save.mockRestore();
    expect(watch.observe()).toEqual([
      { kind: "jumped", by: -365 * DAY },
      { kind: "suspect", by: -365 * DAY },
    ]);
    expect(memory.record).toEqual({ highWater: noon, held: 0, suspectSince: noon });
    expect(watch.observe()).toEqual([]);
  });

  it("never falls while the clock wanders", () => {
    const memory = new Memory();
    const watch = watching(memory);
    const marks: number[] = [];
    for (const step of [2 * HOUR, -3 * HOUR, 900 * DAY, -901 * DAY, 60_000]) {
      vi.setSystemTime(Date.now() + step);
      pass(watch, 60_000);
      marks.push(memory.record?.highWater ?? 0);
    }
    expect(marks).toEqual(marks.toSorted((left, right) => left - right));
  });
});
