import process from "node:process";
import { seconds } from "../../base/time.ts";
import { systemClock } from "../../clock/system-clock.ts";
import { checkSocketPath } from "../../daemon/admin-socket.ts";
import { type Daemon, startDaemon } from "../../daemon/daemon.ts";
import { readHost } from "../../daemon/host.ts";
import { type ServiceManager, serviceManager } from "../../systemd/service-manager.ts";
import { type Command, command } from "../shared/command.ts";
import { EXIT } from "../shared/exit.ts";
import { keptLog } from "./log-target.ts";
import { SITE_OPTIONS, siteConfig } from "./site-options.ts";

/** `seatkeeper serve`: the daemon, in the foreground, as a service manager wants it. */
export const serve: Command = command({
  command: "serve",
  summary: "run the license daemon in the foreground; SIGTERM stops it, SIGHUP reloads it",
  options: SITE_OPTIONS,
  examples: [["serve --config /etc/seatkeeper/config.yaml", "what the systemd unit runs"]],
  async run(options, shell) {
    // Registered first: a signal during start must not leave a half-opened site.
    const asked = firstStopSignal();
    const hangUps = new HangUps();
    const config = siteConfig(options, shell);
    // Before the data is opened and any port listens.
    checkSocketPath(config.socket);
    const manager = serviceManager(shell.env, process.pid);
    const { log, reopen } = keptLog(config);
    const clock = systemClock();
    manager.status("opening the site");
    const daemon = await startDaemon(config, {
      clock,
      log,
      host: readHost,
      fatal: endAtOnce,
      reread: () => {
        // The first thing of each reload: what it says of itself is in the new file.
        reopen();
        return siteConfig(options, shell);
      },
      socket: manager.socket,
    });
    manager.ready(daemon.statusLine());
    const beat = clock.every(manager.beat ?? STATUS_BEAT, () => manager.alive(daemon.statusLine()));
    hangUps.serve(() => reloaded(daemon, manager));
    const signal = await asked;
    log.info("daemon.stopping", { signal });
    manager.stopping(`stopping: ${daemon.statusLine()}`);
    try {
      await daemon.stop();
    } finally {
      // Where the disk fails at the last write, nothing else may keep the process alive.
      beat.cancel();
    }
    return EXIT.done;
  },
});

/** How often a service manager hears how things are, where it asks for no signs of life. */
const STATUS_BEAT = seconds(10);

async function reloaded(daemon: Daemon, manager: ServiceManager): Promise<void> {
  manager.reloading(process.hrtime.bigint());
  try {
    await daemon.reload();
  } finally {
    // Good or bad, it is over, and what is in force can be used.
    manager.ready(daemon.statusLine());
  }
}

/** SIGHUP reads rules and licenses again. Before the daemon serves, it is only remembered. */
class HangUps {
  #asked = false;
  #reload: (() => Promise<unknown>) | undefined;

  constructor() {
    process.on("SIGHUP", () => {
      this.#asked = true;
      this.#run();
    });
  }

  serve(reload: () => Promise<unknown>): void {
    this.#reload = reload;
    if (this.#asked) this.#run();
  }

  #run(): void {
    // What is wrong stands in the log.
    this.#reload?.().catch(() => undefined);
  }
}

/** Memory and disk may differ: nothing more may be answered or written. The next start repairs. */
function endAtOnce(): never {
  process.exit(EXIT.refused);
}

function firstStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => resolve(signal));
  });
}
