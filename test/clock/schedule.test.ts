import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { days, hours, minutes, seconds } from "../../src/base/time.ts";
import { CLOCK_CODES, ClockError } from "../../src/clock/errors.ts";
import { systemClock } from "../../src/clock/system-clock.ts";

const halfPast = new Date("2026-11-22T12:00:30.000Z");

beforeEach(() => {
  vi.useFakeTimers({ now: halfPast });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a schedule for each minute", () => {
  it("runs on the minute", async () => {
    const run = vi.fn<() => void>();
    systemClock().schedule("* * * * *", hours(1), run);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(minutes(5));
    expect(run).toHaveBeenCalledTimes(6);
  });

  it("goes on within the next minute when the clock is set back an hour", async () => {
    const run = vi.fn<() => void>();
    systemClock().schedule("* * * * *", hours(3), run);
    vi.setSystemTime(new Date("2026-11-22T11:00:30.000Z"));
    await vi.advanceTimersByTimeAsync(minutes(1));
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("runs once, not a million times, when the clock is set two years forward", async () => {
    const run = vi.fn<() => void>();
    systemClock().schedule("* * * * *", hours(1), run);
    await vi.advanceTimersByTimeAsync(seconds(29));
    vi.setSystemTime(new Date("2028-11-22T12:00:59.500Z"));
    await vi.advanceTimersByTimeAsync(seconds(1));
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(minutes(2));
    expect(run).toHaveBeenCalledTimes(3);
  });

  it("lets a beat pass while the last run is still going on", async () => {
    const ends: (() => void)[] = [];
    const run = vi.fn<() => Promise<void>>(
      () => new Promise<void>((resolve) => ends.push(resolve)),
    );
    systemClock().schedule("* * * * *", hours(1), run);
    await vi.advanceTimersByTimeAsync(minutes(3));
    expect(run).toHaveBeenCalledTimes(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(minutes(1));
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("stops for good when it is cancelled, also from inside a run", async () => {
    const run = vi.fn<() => void>(() => schedule.cancel());
    const schedule = systemClock().schedule("* * * * *", hours(1), run);
    await vi.advanceTimersByTimeAsync(hours(2));
    expect(run).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a schedule for once a year", () => {
  it("runs at its monotonic deadline, whatever the wall clock says", async () => {
    const run = vi.fn<() => void>();
    systemClock().schedule("0 0 1 1 *", hours(24), run);
    vi.setSystemTime(new Date("2020-06-01T00:00:00.000Z"));
    await vi.advanceTimersByTimeAsync(hours(24) - 1);
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(days(2));
    expect(run).toHaveBeenCalledTimes(3);
  });

  it("counts the deadline from the last run", async () => {
    const run = vi.fn<() => void>();
    systemClock().schedule("0 13 * * *", hours(24), run);
    await vi.advanceTimersByTimeAsync(hours(1));
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(hours(23.5));
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe("a line that cannot be kept", () => {
  it.each(["", "every minute", "61 * * * *", "0 0 30 2 *", "* * *"])("%j is refused", (line) => {
    const schedule = () => systemClock().schedule(line, hours(1), () => {});
    expect(schedule).toThrow(ClockError);
    expect(schedule).toThrow(expect.objectContaining({ code: CLOCK_CODES[0] }));
  });
});
