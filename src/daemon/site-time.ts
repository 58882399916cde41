import { readFileSync } from "node:fs";
import { type Millis, type Moment, seconds, type UnixMillis } from "../base/time.ts";
import { bootTime } from "../clock/boot-time.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import {
  type ClockFinding,
  type ClockMemory,
  type ClockTrust,
  ClockWatch,
} from "../clock/watch.ts";
import { randomHex } from "../crypto/random.ts";
import type { Clocks } from "../ledger/payload.ts";
import { failure, type Log } from "../log/log.ts";

/** How often the clocks are held against each other. */
const GLANCE: Millis = seconds(5);

/** The site's judgement of the time of day, and what the ledger is told about clocks. */
export class SiteTime {
  readonly bootId: string = readBootId();
  readonly #clock: Clock;
  readonly #watch: ClockWatch;
  readonly #log: Log;
  readonly #judged: ((trust: "suspect" | "trusted") => void)[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, memory: ClockMemory, log: Log) {
    this.#clock = clock;
    this.#watch = new ClockWatch(clock, memory);
    this.#log = log;
  }

  /** The present moment with the time of day that is believed. */
  now(): Moment {
    return this.#watch.now();
  }

  clocks(): Clocks {
    const { wall, mono } = this.#clock.now();
    return {
      wall,
      mono: Math.max(0, Math.floor(mono)),
      bootId: this.bootId,
      highWater: this.#watch.now().wall,
      boottime: bootTime() ?? null,
      clientSkewMedian: null,
    };
  }

  /** By how many milliseconds the wall clock is off from what is believed; 0 for one that is believed. */
  get suspectBy(): number {
    const { trust } = this.#watch;
    return trust.kind === "trusted" ? 0 : trust.by;
  }

  /** False while the wall clock is not believed. */
  get isTrusted(): boolean {
    return this.trust.kind === "trusted";
  }

  get trust(): ClockTrust {
    return this.#watch.trust;
  }

  /** Calls `run` when the wall clock is not believed any more, or again; also soon after a start with one that is not. */
  onJudgement(run: (trust: "suspect" | "trusted") => void): void {
    this.#judged.push(run);
  }

  /** A receipt says what time it is at the vendor's. */
  confirm(vendorTime: UnixMillis): void {
    this.#report(this.#watch.confirm(vendorTime));
  }

  start(): void {
    this.#timer = this.#clock.every(GLANCE, () => this.#glance());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #glance(): void {
    try {
      this.#report(this.#watch.observe());
    } catch (error) {
      // Only keeping the record failed: a full disk. What is believed is in memory.
      this.#log.warn("clock.not-kept", failure(error));
    }
  }

  #report(findings: readonly ClockFinding[]): void {
    for (const finding of findings) {
      const by = finding.kind === "slept" ? finding.span : finding.by;
      this.#log.warn(`clock.${finding.kind}`, { by });
      if (finding.kind !== "suspect" && finding.kind !== "trusted") continue;
      for (const run of this.#judged) run(finding.kind);
    }
  }
}

/** The hardened service cannot see the machine's; one of the process's own tells starts apart as well. */
function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return `process-${randomHex(16)}`;
  }
}
