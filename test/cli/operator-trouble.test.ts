import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { canMount, SmallDisk } from "../support/small-disk.ts";
import { expectSession } from "../support/terminal.ts";

const isRoot = process.getuid?.() === 0;

/** Root without the right to ignore permissions; a user has none to give up. */
const OBEDIENT = isRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] : [];

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

describe("a working folder that has been removed", () => {
  it("is named as the trouble, with what to do", async () => {
    const site = await Site.initialised(vendor);
    const folder = site.path("gone");
    mkdirSync(folder);
    await expectSession(
      site.through("sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', folder),
      `
      $ seatkeeper config check
      ! seatkeeper: error: the working folder is gone or cannot be read (WORKING_FOLDER_GONE)
      ! seatkeeper: hint: change to a folder that is there, as with cd /, and run it again
      = 1
      `,
    );
  });
});

describe("a data folder that must not be written to", () => {
  it("is refused by every command that would write, and stays as it is", async () => {
    const site = await Site.initialised(vendor);
    chmodSync(site.path("data"), 0o500);
    await expectSession(
      site.through(...OBEDIENT),
      `
      $ seatkeeper serve
      ! seatkeeper: error: cannot use the data folder <folder>/data: permission denied (DATA_FOLDER_UNUSABLE)
      ! seatkeeper: hint: make it writable for its owner
      = 1

      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: error: cannot use the data folder <folder>/data: permission denied (DATA_FOLDER_UNUSABLE)
      ! seatkeeper: hint: make it writable for its owner
      = 1

      $ ls data
      seatkeeper.db
      site.key
      tls.crt
      tls.key
      vendors
      = 0
      `,
    );
    chmodSync(site.path("data"), 0o700);
    await site.serve();
  });

  it("is refused when others could write to it", async () => {
    const site = await Site.initialised(vendor);
    chmodSync(site.path("data"), 0o777);
    await expectSession(
      site,
      `
      $ seatkeeper serve
      ! seatkeeper: error: cannot use the data folder <folder>/data: others can write to it (DATA_FOLDER_UNUSABLE)
      ! seatkeeper: hint: chmod 700 <folder>/data
      = 1
      `,
    );
  });
});

describe.runIf(isRoot)("root, on the data of the service's own user", () => {
  it("is told to become that user, and leaves no file of root behind", async () => {
    const site = await Site.initialised(vendor);
    const before = readdirSync(site.path("data"), { recursive: true });
    chownSync(site.path("data"), 12_345, 12_345);
    await expectSession(
      site,
      `
      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: error: <folder>/data belongs to user 12345, not to 0 (DATA_FOLDER_OWNER)
      ! seatkeeper: hint: run the command as its owner: sudo -u '#12345' …
      = 1

      $ seatkeeper ledger verify
      ! seatkeeper: error: <folder>/data belongs to user 12345, not to 0 (DATA_FOLDER_OWNER)
      ! seatkeeper: hint: run the command as its owner: sudo -u '#12345' …
      = 1

      $ seatkeeper license request --out site.skreq
      ! seatkeeper: error: <folder>/data belongs to user 12345, not to 0 (DATA_FOLDER_OWNER)
      ! seatkeeper: hint: run the command as its owner: sudo -u '#12345' …
      = 1

      $ seatkeeper init --vendor acme.skvendor
      ! seatkeeper: error: <folder>/data belongs to user 12345, not to 0 (DATA_FOLDER_OWNER)
      ! seatkeeper: hint: run the command as its owner: sudo -u '#12345' …
      = 1

      $ seatkeeper serve
      ! seatkeeper: error: <folder>/data belongs to user 12345, not to 0 (DATA_FOLDER_OWNER)
      ! seatkeeper: hint: run the command as its owner: sudo -u '#12345' …
      = 1

      $ ls usage.skb site.skreq
      ! ls: cannot access 'usage.skb': No such file or directory
      ! ls: cannot access 'site.skreq': No such file or directory
      = 2
      `,
    );
    expect(readdirSync(site.path("data"), { recursive: true })).toEqual(before);
  });
});

describe("an administrator who may not use the socket", () => {
  it("is told whom to ask", async () => {
    const site = await Site.serving(vendor);
    chmodSync(site.path("admin.sock"), 0o000);
    await expectSession(
      site.through(...OBEDIENT),
      `
      $ seatkeeper status
      ! seatkeeper: error: no daemon answers on <folder>/admin.sock: connect EACCES <folder>/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: run the command as root or as a member of the group seatkeeper
      = 1
      `,
    );
  });
});

describe.runIf(canMount)("a disk that is full", () => {
  it("stops new seats with a reason, loses nothing, and everything goes on when there is room", async () => {
    const site = Site.empty(vendor);
    const disk = await SmallDisk.at(site.path("data"), 4);
    const inside = site.through(...disk.enter);
    await inside.type("seatkeeper init --vendor acme.skvendor");
    await inside.type("seatkeeper license request --out site.skreq");
    site.write("site.sklic", vendor.license(site.read("site.skreq")));
    const daemon = inside.start("seatkeeper serve");
    const [, url = ""] = await daemon.says(/"url":"([^"]+)".*"event":"daemon.started"/);
    site.env["SEATKEEPER_SERVER"] = url;
    await site.type("seatkeeper license install site.sklic");
    const ada = await site.workstation("ada");
    await ada.acquire("sim.solver");
    await ada.usage.record("render.minutes", 12);

    await inside.type("sh -c 'cat /dev/zero > data/filler'");
    expect(await untilRefused(site)).toBe(
      [
        "seatkeeper: error: denied: STORE_UNAVAILABLE (SEAT_DENIED)\n",
        "seatkeeper: hint: the license server cannot write its data; the administrator sees why in `seatkeeper status`\n",
      ].join(""),
    );
    expect(await site.json("seatkeeper status", 1)).toMatchObject({
      ready: false,
      problems: [{ code: "STORE_UNAVAILABLE" }],
      vendors: [{ features: [{}, { feature: "sim.solver", used: 1 }] }],
    });
    const refused = await site.type("seatkeeper usage export --out usage.skb");
    expect(refused.stderr).toMatch(/^seatkeeper: error: .*\nseatkeeper: hint: .*\n$/);
    expect(refused.code).toBe(1);

    await inside.type("rm data/filler");
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro -- echo granted
      granted
      = 0

      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: wrote usage.skb (<n> bytes, 4 blocks)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0
      `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      ready: true,
      problems: [],
      vendors: [{ features: [{}, { used: 1 }], meters: [{ used: 12 }] }],
    });
    const ingested = await site.json(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested).toMatchObject({
      bundles: [{ verdict: "FIRST_VERIFIED", accepted: true, counted: { units: 12 } }],
    });
  });

  it("keeps no half bundle where the export goes", async () => {
    const site = await Site.serving(vendor);
    const disk = await SmallDisk.at(site.path("stick"), 1);
    const inside = site.through(...disk.enter);
    await inside.type("sh -c 'cat /dev/zero > stick/filler'");
    await expectSession(
      inside,
      `
      $ seatkeeper usage export --out stick/usage.skb
      ! seatkeeper: error: cannot write stick/usage.skb: the disk is full (OUTPUT_FAILED)
      ! seatkeeper: hint: free some space and try again
      = 1

      $ ls -A stick
      filler
      = 0
      `,
    );
  });
});

describe.runIf(canMount)("a disk that is mounted read-only", () => {
  it("is named in the refusal", async () => {
    const site = Site.empty(vendor);
    const disk = await SmallDisk.at(site.path("data"), 4);
    const inside = site.through(...disk.enter);
    await inside.type("seatkeeper init --vendor acme.skvendor");
    await inside.type("mount -o remount,ro data");
    await expectSession(
      inside,
      `
      $ seatkeeper serve
      ! seatkeeper: error: cannot use the data folder <folder>/data: the file system is read-only (DATA_FOLDER_UNUSABLE)
      ! seatkeeper: hint: make it writable for its owner
      = 1

      $ seatkeeper init --vendor acme.skvendor
      ! seatkeeper: error: cannot use the data folder <folder>/data: the file system is read-only (DATA_FOLDER_UNUSABLE)
      ! seatkeeper: hint: make it writable for its owner
      = 1
      `,
    );
  });
});

/** Asks for seats until the last free bytes of the disk are used up. */
async function untilRefused(site: Site): Promise<string> {
  for (let asked = 0; asked < 50; asked += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each takes some of the room that is left
    const { code, stderr } = await site.type("seatkeeper run --feature cad.pro -- true");
    if (code !== 0) return stderr;
  }
  throw new Error("the disk never gave out");
}
