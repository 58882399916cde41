import { type Millis, type MonoMillis, millis } from "../base/time.ts";
import type { Clock, Timer } from "../clock/clock.ts";

/** One timer for the next thing that is due. */
export class Deadline {
  readonly #clock: Clock;
  readonly #run: () => void;
  #planned: { readonly due: MonoMillis; readonly timer: Timer } | undefined;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /**
   * Runs at `due` and forgets whatever was planned before; undefined plans nothing.
   * @param patience the least wait for something that is due already.
   */
  plan(due: MonoMillis | undefined, patience: Millis): void {
    if (due === this.#planned?.due) return;
    this.cancel();
    if (due === undefined) return;
    const left = Math.ceil(due - this.#clock.now().mono);
    const timer = this.#clock.after(millis(left > 0 ? left : patience), () => {
      this.#planned = undefined;
      this.#run();
    });
    this.#planned = { due, timer };
  }

  cancel(): void {
    this.#planned?.timer.cancel();
    this.#planned = undefined;
  }
}
