import { type ChildProcess, fork } from "node:child_process";
import { ProcessWatch } from "../measure/process-watch.ts";

export type RivalName = "echo" | "ceiling" | "single" | "floor";

/** A server to be compared with, in a process of its own. */
export class Rival {
  readonly url: string;
  readonly watch: ProcessWatch;
  readonly #child: ChildProcess;

  /**
   * @param file where the rival keeps its leases; the echo keeps none.
   * @param env what is added to the environment, for a slow disk.
   */
  static async start(
    name: RivalName,
    file: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Rival> {
    const script = name === "echo" ? "echo.js" : "lease-server.js";
    const child = fork(new URL(script, import.meta.url), [file, name], {
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.once("message", (message) => resolve((message as { url: string }).url));
      child.once("exit", () => reject(new Error(`${name} ended`)));
    });
    return new Rival(child, url);
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    this.watch = new ProcessWatch(child.pid ?? 0);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.removeAllListeners("exit");
      this.#child.once("exit", () => resolve());
      this.#child.disconnect();
    });
  }
}
