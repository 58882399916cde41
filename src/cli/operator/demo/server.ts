import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { seconds } from "../../../base/time.ts";
import { systemClock } from "../../../clock/system-clock.ts";
import type { DemoFolder } from "./folder.ts";
import { failed, type Stage } from "./stage.ts";

/** The demo's daemon: a child process that tells in its log where it listens. */
export class DemoServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @throws CliError DEMO_FAILED when it ends, or does not listen within ten seconds. */
  static async start(stage: Stage, folder: DemoFolder): Promise<DemoServer> {
    const child = stage.daemon(folder.config, folder.daemonLog);
    return new DemoServer(child, await listening(child, folder));
  }

  /** @throws CliError DEMO_FAILED unless it drains and ends with exit code 0. */
  async stop(): Promise<void> {
    const code = await new Promise<number | null>((resolve) => {
      this.#child.once("exit", resolve);
      this.#child.kill("SIGTERM");
    });
    if (code !== 0) throw failed(`the daemon ended with ${code ?? "a signal"}`);
  }
}

function listening(child: ChildProcess, folder: DemoFolder): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = systemClock().after(seconds(10), () =>
      reject(failed("the daemon does not listen")),
    );
    child.once("exit", () => {
      late.cancel();
      reject(failed(`the daemon ended at once; see ${folder.daemonLog}`));
    });
    if (child.stderr === null) return;
    createInterface(child.stderr).on("line", (line) => {
      const url = /"event":"daemon\.started".*|.*"event":"daemon\.started"/.test(line)
        ? /"url":"([^"]+)"/.exec(line)?.[1]
        : undefined;
      if (url === undefined) return;
      late.cancel();
      resolve(url);
    });
  });
}
