import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { days, hours, millis, minutes, seconds } from "../../src/base/time.ts";
import { systemClock } from "../../src/clock/system-clock.ts";

const noon = new Date("2026-11-22T12:00:00.000Z");

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the system clock", () => {
  it("tells wall time and monotonic time of one moment", () => {
    const clock = systemClock();
    const before = clock.now();
    vi.advanceTimersByTime(1_500);
    const after = clock.now();
    expect(before.wall).toBe(1_795_348_800_000);
    expect(after.wall - before.wall).toBe(1_500);
    expect(after.mono - before.mono).toBe(1_500);
  });

  it("keeps monotonic time steady when the wall clock is set", () => {
    const clock = systemClock();
    const before = clock.now();
    vi.setSystemTime(new Date("2028-11-22T12:00:00.000Z"));
    expect(clock.now().mono).toBe(before.mono);
  });
});

describe("a timer", () => {
  it("rings once, when its span has passed", () => {
    const ring = vi.fn<() => void>();
    systemClock().after(seconds(90), ring);
    vi.advanceTimersByTime(89_999);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200_000);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it("does not care about the wall clock", () => {
    const ring = vi.fn<() => void>();
    systemClock().after(seconds(90), ring);
    vi.setSystemTime(new Date("2028-11-22T12:00:00.000Z"));
    vi.advanceTimersByTime(89_999);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it("may wait longer than the 24.8 days that setTimeout knows", () => {
    const ring = vi.fn<() => void>();
    systemClock().after(days(60), ring);
    vi.advanceTimersByTime(days(60) - 1);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it("never rings once it is cancelled", () => {
    const ring = vi.fn<() => void>();
    const clock = systemClock();
    const timers = [clock.after(seconds(1), ring), clock.every(seconds(1), ring), clock.soon(ring)];
    for (const timer of timers) timer.cancel();
    vi.advanceTimersByTime(hours(1));
    expect(ring).not.toHaveBeenCalled();
  });

  it("asked for soon runs after what is ready now", () => {
    const order: string[] = [];
    systemClock().soon(() => order.push("soon"));
    order.push("now");
    vi.advanceTimersByTime(0);
    expect(order).toEqual(["now", "soon"]);
  });
});

describe("a beat", () => {
  it("comes again and again", () => {
    const ring = vi.fn<() => void>();
    systemClock().every(seconds(30), ring);
    vi.advanceTimersByTime(minutes(2));
    expect(ring).toHaveBeenCalledTimes(4);
  });

  it("may cancel itself", () => {
    const ring = vi.fn<() => void>(() => timer.cancel());
    const timer = systemClock().every(seconds(30), ring);
    vi.advanceTimersByTime(minutes(2));
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it("needs a span", () => {
    expect(() => systemClock().every(millis(0), () => {})).toThrow(RangeError);
  });
});
