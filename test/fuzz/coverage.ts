import { Session } from "node:inspector";

/** Which parts of our own sources run, as the engine itself counts them. */
export class Coverage {
  readonly #session: Session = new Session();

  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    // With counts: without them the engine tells of each part only once.
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The parts that ran since the last look. */
  look(): ReadonlySet<string> {
    const ran = new Set<string>();
    for (const { url, functions } of this.#take()) {
      if (!url.includes("/src/")) continue;
      for (const { ranges } of functions) {
        for (const { count, startOffset, endOffset } of ranges) {
          if (count > 0) ran.add(`${url} ${startOffset} ${endOffset}`);
        }
      }
    }
    return ran;
  }

  close(): void {
    this.#session.disconnect();
  }

  #take(): readonly Script[] {
    return (this.#post("Profiler.takePreciseCoverage") as { readonly result: readonly Script[] })
      .result;
  }

  /** The answer of a session within the process comes before the call returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly count: number;
      readonly startOffset: number;
      readonly endOffset: number;
    }[];
  }[];
}
