import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { later, temporaryFolder } from "../support/leftovers.ts";
import { usualTerms, Vendor } from "../support/site.ts";
import { makePackages } from "./built-packages.ts";
import { Machine, whyNoMachine } from "./machine.ts";

const why = whyNoMachine();
const WORKSTATION = fileURLToPath(new URL("workstation.mjs", import.meta.url));
const LIVE = 120_000;

/** The parts of an installation, in the order in which the tests go through its life. */
interface Desk {
  readonly machine: Machine;
  readonly vendor: Vendor;
  /** Where `seatkeeper_0.1.0_amd64.deb` and its like are. */
  readonly packages: string;
}
let desk: Desk;
const deb = (version: string): string =>
  join(desk.packages, version, `seatkeeper_${version}_amd64.deb`);
const VERSION = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  }
).version;
/** The data belongs to the account of the service. */
const asOwner = ["runuser", "-u", "seatkeeper", "--"];
const NEXT = `${VERSION}+next`;

/** Somebody at a workstation of this LAN, with what they hear from the daemon, line by line. */
class Workstation {
  readonly heard: string[] = [];
  readonly #child: ChildProcess;

  constructor(user: string) {
    const { machine, vendor, packages } = desk;
    const { name, rootKey } = vendor.folder.vendor;
    const dataDir = join(packages, user);
    mkdirSync(dataDir);
    const settings = {
      servers: "wss://127.0.0.1:7328",
      vendor: { name, rootKey: toBase64Url(rootKey) },
      labels: { user, host: `${user}-pc` },
      dataDir,
    };
    const folder = join(packages, "client/package");
    this.#child = machine.beside(process.execPath, WORKSTATION, folder, JSON.stringify(settings));
    this.#child.stderr?.pipe(process.stderr);
    const { stdout } = this.#child;
    if (stdout === null) throw new TypeError("no output");
    createInterface({ input: stdout }).on("line", (line) => this.heard.push(line));
    later(() => void this.#child.kill("SIGKILL"));
  }

  hears(line: RegExp): Promise<void> {
    return desk.machine.until(() => line.test(this.heard.join("\n")));
  }

  records(units: number): void {
    this.#child.stdin?.write(`${units}\n`);
  }
}

const seatsInUse = (): unknown => {
  const { machine } = desk;
  const status = JSON.parse(machine.says("seatkeeper", "status", "--json")) as {
    readonly vendors: readonly [{ readonly features: readonly unknown[] }];
  };
  return status.vendors[0].features[0];
};

describe.skipIf(why !== undefined)(
  `the package on a Debian without Node and network${why === undefined ? "" : `: skipped, ${why}`}`,
  { timeout: LIVE },
  () => {
    beforeAll(() => {
      const packages = temporaryFolder();
      makePackages(join(packages, VERSION), "--only", "deb,tar,client", "--package", "seatkeeper");
      makePackages(
        join(packages, NEXT),
        "--only",
        "deb",
        "--package",
        "seatkeeper",
        "--version",
        NEXT,
      );
      mkdirSync(join(packages, "client"));
      const tarball = join(packages, VERSION, `seatkeeper-client-${VERSION}.tgz`);
      execFileSync("tar", ["-xzf", tarball, "-C", join(packages, "client")]);
      desk = { machine: Machine.boot(), vendor: Vendor.named(), packages };
    }, 300_000);
    afterAll(() => desk.machine.stop());

    it("installs with what is inside, and waits for a site", () => {
      const { machine } = desk;
      expect(machine.run("which", "node").code).toBe(1);
      machine.says("dpkg", "--install", machine.carryIn(deb(VERSION)));
      expect(machine.says("seatkeeper", "--version")).toBe(`${VERSION}\n`);
      machine.says("systemctl", "start", "seatkeeper");
      expect(machine.shows("ActiveState")).toBe("inactive");
      expect(machine.shows("ConditionResult")).toBe("no");
    });

    it("is started, after five commands, when it says that clients can connect", () => {
      const { machine, vendor } = desk;
      machine.write("/etc/acme.skvendor", vendor.file);
      machine.says(...asOwner, "seatkeeper", "init", "--vendor", "/etc/acme.skvendor");
      const request = machine.says(
        ...asOwner,
        "sh",
        "-c",
        "cd /tmp && seatkeeper license request --out site.skreq && cat site.skreq",
      );
      machine.write(
        "/root/site.sklic",
        vendor.license(request, {
          ...usualTerms,
          features: [{ name: "cad.pro", seats: 9, lease_time: "1h" }],
        }),
      );
      machine.says("systemctl", "start", "seatkeeper");
      machine.says("seatkeeper", "license", "install", "/root/site.sklic");
      expect(machine.shows("ActiveState")).toBe("active");
      expect(machine.shows("StatusText")).toMatch(/^0 clients, 0 of 0 seats used/);
    });

    it("shows an exposure of at most 1.2, and units that are verified without a word", () => {
      const { machine } = desk;
      const said = machine.says("systemd-analyze", "security", "seatkeeper.service");
      const [, exposure = ""] =
        /Overall exposure level for seatkeeper.service: ([\d.]+)/.exec(said) ?? [];
      expect(Number.parseFloat(exposure)).toBeLessThanOrEqual(1.2);
      const units = ["seatkeeper.service", "seatkeeper.socket"].map(
        (unit) => `/usr/lib/systemd/system/${unit}`,
      );
      const { code, stdout, stderr } = machine.run(
        "systemd-analyze",
        "verify",
        "--man=no",
        ...units,
      );
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
    });

    it("leases seats to workstations outside of its own network, and has none itself", async () => {
      const { machine } = desk;
      const ada = new Workstation("ada");
      await ada.hears(/^held /m);
      expect(seatsInUse()).toMatchObject({ feature: "cad.pro", used: 1 });
      const devices = machine.says("cat", `/proc/${machine.shows("MainPID")}/net/dev`);
      expect([...devices.matchAll(/^ *(\w+):/gm)].map(([, name]) => name)).toEqual(["lo"]);
    });

    it("is active again within 2 s of a kill -9, with the leases, and refuses nobody in between", async () => {
      const { machine } = desk;
      const bob = new Workstation("bob");
      await bob.hears(/^held /m);
      const pid = machine.shows("MainPID");
      machine.says("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "seatkeeper");
      await machine.until(() => ![pid, "0"].includes(machine.shows("MainPID")) && isActive());
      // In time of the processor, of which a busy computer gives less: the pause before the start, and the start.
      const pause = Number(machine.shows("RestartUSec").replace("ms", ""));
      const start = Number(machine.shows("CPUUsageNSec")) / 1_000_000;
      expect(pause + start).toBeLessThan(2_000);
      expect(machine.shows("ActiveState", "seatkeeper.socket")).toBe("active");
      await expect.poll(seatsInUse).toMatchObject({ used: 2 });
      bob.records(1);
      await bob.hears(/^recorded 1$/m);
      expect(bob.heard.filter((line) => line === "lost")).toEqual([]);
    });

    it("is restarted by the watchdog when its event loop hangs", async () => {
      const { machine } = desk;
      machine.write("/etc/seatkeeper/hang.cjs", 'process.on("SIGUSR2", () => { for (;;); });\n');
      machine.says("mkdir", "-p", "/run/systemd/system/seatkeeper.service.d");
      const dropIn = "/run/systemd/system/seatkeeper.service.d/hang.conf";
      const lines = [
        "WatchdogSec=2s",
        "Environment=NODE_OPTIONS=--require=/etc/seatkeeper/hang.cjs",
      ];
      machine.write(dropIn, `[Service]\n${lines.join("\n")}\n`);
      machine.says("systemctl", "daemon-reload");
      machine.says("systemctl", "restart", "seatkeeper");
      const pid = machine.shows("MainPID");
      machine.says("systemctl", "kill", "--kill-whom=main", "--signal=USR2", "seatkeeper");
      await machine.until(() => ![pid, "0"].includes(machine.shows("MainPID")) && isActive());
      expect(machine.says("journalctl", "-u", "seatkeeper", "-o", "cat")).toMatch(
        /Watchdog timeout/,
      );
      expect(seatsInUse()).toMatchObject({ used: 2 });
      machine.says(
        "rm",
        "-r",
        "/etc/seatkeeper/hang.cjs",
        "/run/systemd/system/seatkeeper.service.d",
      );
      machine.says("systemctl", "daemon-reload");
      machine.says("systemctl", "restart", "seatkeeper");
    });

    it("reloads rules while it serves, and says what is wrong with a file that changes nothing", () => {
      const { machine } = desk;
      const rule = "rules:\n  - max: { feature: cad.pro, seats: 2, per: user }\n";
      const before = machine.says("cat", "/etc/seatkeeper/config.yaml");
      machine.write("/etc/seatkeeper/config.yaml", before + rule);
      machine.says("systemctl", "reload", "seatkeeper");
      const pid = machine.shows("MainPID");
      expect(machine.says("journalctl", "-u", "seatkeeper", "-o", "cat")).toMatch(
        /"rules":1,.*"reload.done"/,
      );
      machine.write("/etc/seatkeeper/config.yaml", `${before}rule: nonsense\n`);
      expect(machine.run("systemctl", "reload", "seatkeeper").code).toBe(1);
      expect(machine.says("journalctl", "-u", "seatkeeper", "-o", "cat")).toMatch(
        /config\.yaml:\d+/,
      );
      machine.write("/etc/seatkeeper/config.yaml", before);
      expect([machine.shows("ActiveState"), machine.shows("MainPID")]).toEqual(["active", pid]);
    });

    it("tells clients that it stops, seals what was used, and stays stopped though they come back", async () => {
      const { machine } = desk;
      const eve = new Workstation("eve");
      await eve.hears(/^held /m);
      eve.records(12);
      await eve.hears(/^recorded 12$/m);
      machine.says("systemctl", "stop", "seatkeeper");
      await eve.hears(/^draining$/m);
      expect(machine.shows("Result")).toBe("success");
      const units = ["seatkeeper.service", "seatkeeper.socket"];
      expect(units.map((unit) => machine.shows("ActiveState", unit))).toEqual([
        "inactive",
        "inactive",
      ]);
      expect(machine.says(...asOwner, "seatkeeper", "ledger", "verify")).toMatch(
        /checked {2}form of \d+ blocks/,
      );
      machine.says("systemctl", "start", "seatkeeper");
      expect(JSON.parse(machine.says("seatkeeper", "status", "--json"))).toMatchObject({
        vendors: [{ ledger: { pending: 0 }, meters: [{ used: 13 }] }],
      });
    });

    it("serves with its key encrypted for this machine, which is nowhere in the data folder", () => {
      const { machine } = desk;
      const key = "/var/lib/seatkeeper/site.key";
      machine.says("systemctl", "stop", "seatkeeper");
      machine.says("mkdir", "-p", "/etc/credstore.encrypted");
      const store = "/etc/credstore.encrypted/seatkeeper.site.key";
      machine.says("systemd-creds", "encrypt", "--with-key=host", "--name=site.key", key, store);
      machine.says("cp", "-p", key, "/root/site.key");
      machine.says("ln", "-sf", "/run/credentials/seatkeeper.service/site.key", key);
      machine.says("systemctl", "start", "seatkeeper");
      expect(seatsInUse()).toMatchObject({ feature: "cad.pro", used: 3 });
      expect(machine.run("cat", key).code).toBe(0);
      machine.says("systemctl", "stop", "seatkeeper");
      expect(machine.run("cat", key).code).toBe(1);
      machine.says("mv", "/root/site.key", key);
      machine.says("rm", store);
      machine.says("systemctl", "start", "seatkeeper");
    });

    it("is upgraded in place while clients work, and they go on with their seats", async () => {
      const { machine } = desk;
      const eve = new Workstation("eve2");
      await eve.hears(/^held /m);
      const pid = machine.shows("MainPID");
      machine.says("dpkg", "--install", machine.carryIn(deb(NEXT)));
      expect(machine.shows("MainPID")).not.toBe(pid);
      expect(JSON.parse(machine.says("seatkeeper", "status", "--json"))).toMatchObject({
        version: NEXT,
      });
      eve.records(5);
      await eve.hears(/^recorded 5$/m);
      expect(eve.heard.filter((line) => line === "lost")).toEqual([]);
      expect(machine.says("cat", "/etc/seatkeeper/config.yaml")).toMatch(
        /Seatkeeper's configuration/,
      );
    });

    it("refuses to go back to a release that cannot read the database, and runs on", () => {
      const { machine } = desk;
      machine.says("systemctl", "stop", "seatkeeper");
      // As a later release would leave it: one more step of the schema.
      const database = "/var/lib/seatkeeper/seatkeeper.db";
      const steps = machine.says("od", "-An", "-tu1", "-j60", "-N4", database).trim().split(/ +/);
      const raise = (by: number): string =>
        `printf '\\${(Number(steps[3]) + by).toString(8)}' | dd of=${database} bs=1 seek=63 conv=notrunc`;
      machine.says("sh", "-c", raise(1));
      const { code, stderr } = machine.run("dpkg", "--install", machine.carryIn(deb(VERSION)));
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot be installed over the data of a newer release/);
      expect(stderr).toMatch(/seatkeeper restore FILE/);
      expect(machine.says("seatkeeper", "--version")).toBe(`${NEXT}\n`);
      machine.says("sh", "-c", raise(0));
      machine.says("systemctl", "start", "seatkeeper");
      expect(seatsInUse()).toMatchObject({ feature: "cad.pro" });
    });

    it("leaves the data when it is removed, and serves it again when it is back", () => {
      const { machine } = desk;
      machine.says("dpkg", "--remove", "seatkeeper");
      expect(machine.run("which", "seatkeeper").code).toBe(1);
      expect(machine.says("ls", "/var/lib/seatkeeper")).toMatch(/site\.key/);
      machine.says("dpkg", "--install", machine.carryIn(deb(NEXT)));
      machine.says("systemctl", "start", "seatkeeper");
      expect(seatsInUse()).toMatchObject({ feature: "cad.pro" });
    });

    it("leaves nothing when it is purged, and asks nothing", () => {
      const { machine } = desk;
      machine.says("dpkg", "--purge", "seatkeeper");
      expect(traces()).toEqual([]);
    });

    it("installs from its archive where there is no dpkg, and is removed as a whole", () => {
      const { machine } = desk;
      const archive = join(desk.packages, VERSION, `seatkeeper_${VERSION}_amd64.tar.xz`);
      // The machine has no xz.
      execFileSync("tar", ["-xJf", archive, "-C", machine.outside("/root")]);
      machine.says(`/root/seatkeeper-${VERSION}/install.sh`);
      machine.says(...asOwner, "seatkeeper", "init", "--vendor", "/etc/acme.skvendor");
      machine.says("systemctl", "start", "seatkeeper");
      expect(machine.shows("ActiveState")).toBe("active");
      machine.says(`/root/seatkeeper-${VERSION}/install.sh`);
      machine.says("/usr/lib/seatkeeper/installed/uninstall.sh", "--purge");
      expect(traces()).toEqual([]);
    });
  },
);

const isActive = (): boolean => desk.machine.shows("ActiveState") === "active";

/** Files of the product anywhere but where the test has put packages. */
function traces(): readonly string[] {
  const { machine } = desk;
  const not = ["/proc", "/sys", "/root"].flatMap((path) => ["-path", path, "-prune", "-o"]);
  const found = machine.says("find", "/", ...not, "-iname", "*seatkeeper*", "-print");
  return [...found.split("\n"), ...machine.says("getent", "passwd").split("\n")].filter((line) =>
    line.includes("seatkeeper"),
  );
}
