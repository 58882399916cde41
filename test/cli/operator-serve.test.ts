import { createServer, type Server } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { later } from "../support/leftovers.ts";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** The events of a daemon's log, in order. */
function eventsOf(log: string): readonly unknown[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly event: unknown }).event);
}

/** Somebody else's program on a port of this machine. */
async function aStranger(): Promise<number> {
  const server: Server = createServer();
  later(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

describe("seatkeeper serve", () => {
  it("tells its log what happens, and ends with 0 on SIGTERM", async () => {
    const site = await Site.initialised(vendor);
    const daemon = await site.serve();
    await site.type("seatkeeper license install site.sklic");
    const { code, stdout, stderr } = await daemon.kill("SIGTERM");
    expect(eventsOf(stderr)).toEqual([
      "daemon.started",
      "admin.act",
      "daemon.stopping",
      "daemon.stopped",
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });

  it("seals what was used and tells its clients before it ends, whatever leases are open", async () => {
    const features = [{ name: "cad.pro", seats: 2, lease_time: "1h" }];
    const site = await Site.initialised(vendor, { ...usualTerms, features });
    const daemon = await site.serveLicensed();
    const ada = await site.workstation("ada");
    const told = new Promise((resolve) => void ada.once("draining", resolve));
    await ada.acquire("cad.pro");
    await ada.usage.record("render.minutes", 12);
    expect(await daemon.kill("SIGTERM")).toMatchObject({ code: 0 });
    await told;
    await expectSession(
      site,
      `
      $ ls admin.sock
      ! ls: cannot access 'admin.sock': No such file or directory
      = 2

      $ seatkeeper ledger verify
      acme.example: 3 blocks
        checked  form of 3 blocks in <n> bytes
        checked  order, segments and hash chain of the blocks
        checked  block 0 against the license
        checked  the key state against the blocks, and the erasure of the other slot
        not checked here: what the blocks say, and who wrote them; that takes the vendor's key
      = 0
      `,
    );
    site.keepPort();
    await site.serve();
    expect(await site.admin.status()).toMatchObject({
      ready: true,
      vendors: [{ ledger: { pending: 0 }, features: [{ used: 1 }], meters: [{ used: 12 }] }],
    });
  });

  it("speaks to a person where the configuration says so", async () => {
    const site = await Site.initialised(vendor);
    site.write("config.yaml", `${site.read("config.yaml")}log: { format: text }\n`);
    const daemon = site.start("seatkeeper serve");
    await daemon.says(/ info {2}daemon\.started version=0\.1\.0 url=wss:\/\/127\.0\.0\.1:\d+ /);
    const { code, stderr } = await daemon.kill("SIGINT");
    expect(stderr).toMatch(
      / info {2}daemon\.stopping signal=SIGINT\n.* info {2}daemon\.stopped\n$/,
    );
    expect(code).toBe(0);
  });
});

describe("a daemon that cannot start", () => {
  it("says that there is no site", async () => {
    await expectSession(
      Site.empty(vendor),
      `
      $ seatkeeper serve
      ! seatkeeper: error: there is no data folder <folder>/data (DATA_FOLDER_MISSING)
      ! seatkeeper: hint: run seatkeeper init first, or check data_dir in the configuration
      = 1
      `,
    );
  });

  it("leaves the data to the daemon that has it", async () => {
    const site = await Site.serving(vendor);
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
    site.write("second.yaml", site.read("config.yaml").replace("admin.sock", "second.sock"));
    await expectSession(
      site,
      `
      $ seatkeeper serve
      ! seatkeeper: error: another process uses <folder>/data/seatkeeper.db (STORE_LOCKED)
      ! seatkeeper: hint: stop the daemon first, or ask it: most commands work through its socket
      = 1

      $ seatkeeper serve --config second.yaml
      ! seatkeeper: error: another process uses <folder>/data/seatkeeper.db (STORE_LOCKED)
      ! seatkeeper: hint: stop the daemon first, or ask it: most commands work through its socket
      = 1

      $ seatkeeper usage export --out usage.skb --config second.yaml
      ! seatkeeper: error: another process uses <folder>/data/seatkeeper.db (STORE_LOCKED)
      ! seatkeeper: hint: stop the daemon first, or ask it: most commands work through its socket
      = 1

      $ seatkeeper init --vendor acme.skvendor
      ! seatkeeper: error: another process uses <folder>/data/seatkeeper.db (STORE_LOCKED)
      ! seatkeeper: hint: stop the daemon first, or ask it: most commands work through its socket
      = 1
      `,
    );
    expect(await site.admin.status()).toMatchObject({
      ready: true,
      vendors: [{ features: [{ used: 1 }, {}] }],
    });
  });

  it("does not take the port of another program, nor the data without it", async () => {
    const site = await Site.initialised(vendor);
    const port = await aStranger();
    site.write("taken.yaml", site.read("config.yaml").replace("port: 0", `port: ${port}`));
    await expectSession(
      site,
      `
      $ seatkeeper serve --config taken.yaml
      ! seatkeeper: error: another program listens on 127.0.0.1:<port> (PORT_IN_USE)
      ! seatkeeper: hint: stop it, or set listen.port in the configuration
      = 1
      `,
    );
    await site.serveLicensed();
    expect(await site.admin.status()).toMatchObject({ ready: true });
  });

  it("does not take the socket of another daemon, nor a file that is none", async () => {
    const site = await Site.serving(vendor);
    const other = await Site.initialised(vendor);
    const config = other.read("config.yaml");
    other.write("config.yaml", config.replace("admin.sock", site.path("admin.sock")));
    other.write("file.yaml", config.replace("admin.sock", "site.sklic"));
    await expectSession(
      other,
      `
      $ seatkeeper serve --config file.yaml
      ! seatkeeper: error: <folder>/site.sklic exists and is not a socket (ADMIN_SOCKET_FAILED)
      ! seatkeeper: hint: move it away, or set socket in the configuration
      = 1
      `,
    );
    const { code, stderr } = await other.type("seatkeeper serve");
    expect(stderr).toBe(
      [
        `seatkeeper: error: another daemon answers on ${site.path("admin.sock")} (ADMIN_SOCKET_IN_USE)\n`,
        "seatkeeper: hint: stop it, or give this daemon a socket of its own in the configuration\n",
      ].join(""),
    );
    expect(code).toBe(1);
    expect(await site.admin.status()).toMatchObject({ ready: true });
    expect(other.read("site.sklic")).toMatch(/^seatkeeper license v1\n/);
  });

  it("refuses a socket path that the system would cut, and leaves nothing behind", async () => {
    const site = await Site.initialised(vendor);
    const long = `/${"s".repeat(107)}`;
    site.write("long.yaml", site.read("config.yaml").replace("admin.sock", long));
    const before = (await site.type("ls -R .")).stdout;
    const refused = `
      ! seatkeeper: error: the socket's path has <n> bytes: ${long} (ADMIN_SOCKET_FAILED)
      ! seatkeeper: hint: a path may have at most <n> bytes; set socket in the configuration
      = 1`;
    await expectSession(
      site,
      `
      $ seatkeeper serve --config long.yaml${refused}

      $ seatkeeper status --config long.yaml${refused}
      `,
    );
    expect((await site.type("ls -R .")).stdout).toBe(before);
  });

  it("does not serve the network without encryption by accident", async () => {
    const site = await Site.initialised(vendor);
    site.write("open.yaml", "data_dir: data\nsocket: admin.sock\ntls: { mode: off }\n");
    const { code, stderr } = await site.type("seatkeeper serve --config open.yaml");
    expect(stderr).toMatch(/^seatkeeper: error: open\.yaml:3:\d+: .*\nseatkeeper: hint: .*\n$/);
    expect(code).toBe(1);
  });
});
