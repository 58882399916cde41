import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/leftovers.ts";
import { Site, Vendor } from "../support/site.ts";
import { expectSession, type Running, Terminal } from "../support/terminal.ts";

const ON_A_TERMINAL = fileURLToPath(new URL("../support/on_a_terminal.py", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../dist/cli/operator/main.js", import.meta.url));

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** The command on a terminal. */
const onTerminal = (site: Site, command: string): Running =>
  site.start(`python3 ${ON_A_TERMINAL} ${process.execPath} ${PROGRAM} ${command}`);

const ENTERED = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEFT = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** The last screen that was drawn, without colours. */
function lastScreen(output: string): string {
  const last = output.split("\u001b[H").at(-1) ?? "";
  // oxlint-disable-next-line no-control-regex -- the sequences that a terminal obeys
  return last.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
}

describe("seatkeeper status --help", () => {
  it("tells of --watch", async () => {
    await expectSession(
      new Terminal(temporaryFolder()),
      `
      $ seatkeeper status --help
      seatkeeper status

      show whether the daemon can serve, and what is in use

      Options:
        -h, --help        show help                                                              [boolean]
        -v, --version     show the version                                                       [boolean]
            --watch       go on showing each change until ctrl-c; without a terminal a line of JSON each
                                                                                [boolean] [default: false]
            --config      configuration [default: $SEATKEEPER_CONFIG or /etc/seatkeeper/config.yaml]
                                                                                                  [string]
            --server      https://host:7329, to ask the daemon of another machine                 [string]
            --token-file  with --server: a file with your token [default: $SEATKEEPER_ADMIN_TOKEN_FILE]
                                                                                                  [string]
            --ca-file     with --server: its certificate, or that of who signed it, as PEM        [string]
            --json        print machine-readable JSON                           [boolean] [default: false]

      Examples:
        seatkeeper status                             is all well, and what is in use?
        seatkeeper status --watch                     the same, live
        seatkeeper status --watch --json | jq .ready  a script that follows
      = 0
      `,
    );
  });
});

describe("seatkeeper status --watch without a terminal", () => {
  it("prints one JSON object a line for each change, until a signal ends it with 0", async () => {
    const site = await Site.serving(vendor);
    const watch = site.start("seatkeeper status --watch");
    await watch.says(/"feature":"cad\.pro","seats":2,"overdraftSeats":0,"used":0/);
    const ada = await site.workstation("ada");
    const seat = await ada.acquire("cad.pro");
    await watch.says(/"feature":"cad\.pro","seats":2,"overdraftSeats":0,"used":1/);
    await seat.release();
    const { code, stdout, stderr } = await watch.kill("SIGTERM");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ version: "0.1.0" });
  });

  it("ends when nobody reads it any more", async () => {
    const site = await Site.serving(vendor);
    const ended = site.start(
      `sh -c '${process.execPath} ${PROGRAM} status --watch --json | head -1; echo over'`,
    );
    await ended.says(/"version"/);
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
    await ended.says(/over/);
    expect((await ended.ended).code).toBe(0);
  });

  it("ends with 1 and says why when the daemon stops, or does not run", async () => {
    const site = await Site.initialised(vendor);
    const daemon = await site.serveLicensed();
    const watch = site.start("seatkeeper status --watch");
    await watch.says(/"version"/);
    await daemon.kill("SIGKILL");
    const { code, stderr } = await watch.ended;
    expect(code).toBe(1);
    expect(stderr).toBe(
      "seatkeeper: error: the daemon has stopped (ADMIN_UNREACHABLE)\nseatkeeper: hint: start it again with seatkeeper serve\n",
    );
    expect((await site.type("seatkeeper status --watch")).code).toBe(1);
  });
});

describe("seatkeeper seats list --watch", () => {
  it("prints the seats each time that one comes or goes, of all or of somebody", async () => {
    const site = await Site.serving(vendor);
    const all = site.start("seatkeeper seats list --watch");
    const own = site.start("seatkeeper seats list --watch --user ada");
    await Promise.all([all.says(/^\{"seats":\[\]\}\n/), own.says(/^\{"seats":\[\]\}\n/)]);
    const [ada, bob] = [await site.workstation("ada"), await site.workstation("bob")];
    const seat = await bob.acquire("cad.pro");
    await all.says(new RegExp(seat.leaseId));
    // A swap, after which as many seats are used as before.
    const [next] = await Promise.all([ada.acquire("cad.pro"), seat.release()]);
    await Promise.all([
      all.says(new RegExp(`"lease":"${next.leaseId}"[^\\]]*\\]\\}\n$`)),
      own.says(new RegExp(next.leaseId)),
    ]);
    const { code, stdout } = await own.kill("SIGINT");
    expect(code).toBe(0);
    expect(stdout).not.toContain(seat.leaseId);
    expect(stdout).not.toMatch(/\b(ada|bob)\b/);
    expect((await all.kill("SIGTERM")).code).toBe(0);
  });
});

describe("seatkeeper status --watch on a terminal", () => {
  it("redraws a screen of features, queue and places, and gives the terminal back at ctrl-c", async () => {
    const site = await Site.serving(vendor);
    const [ada, bob] = [await site.workstation("ada"), await site.workstation("bob")];
    await ada.acquire("sim.solver");
    const watch = onTerminal(site, "status --watch");
    await watch.says(/sim\.solver +1 +1 +0 +0/);
    const patience = new AbortController();
    const wish = bob.acquire("sim.solver", { wait: true, signal: patience.signal });
    await watch.says(/sim\.solver +1 +1 +0 +1/);
    await watch.says(/sim\.solver +1 +1 +u_[\w-]{22} +h_[\w-]{22}/);
    patience.abort(new Error("enough"));
    await expect(wish).rejects.toThrow("enough");
    watch.types("^C\n");
    const { code, stdout } = await watch.ended;
    expect(code).toBe(0);
    expect(stdout.startsWith(ENTERED)).toBe(true);
    expect(stdout.endsWith(LEFT)).toBe(true);
    expect(lastScreen(stdout)).toMatch(/^seatkeeper 0\.1\.0 {2}ready, up .*, 2 connections\n/);
    expect(stdout).not.toMatch(/\b(ada|bob)\b/);
  });

  it("gives the terminal back when the daemon stops", async () => {
    const site = await Site.initialised(vendor);
    const daemon = await site.serveLicensed();
    const watch = onTerminal(site, "status --watch");
    await watch.says(/sim\.solver/);
    await daemon.kill("SIGTERM");
    const { code, stdout } = await watch.ended;
    expect(code).toBe(1);
    expect(stdout.slice(stdout.lastIndexOf("\u001b[J"))).toMatch(/the daemon has stopped/);
    expect(stdout).toContain(LEFT);
  });

  it("leaves the screen as it is when no daemon runs", async () => {
    const site = await Site.initialised(vendor);
    const { code, stdout } = await onTerminal(site, "status --watch").ended;
    expect(code).toBe(1);
    expect(stdout).not.toContain(ENTERED);
    expect(stdout).toContain("ADMIN_UNREACHABLE");
  });
});
