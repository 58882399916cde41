import { type ChildProcess, fork } from "node:child_process";
import type { Done, Job } from "./jobs.ts";

/** The generator process, as scenarios see it. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL("generator.js", import.meta.url), { stdio: "inherit" });
  }

  /** @throws Error with what went wrong in the generator. */
  async run(job: Job): Promise<Done> {
    const answer = new Promise<Done | { readonly failed: string }>((resolve, reject) => {
      this.#child.once("message", (message) => resolve(message as Done));
      this.#child.once("exit", () => reject(new Error("the generator ended")));
    });
    this.#child.send(job);
    const done = await answer;
    this.#child.removeAllListeners("exit");
    if ("failed" in done) throw new Error(`the generator failed: ${done.failed}`);
    return done;
  }

  stop(): void {
    this.#child.removeAllListeners("exit");
    this.#child.disconnect();
  }
}
