import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { later } from "../support/leftovers.ts";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import type { Running } from "../support/terminal.ts";

const SYSTEMD = fileURLToPath(new URL("../support/service_manager.py", import.meta.url));
const DAEMON = fileURLToPath(new URL("../../dist/cli/operator/main.js", import.meta.url));
const python = spawnSync("python3", ["--version"]).status === 0;

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** A site whose daemon a service manager starts; workstations find it. */
async function aService(): Promise<{ readonly site: Site; readonly service: Running }> {
  const site = await Site.initialised(vendor, {
    ...usualTerms,
    features: [{ name: "cad.pro", seats: 2, lease_time: "1h" }],
  });
  // What the socket unit says holds, and this is not listened on.
  site.write("config.yaml", site.read("config.yaml").replace("port: 0", "port: 7"));
  const service = site.start(`python3 ${SYSTEMD} ${process.execPath} ${DAEMON} serve`);
  const [, port = ""] = await service.says(/^port (\d+)$/m);
  site.env["SEATKEEPER_SERVER"] = `wss://127.0.0.1:${port}`;
  return { site, service };
}

/** Sooner or later. */
async function expectSaid(service: Running, pattern: RegExp): Promise<void> {
  expect((await service.says(pattern))[0]).toMatch(pattern);
}

describe.skipIf(!python)("a daemon that a service manager started", () => {
  it("says when it opens the site, when clients can connect, that it lives, and when it stops", async () => {
    const { site, service } = await aService();
    await expectSaid(
      service,
      /^told STATUS=opening the site\ntold READY=1 STATUS=0 clients, 0 of 0 /m,
    );
    await site.admin.installLicense(site.bytes("site.sklic"));
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
    await expectSaid(service, /^told WATCHDOG=1 STATUS=1 client, 1 of 2 seats used$/m);
    service.types("SIGTERM\n");
    await expectSaid(service, /^told STOPPING=1 STATUS=stopping: 1 client, 1 of 2 seats used$/m);
    await service.says(/^ended$/m);
  });

  it("says when a reload begins, at which moment, and when it is over", async () => {
    const { service } = await aService();
    await service.says(/^told READY=1/m);
    service.types("SIGHUP\n");
    await expectSaid(service, /^told RELOADING=1 MONOTONIC_USEC=\d{7,}\ntold READY=1 STATUS=/m);
  });

  it("serves at the socket that it was passed, and warns of a port in the configuration that is another", async () => {
    const { service } = await aService();
    await expectSaid(service, /"port":\d+,.*listen\.port 7 is not used.*"event":"socket\.passed"/);
  });

  it("refuses nobody while it is restarted: who connects waits for the next one, seats and all", async () => {
    const { site, service } = await aService();
    await service.says(/^told READY=1/m);
    await site.admin.installLicense(site.bytes("site.sklic"));
    const ada = await site.workstation("ada");
    const seat = await ada.acquire("cad.pro");
    service.types("SIGKILL\n");
    await service.says(/^ended$/m);
    const waiting = connect(Number(new URL(site.env["SEATKEEPER_SERVER"] ?? "").port), "127.0.0.1");
    later(() => void waiting.destroy());
    await once(waiting, "connect");
    const bob = site.workstation("bob");
    service.types("start\n");
    await (await bob).acquire("cad.pro");
    expect(seat.state).toBe("held");
    expect(await site.admin.status()).toMatchObject({ vendors: [{ features: [{ used: 2 }] }] });
  });
});
