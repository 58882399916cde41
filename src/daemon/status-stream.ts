import type { ServerResponse } from "node:http";
import { type Millis, seconds } from "../base/time.ts";
import type { Clock } from "../clock/clock.ts";
import type { AdminStatus } from "../protocol/admin/status.ts";
import { Pulse } from "./pulse.ts";

export interface StatusStreamParts {
  readonly clock: Clock;
  readonly status: () => AdminStatus;
  /** False once the reader may not stay. */
  readonly isWelcome: () => boolean;
  /** As of `AdminDesk.onChange`. */
  readonly onChange: (run: () => void) => () => void;
}

/** Nobody is told of changes more often. */
const INTERVAL: Millis = seconds(1);

/**
 * One answer without an end: the status now, and again whenever it differs, one JSON object a line.
 * A reader that does not keep up is told nothing more until it has read what it was told; then it
 * gets the status of that moment. So what waits for it is one status, however slow it is.
 */
export class StatusStream {
  readonly #response: ServerResponse;
  readonly #status: () => AdminStatus;
  readonly #isWelcome: () => boolean;
  readonly #pulse: Pulse;
  readonly #endWatch: () => void;
  #told = "";

  constructor(response: ServerResponse, { clock, status, isWelcome, onChange }: StatusStreamParts) {
    this.#response = response;
    this.#status = status;
    this.#isWelcome = isWelcome;
    this.#pulse = new Pulse(clock, INTERVAL, (done) => {
      this.#look();
      done();
    });
    this.#endWatch = onChange(() => this.#pulse.stir());
    response.once("close", () => this.#stop());
    response.on("drain", () => this.#pulse.stir());
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    this.#look();
  }

  /** The daemon stops, or the reader may not stay. */
  end(): void {
    this.#stop();
    this.#response.end();
  }

  #stop(): void {
    this.#endWatch();
    this.#pulse.cancel();
  }

  #look(): void {
    if (!this.#isWelcome()) return this.end();
    if (this.#response.writableNeedDrain) return;
    const status = this.#status();
    const telling = JSON.stringify(status, withoutTimes);
    if (telling === this.#told) return;
    this.#told = telling;
    this.#response.write(`${JSON.stringify(status)}\n`);
  }
}

/** What moves with the time: nobody is told of that alone. */
const MOVING: ReadonlySet<string> = new Set([
  "uptimeMs",
  "waitedMs",
  "expectedWaitMs",
  // Of the clock: the time itself, and by how much it is off.
  "believed",
  "byMs",
]);

const withoutTimes = (name: string, value: unknown): unknown =>
  MOVING.has(name) ? undefined : value;
