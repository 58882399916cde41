import { retryDelay } from "../../src/client/backoff.ts";
import { Histogram } from "../measure/histogram.ts";
import type { Job } from "./jobs.ts";
import { echoes, heartbeats, type Measured, openLoop, pairs, records, renewals } from "./loops.ts";
import { SeatUser } from "./seat-user.ts";
import { Tally } from "./tally.ts";
import { Workstation } from "./workstation.ts";

/** Clients of one source address; a daemon lets in 2,000 as it comes. */
const PER_ADDRESS = 1_500;
/** Connections that are being made at the same time. */
const AT_ONCE = 128;
/** Milliseconds between renewals: a third of the lease time. */
const HEARTBEAT = 30_000;

/** All simulated workstations of one generator process. */
export class Fleet {
  readonly tally: Tally = new Tally();
  readonly #users: SeatUser[] = [];

  async run(job: Job): Promise<Measured> {
    switch (job.kind) {
      case "connect":
        return this.#connect(job.url, job.clients, job.vendor);
      case "pairs":
        return pairs(this.#users, job);
      case "echo":
        return echoes(
          this.#users.map(({ station }) => station),
          job.seconds,
        );
      case "renewals":
        return renewals(this.#users, job.seconds);
      case "open-loop":
        return openLoop(this.#users, job);
      case "hold":
        return this.#hold(job.feature, job.each ?? 1);
      case "heartbeats":
        return heartbeats(this.#users, job);
      case "return":
        return this.#return(job);
      case "queue":
        return this.#queue(job.feature);
      case "record":
        return records(
          this.#users.map(({ station }) => station),
          job,
        );
      case "held":
        return { count: this.tally.held.length, seconds: 0, latency: new Histogram() };
    }
  }

  async #connect(url: string, clients: number, vendor: string | undefined): Promise<Measured> {
    const first = this.#users.length;
    for (let made = 0; made < clients; made += 1) {
      this.#users.push(new SeatUser(new Workstation(), this.tally));
    }
    return timed(this.#users.slice(first), AT_ONCE, (user, index) =>
      user.station.connect({ url, from: addressOf(first + index) }, vendor),
    );
  }

  #hold(feature: string, each: number): Promise<Measured> {
    const oneMore = (user: SeatUser): Promise<void> =>
      new Promise((resolve) => user.acquire(feature, () => resolve()));
    return timed(this.#users, AT_ONCE, async (user) => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (let taken = 0; taken < each; taken += 1) await oneMore(user);
    });
  }

  /** As the SDK does it: pauses with jitter, then hello, then resume. */
  async #return(job: Extract<Job, { kind: "return" }>): Promise<Measured> {
    for (const { station } of this.#users) station.drop();
    const latency = new Histogram();
    const begin = performance.now();
    let lost = 0;
    let tries = 0;
    // Who is back early must not lose its seat while others are still on their way.
    const beating: NodeJS.Timeout[] = [];
    const comeBack = async (user: SeatUser, index: number): Promise<void> => {
      for (let attempt = 1; ; attempt += 1) {
        tries += 1;
        try {
          await user.station.connect({ url: job.url, from: addressOf(index) }, job.vendor);
          break;
        } catch (error) {
          if (performance.now() - begin > job.patience * 1_000) throw error;
          await pause(retryDelay(attempt, Math.random()));
        }
      }
      lost += await new Promise<number>((resolve) => {
        user.confirm("seat.resume", (_, gone) => resolve(gone));
      });
      latency.add((performance.now() - begin) * 1_000);
      beating.push(setInterval(() => user.confirm("seat.renew", () => undefined), HEARTBEAT));
    };
    await Promise.all(
      this.#users.map(async (user, index) => {
        await pause(retryDelay(0, Math.random()));
        await comeBack(user, index);
      }),
    );
    for (const heartbeat of beating) clearInterval(heartbeat);
    const seconds = (performance.now() - begin) / 1_000;
    return { count: this.#users.length, seconds, latency, figures: { lost, tries } };
  }

  #queue(feature: string): Promise<Measured> {
    return timed(
      this.#users,
      this.#users.length,
      (user) =>
        new Promise<void>((resolve) => {
          // Not at once: a seat given to two would show, since both grants are read before.
          user.await(feature, () => setImmediate(() => user.release(() => resolve())));
        }),
    );
  }
}

/** Does something for each user, so many at once, and measures how long each takes. */
async function timed(
  users: readonly SeatUser[],
  atOnce: number,
  work: (user: SeatUser, index: number) => Promise<void>,
): Promise<Measured> {
  const latency = new Histogram();
  const begin = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const user = users[index];
      if (user === undefined) return;
      const start = performance.now();
      await work(user, index);
      latency.add((performance.now() - start) * 1_000);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, users.length) }, worker));
  return { count: users.length, seconds: (performance.now() - begin) / 1_000, latency };
}

/** Linux answers to all of 127.0.0.0/8: ports do not run out, and limits per address are met. */
const addressOf = (index: number): string => `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
