import { after, between, type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";

/** Does something soon after it was stirred, and at most once in `span`, however often it is stirred. */
export class Pulse {
  readonly #clock: Clock;
  readonly #span: Millis;
  readonly #run: (done: () => void) => void;
  #timer: Timer | undefined;
  #isBusy = false;
  #last: MonoMillis | undefined;

  /** @param run calls `done` when it has looked; being stirred before that counts for nothing. */
  constructor(clock: Clock, span: Millis, run: (done: () => void) => void) {
    this.#clock = clock;
    this.#span = span;
    this.#run = run;
  }

  stir(): void {
    if (this.#timer !== undefined || this.#isBusy) return;
    const now = this.#clock.now().mono;
    const rest = this.#last === undefined ? millis(0) : between(now, after(this.#last, this.#span));
    this.#timer = this.#clock.after(rest, () => this.#beat());
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #beat(): void {
    this.#timer = undefined;
    this.#isBusy = true;
    this.#run(() => {
      this.#isBusy = false;
      this.#last = this.#clock.now().mono;
    });
  }
}
