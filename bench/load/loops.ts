import { Histogram } from "../measure/histogram.ts";
import type { SeatUser } from "./seat-user.ts";
import type { Workstation } from "./workstation.ts";

/** What a loop measured. */
export interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly latency: Histogram;
  readonly figures?: Readonly<Record<string, number>>;
}

/** Seconds before measuring: connections are warm, code is compiled. */
const WARM_UP = 0.5;

/** One step of a client in a closed loop; `done` with the moment of the answer. */
type Step = (done: (at: number) => void) => void;

/**
 * A closed loop: each client takes its next step when the last one was answered. Counts steps that
 * ended in the measured time, and lets the last ones end before it returns.
 */
function closedLoop(steps: readonly Step[], seconds: number): Promise<Measured> {
  const latency = new Histogram();
  const from = performance.now() + WARM_UP * 1_000;
  const to = from + seconds * 1_000;
  let count = 0;
  let running = steps.length;
  return new Promise((resolve) => {
    const turn = (step: Step, start: number): void => {
      step((at) => {
        if (at >= from && at < to) {
          count += 1;
          latency.add((at - start) * 1_000);
        }
        if (at < to) return turn(step, performance.now());
        running -= 1;
        if (running === 0) resolve({ count, seconds, latency });
      });
    };
    for (const step of steps) turn(step, performance.now());
  });
}

/** Acquire and release, one after the other; counts pairs. A denied acquire is a pair too. */
export function pairs(
  users: readonly SeatUser[],
  { feature, seconds, holdFor }: { feature: string; seconds: number; holdFor?: number },
): Promise<Measured> {
  const steps = users.map(
    (user): Step =>
      (done) =>
        user.acquire(feature, (at, isHeld) => {
          if (!isHeld) done(at);
          else if (holdFor === undefined) user.release(done);
          else setTimeout(() => user.release(done), holdFor);
        }),
  );
  return closedLoop(steps, seconds);
}

export function renewals(users: readonly SeatUser[], seconds: number): Promise<Measured> {
  return closedLoop(
    users.map(
      (user): Step =>
        (done) =>
          user.confirm("seat.renew", done),
    ),
    seconds,
  );
}

/** Two messages for each pair, as long as a wish and a return; counts pairs. */
export function echoes(stations: readonly Workstation[], seconds: number): Promise<Measured> {
  const lease = `{"lease":"${"0".repeat(32)}"}`;
  const steps = stations.map((station): Step => {
    const wish = `{"feature":"cad.pro","key":"bench-1","nonce":"${station.nonce}"}`;
    return (done) =>
      station.ask("seat.acquire", wish, () =>
        station.ask("seat.release", lease, (_, at) => done(at)),
      );
  });
  return closedLoop(steps, seconds);
}

/** Usage records; counts records, not messages. */
export async function records(
  stations: readonly Workstation[],
  load: { readonly meter: string; readonly batch: number; readonly seconds: number },
): Promise<Measured> {
  let key = 0;
  const message = (): string => {
    const usedAt = Date.now();
    const all = Array.from({ length: load.batch }, () => {
      key += 1;
      return `{"meter":"${load.meter}","units":1,"key":"u-${process.pid}-${key}","usedAt":${usedAt}}`;
    });
    return `{"records":[${all.join(",")}]}`;
  };
  let counted = 0;
  const steps = stations.map(
    (station): Step =>
      (done) =>
        station.ask("usage.record", message(), (reply, at) => {
          counted += reply.result?.results?.filter(({ state }) => state === "counted").length ?? 0;
          done(at);
        }),
  );
  const { count, ...rest } = await closedLoop(steps, load.seconds);
  return { ...rest, count: count * load.batch, figures: { counted } };
}

/**
 * An open loop: requests leave at the times of a fixed rate, late ones at once. Latency counts from
 * the *intended* time, so a server that stalls cannot hide it by making clients wait.
 */
export function openLoop(
  users: readonly SeatUser[],
  load: { readonly feature: string; readonly seconds: number; readonly rate: number },
): Promise<Measured> {
  const latency = new Histogram();
  const begin = performance.now();
  const measured = begin + WARM_UP * 1_000;
  const total = Math.round((WARM_UP + load.seconds) * load.rate);
  let sent = 0;
  let answered = 0;
  let count = 0;
  return new Promise((resolve) => {
    const heard = (intended: number, at: number): void => {
      answered += 1;
      if (intended >= measured) {
        count += 1;
        latency.add((at - intended) * 1_000);
      }
      if (answered < total) return;
      resolve({ count, seconds: load.seconds, latency });
    };
    const send = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - begin) / 1_000) * load.rate));
      for (; sent < due; sent += 1) {
        const intended = begin + (sent / load.rate) * 1_000;
        const user = users[sent % users.length];
        if (user === undefined) throw new TypeError("nobody to ask");
        if (user.leases.length > 0) user.release((at) => heard(intended, at));
        else user.acquire(load.feature, (at) => heard(intended, at));
      }
      if (sent < total) setTimeout(send, 1);
    };
    send();
  });
}

/** Renewals of everybody at a fixed interval, spread evenly over it; an open loop too. */
export function heartbeats(
  users: readonly SeatUser[],
  load: { readonly seconds: number; readonly interval: number },
): Promise<Measured> {
  const latency = new Histogram();
  const rate = users.length / load.interval;
  const total = Math.round(rate * load.seconds);
  const begin = performance.now();
  let sent = 0;
  let answered = 0;
  let lost = 0;
  return new Promise((resolve) => {
    const send = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - begin) / 1_000) * rate));
      for (; sent < due; sent += 1) {
        const intended = begin + (sent / rate) * 1_000;
        users[sent % users.length]?.confirm("seat.renew", (at, gone) => {
          latency.add((at - intended) * 1_000);
          lost += gone;
          answered += 1;
          if (answered === total) {
            resolve({ count: total, seconds: load.seconds, latency, figures: { lost } });
          }
        });
      }
      if (sent < total) setTimeout(send, 1);
    };
    send();
  });
}
