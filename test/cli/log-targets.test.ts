import { spawnSync } from "node:child_process";
import { renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

const SYSTEM_LOG = fileURLToPath(new URL("../support/system_log.py", import.meta.url));
const python = spawnSync("python3", ["--version"]).status === 0;

let site: Site;
let plain: string;
beforeAll(async () => {
  site = await Site.initialised(Vendor.named());
  plain = site.read("config.yaml");
});

/** With this below `log:`. */
function logTo(...lines: readonly string[]): void {
  site.write("config.yaml", `${plain}log:\n${lines.map((each) => `  ${each}\n`).join("")}`);
}

describe("the log of the daemon", () => {
  it("goes to a file, which is opened anew at SIGHUP; nothing is on standard error", async () => {
    logTo("to: file", "file: daemon.log");
    site.write("daemon.log", "");
    const reader = site.start("tail -F daemon.log");
    const daemon = site.start("seatkeeper serve");
    await reader.says(/"event":"daemon.started"/);
    renameSync(site.path("daemon.log"), site.path("daemon.log.old"));
    daemon.signal("SIGHUP");
    await reader.says(/"event":"reload.done"/);
    const { code, stderr } = await daemon.kill("SIGTERM");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(site.read("daemon.log")).toMatch(/^\{"level":"info".*"event":"reload.done"\}\n/);
    expect(site.read("daemon.log.old")).not.toContain("reload.done");
  });

  it.skipIf(!python)(
    "goes to the system log, and to standard error when nobody listens there",
    async () => {
      logTo("to: syslog", "socket: system.sock");
      const listener = site.start(`python3 ${SYSTEM_LOG} system.sock`);
      await listener.says(/^listening$/m);
      const daemon = site.start("seatkeeper serve");
      await listener.says(
        /^<30>1 \d{4}-\d\d-\d\dT[\d:.]+Z - seatkeeper \d+ daemon.started - \{.*"event":"daemon.started"\}$/m,
      );
      expect(daemon.stderr).toBe("");
      await listener.kill("SIGTERM");
      daemon.signal("SIGHUP");
      await daemon.says(/"errno":\d+,"event":"log.unreachable"\}\n\{.*"event":"reload.done"\}\n/);
      await daemon.kill("SIGTERM");
    },
  );

  it("is needed: a file that cannot be written stops the start, and says so", async () => {
    logTo("to: file", "file: none/daemon.log");
    await expectSession(
      site,
      `
      $ seatkeeper serve
      ! seatkeeper: error: cannot write <folder>/none/daemon.log: ENOENT: no such file or directory, open '<folder>/none/daemon.log' (LOG_FILE)
      ! seatkeeper: hint: make its folder, writable for the daemon, or set log.to: journal
      = 1
      `,
    );
  });
});
