import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ProcessWatch } from "../measure/process-watch.ts";
import { OPERATOR } from "./programs.ts";

/** Those that run: a scenario that fails must leave no daemon behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** `seatkeeper serve`, the built program, in a process of its own. */
export class Daemon {
  readonly url: string;
  readonly watch: ProcessWatch;
  /** Milliseconds from the start of the process until it listened. */
  readonly startedIn: number;
  readonly #child: ChildProcess;

  static async start(
    folder: string,
    env: Readonly<Record<string, string>>,
    nodeOptions: readonly string[],
  ): Promise<Daemon> {
    const begin = performance.now();
    const child = spawn(
      process.execPath,
      [...nodeOptions, OPERATOR, "serve", "--config", join(folder, "config.yaml")],
      { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] },
    );
    running.add(child);
    child.once("exit", () => running.delete(child));
    const url = await new Promise<string>((resolve, reject) => {
      const log = createWriteStream(join(folder, "daemon.log"), { flags: "a" });
      createInterface({ input: child.stderr }).on("line", (line) => {
        log.write(`${line}\n`);
        const [, found] = /"url":"([^"]+)"/.exec(line) ?? [];
        if (found !== undefined && line.includes('"daemon.started"')) resolve(found);
      });
      child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}: ${folder}`)));
    });
    return new Daemon(child, url, performance.now() - begin);
  }

  private constructor(child: ChildProcess, url: string, startedIn: number) {
    this.#child = child;
    this.url = url;
    this.startedIn = startedIn;
    this.watch = new ProcessWatch(child.pid ?? 0);
  }

  /** SIGKILL, as in a power cut: what was acknowledged must be on disk. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    return new Promise((resolve) => {
      this.#child.removeAllListeners("exit");
      this.#child.once("exit", () => {
        running.delete(this.#child);
        resolve();
      });
      this.#child.kill(signal);
    });
  }
}
