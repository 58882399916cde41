import { isUnavailable } from "./failure-kind.ts";
import type { NotReady } from "./health.ts";

/** Whether the disk takes writes, by the newest attempt. */
export class DiskWatch {
  #trouble: NotReady | undefined;

  /** Why it does not; undefined when it does. */
  get trouble(): NotReady | undefined {
    return this.#trouble;
  }

  /** Runs `work`, which writes, and remembers how it went. Rejects with what `work` throws. */
  async watching<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      this.#trouble = undefined;
      return result;
    } catch (error) {
      if (isUnavailable(error)) {
        this.#trouble = { code: error.code, reason: error.message, hint: error.hint };
      }
      throw error;
    }
  }
}
