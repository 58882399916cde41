import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hours, type Millis, millis, seconds } from "../../src/base/time.ts";
import { SleepWatch } from "../../src/clock/sleep-watch.ts";
import { systemClock } from "../../src/clock/system-clock.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A machine that is awake whenever timers run, and what the watch said. */
function machine(): {
  readonly spans: Millis[];
  readonly sleep: (span: Millis) => void;
  readonly watch: SleepWatch;
} {
  const spans: Millis[] = [];
  let asleep = 0;
  const boot = (): Millis => millis(Math.floor(performance.now()) + asleep);
  const watch = new SleepWatch(systemClock(), (span) => spans.push(span), boot);
  return {
    spans,
    watch,
    sleep: (span) => {
      asleep += span;
    },
  };
}

describe("the watch for sleep", () => {
  it("says nothing of a computer that is awake, whatever its wall clock does", () => {
    const { spans } = machine();
    vi.advanceTimersByTime(60_000);
    vi.setSystemTime(Date.now() + hours(5));
    vi.advanceTimersByTime(60_000);
    expect(spans).toEqual([]);
  });

  it("says within five seconds of waking how long the computer slept, once", () => {
    const { spans, sleep } = machine();
    vi.advanceTimersByTime(12_000);
    sleep(hours(8));
    vi.advanceTimersByTime(5_000);
    expect(spans).toEqual([hours(8)]);
    vi.advanceTimersByTime(60_000);
    expect(spans).toHaveLength(1);
  });

  it("takes no nap of five seconds for sleep", () => {
    const { spans, sleep } = machine();
    sleep(seconds(5));
    vi.advanceTimersByTime(10_000);
    expect(spans).toEqual([]);
  });

  it("asks the wall clock where the system does not tell the time since its start", () => {
    const spans: Millis[] = [];
    const watch = new SleepWatch(
      systemClock(),
      (span) => spans.push(span),
      () => undefined,
    );
    vi.advanceTimersByTime(7_000);
    vi.setSystemTime(Date.now() + hours(1));
    vi.advanceTimersByTime(5_000);
    expect(spans).toEqual([hours(1)]);
    watch.stop();
  });

  it("says nothing once it is stopped", () => {
    const { spans, sleep, watch } = machine();
    watch.stop();
    sleep(hours(1));
    vi.advanceTimersByTime(60_000);
    expect(spans).toEqual([]);
  });
});
