import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

/** Two seats, one of which may be away for a week. */
const terms = {
  site: "Example Studio",
  features: [
    { name: "cad.pro", seats: 2, lease_time: "30s", borrow: { days: 7, seats: 1 } },
    { name: "sim.solver", seats: 1, lease_time: "30s" },
  ],
};

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

const used = async (site: Site): Promise<unknown> =>
  (await site.admin.status()).vendors[0]?.features.find(({ feature }) => feature === "cad.pro");

describe("a seat on the road", () => {
  it("is borrowed, used without the daemon, and returned when it is back", async () => {
    const site = await Site.serving(vendor, terms);
    await expectSession(
      site,
      `
      $ seatkeeper borrowed
      ! seatkeeper: nothing is borrowed
      = 0

      $ seatkeeper borrow --feature cad.pro --days 0.0001
      ! seatkeeper: error: --days is a number up to 366, and at least a minute: 0.0007
      = 2

      $ seatkeeper borrow --feature cad.pro --days 8
      ! seatkeeper: error: cad.pro denied: BORROW_TOO_LONG (SEAT_DENIED)
      ! seatkeeper: hint: borrow for at most 7 days
      = 1

      $ seatkeeper borrow --feature cad.pro --days 7
      borrowed  1 seat of cad.pro
      until     <moment>
      lease     <id>
      ! seatkeeper: give it back early with: seatkeeper return --feature cad.pro
      = 0
      `,
    );
    expect((await site.type("seatkeeper status")).stdout).toMatch(
      /cad\.pro +2 +1 +1 +1 +0\n.*sim\.solver +1 +0 +1 +0 +0\n/s,
    );
    expect((await site.type("seatkeeper seats list")).stdout).toMatch(/borrowed until \d{4}-/);
    site.keepPort();
    await site.stopDaemon();

    expect((await site.type("seatkeeper borrowed")).stdout).toMatch(
      /^feature +version +seats +until +left +renewed +lease\ncad\.pro +any +1 +\S+Z +6d 23h +no +[0-9a-f]{32}\n$/,
    );
    const ran = await site.type("seatkeeper run --feature cad.pro -- sh -c 'echo drawing; exit 7'");
    expect(ran).toMatchObject({ code: 7, stdout: "drawing\n" });
    expect(ran.stderr).toMatch(/no license server; the borrowed seat is good for 6d 23h/);
    const other = await site.type("seatkeeper run --feature sim.solver -- sim");
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toMatch(/\(SERVER_UNREACHABLE\)/);

    await site.serve();
    await expectSession(
      site,
      `
      $ seatkeeper return --feature cad.pro
      ! seatkeeper: returned 1 seat of cad.pro
      = 0

      $ seatkeeper return --feature cad.pro
      ! seatkeeper: error: nothing like this is borrowed here (NOTHING_BORROWED)
      ! seatkeeper: hint: see what is: seatkeeper borrowed
      = 1
      `,
    );
    expect(await used(site)).toMatchObject({ used: 0, borrowed: 0 });
  });

  it("given back on the road, is free as soon as any program here reaches the daemon, however short", async () => {
    const site = await Site.serving(vendor, terms);
    await site.type("seatkeeper borrow --feature cad.pro --days 7");
    site.keepPort();
    await site.stopDaemon();
    await site.type("seatkeeper return --feature cad.pro");
    await site.serve();
    expect(await used(site)).toMatchObject({ used: 1, borrowed: 1 });
    await site.type("seatkeeper return --feature cad.pro");
    expect(await used(site)).toMatchObject({ used: 0, borrowed: 0 });
  });

  it("outlives a daemon that is killed, and takes no second seat afterwards", async () => {
    const site = await Site.serving(vendor, terms);
    await site.type("seatkeeper borrow --feature cad.pro --days 1");
    site.keepPort();
    await site.killDaemon();
    await site.serve();
    expect(await used(site)).toMatchObject({ used: 1, borrowed: 1 });
    const again = await site.json("seatkeeper borrow --feature cad.pro --days 2 --renew");
    expect(again).toMatchObject({ feature: "cad.pro", count: 1, renewFor: 172_800_000 });
    await site.type("seatkeeper run --feature cad.pro -- true");
    expect(await used(site)).toMatchObject({ used: 1, borrowed: 1 });
  });

  it("is used by the next program when the one before was killed", async () => {
    const site = await Site.serving(vendor, terms);
    await site.type("seatkeeper borrow --feature cad.pro --days 1");
    await site.stopDaemon();
    const first = site.start("seatkeeper run --feature cad.pro -- sh -c 'echo ready; read x'");
    await first.says(/ready/);
    const second = await site.type("seatkeeper run --feature cad.pro -- true");
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/another program uses the seat.*\(TICKET\)/);
    await first.kill("SIGKILL");
    expect(await site.type("seatkeeper run --feature cad.pro -- true")).toMatchObject({ code: 0 });
  });

  it("is of no use on another computer, and tells so", async () => {
    const site = await Site.serving(vendor, terms);
    await site.type("seatkeeper borrow --feature cad.pro --days 1");
    await site.stopDaemon();
    site.env["SEATKEEPER_HOST_ID"] = "another";
    const { code, stderr } = await site.type("seatkeeper run --feature cad.pro -- true");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the borrow ticket cannot be used: it is for another computer \(TICKET\)/,
    );
    expect((await site.json("seatkeeper borrowed")) as object).toEqual({ borrowed: [] });
  });

  it("asks for what makes sense", async () => {
    const site = Site.empty(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper borrow --feature cad.pro --days 0
      ! seatkeeper: error: --days is a number up to 366, and at least a minute: 0.0007
      = 2

      $ seatkeeper return
      ! seatkeeper: error: say what to return with --feature or --lease
      ! seatkeeper: hint: see: seatkeeper borrowed
      = 2

      $ seatkeeper borrow --feature cad.pro --days 1
      ! seatkeeper: error: no license server is named (SERVER_NOT_NAMED)
      ! seatkeeper: hint: add --server 7328@host, or set SEATKEEPER_SERVER
      = 1
      `,
    );
  });
});

describe("a borrowed seat whose computer is lost", () => {
  it("is freed by a release that the vendor signs, and by nothing that the site can do alone", async () => {
    const site = await Site.serving(Vendor.named(), terms);
    const { leaseId } = (await site.json("seatkeeper borrow --feature cad.pro --days 7")) as {
      leaseId: string;
    };
    await expectSession(
      site,
      `
      $ seatkeeper seats revoke ${leaseId}
      ! seatkeeper: error: lease <id> is borrowed (ADMIN_LEASE_BORROWED)
      ! seatkeeper: hint: a borrowed seat comes back when it is returned, when its time is over, or by a release of the vendor
      = 1

      $ seatkeeper-vendor release --site 'Example Studio' --lease ${leaseId} --reason stolen --out lost.skrelease --passphrase-file passphrase
      lease    <id>
      site     Example Studio
      ledger   <id>
      written  lost.skrelease
      ! seatkeeper-vendor: the site hands it in within 30 days: seatkeeper seats release --note FILE
      = 0

      $ seatkeeper seats release --note site.sklic
      ! seatkeeper: error: site.sklic is a license, not a release (FILE_UNREADABLE)
      ! seatkeeper: hint: give the release instead
      = 1

      $ seatkeeper seats release --note lost.skrelease
      ! seatkeeper: released 1 seat of cad.pro, lease <id>
      = 0

      $ seatkeeper seats release --note lost.skrelease
      ! seatkeeper: error: nothing is borrowed as lease <id> (RELEASE_NOT_BORROWED)
      ! seatkeeper: hint: it was returned, its time is over, or a release was handed in before; see seatkeeper seats list
      = 1
      `,
    );
    expect(await used(site)).toMatchObject({ used: 0, borrowed: 0 });
    site.write("forged.skrelease", site.read("lost.skrelease").replace("stolen", "found"));
    expect((await site.type("seatkeeper seats release --note forged.skrelease")).code).toBe(3);
    const again = `seatkeeper-vendor release --site 'Example Studio' --lease ${leaseId} --out lost.skrelease --passphrase-file passphrase`;
    expect((await site.type(again)).stderr).toMatch(/\(OUTPUT_EXISTS\)/);
    expect(existsSync(site.path("lost.skrelease"))).toBe(true);
  });
});
