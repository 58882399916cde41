import { beforeAll, describe, expect, it } from "vitest";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

/** Ada had a seat and used 30 minutes, Bob was denied one. */
async function usedSite(): Promise<Site> {
  const site = await Site.serving(vendor);
  const ada = await site.workstation("ada");
  const seat = await ada.acquire("sim.solver");
  const bob = await site.workstation("bob");
  await bob.acquire("sim.solver").catch(() => undefined);
  await ada.usage.record("render.minutes", 12);
  await ada.usage.record("render.minutes", 18);
  await seat.release();
  await ada.close();
  await bob.close();
  return site;
}

describe("seatkeeper usage show", () => {
  it("shows the days as this site counted them", async () => {
    const site = await usedSite();
    await expectSession(
      site,
      `
      $ seatkeeper usage show
      day         what            grants  denials  seat hours  records  units
      <today-->  sim.solver           1        1        0.00
      <today-->  render.minutes                                     2     30
      = 0

      $ seatkeeper usage show --from 2026-01-01 --to 2026-01-31
      ! seatkeeper: nothing was used
      = 0

      $ seatkeeper usage show --from yesterday
      ! seatkeeper: error: a day is written as 2026-01-31
      = 2

      $ seatkeeper usage show --from 2026-01-31 --to 2026-01-30
      ! seatkeeper: error: --from is after --to
      = 2
      `,
    );
    expect(await site.json("seatkeeper usage show")).toMatchObject({
      rows: [
        { kind: "feature", vendor: "acme.example", feature: "sim.solver", grants: 1, denials: 1 },
        { kind: "meter", vendor: "acme.example", meter: "render.minutes", records: 2, units: 30 },
      ],
    });
  });
});

describe("units that were given back", () => {
  it("stand beside what was used, at the site and at the vendor", async () => {
    const meters = [{ name: "render.minutes", unit: "minutes", quota: 100, refunds: true }];
    const site = await Site.serving(vendor, { ...usualTerms, meters });
    const ada = await site.workstation("ada");
    await ada.usage.record("render.minutes", 90);
    await ada.usage.refund("render.minutes", 25);
    await ada.close();
    await expectSession(
      site,
      `
      $ seatkeeper usage show
      day         what            grants  denials  seat hours  records  units  refunds  refunded  net
      <today-->  render.minutes                                     1     90        1        25   65
      = 0
      `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [{ meters: [{ meter: "render.minutes", used: 65 }] }],
    });
    await site.type("seatkeeper usage export --out usage.skb");
    const { stdout } = await site.type(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(stdout).toContain("90 metered units, 25 refunded");
    const report = await site.type("seatkeeper-vendor report");
    expect(report.stdout).toMatch(/records +units +late +refunds +refunded +net +denials/);
    expect(report.stdout).toMatch(/render\.minutes +1 +90 +0 +1 +25 +65 +0/);
  });
});

describe("seatkeeper usage history", () => {
  it("shows peaks, denials and waits, and says what they mean for the number of seats", async () => {
    const site = await usedSite();
    await expectSession(
      site,
      `
      $ seatkeeper usage history --feature sim.solver
      period      feature     peak  seats  grants  denied  waited  gave up  longest wait  seat hours
      <today-->  sim.solver     1      1       1       1       0        0            0s        0.00

      sim.solver: at most 1 of 1 seat in use; asked for in vain on 1 of 1 day; too few days to advise
      = 0

      $ seatkeeper usage history --from 2026-01-01 --to 2026-01-31
      ! seatkeeper: nothing was asked for in that time
      = 0

      $ seatkeeper usage history --from yesterday
      ! seatkeeper: error: a day is written as 2026-01-31
      = 2

      $ seatkeeper usage history --json --csv
      ! {"error":{"code":"USAGE","message":"--json and --csv exclude each other","hint":null,"facts":{}}}
      = 2
      `,
    );
    const { stdout } = await site.type("seatkeeper usage history --by weekday-hour");
    const week = stdout
      .split("\n")
      .filter((line) => /^(?:mon|tue|wed|thu|fri|sat|sun) /.test(line));
    expect(week).toHaveLength(7);
    expect(week.join("").replaceAll(/[^!]/g, "")).toBe("!");
    const csv = (await site.type("seatkeeper usage history --by month --csv")).stdout;
    expect(csv).toMatch(
      /^kind,vendor,period,feature,reason,denials,peak,.*\nfeature,acme\.example,\d{4}-\d\d,sim\.solver,,1,1,1,/,
    );
    expect(csv).toMatch(/\ndenial,acme\.example,\d{4}-\d\d,sim\.solver,NO_SEATS,1,,,/);
    expect(await site.json("seatkeeper usage history")).toMatchObject({
      by: "day",
      rows: [{ feature: "sim.solver", grants: 1, peak: 1, denials: { NO_SEATS: 1 } }],
      features: [{ feature: "sim.solver", days: 1, daysInVain: 1 }],
    });
  });
});

describe("a usage bundle", () => {
  it("goes to the vendor, and its receipt comes back", async () => {
    const site = await usedSite();
    await expectSession(
      site,
      `
      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: wrote usage.skb (<n> bytes, 4 blocks)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0

      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: error: usage.skb exists already (OUTPUT_EXISTS)
      ! seatkeeper: hint: choose another name, or add --force to replace it
      = 1
      `,
    );
    const ingested = await site.json(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested).toMatchObject({
      bundles: [
        {
          verdict: "FIRST_VERIFIED",
          accepted: true,
          counted: { grants: 1, denials: 1, units: 30 },
          trail: {
            head: expect.stringMatching(/^[\da-f]{64}$/) as string,
            block: expect.any(Number) as number,
          },
        },
      ],
    });
    await expectSession(
      site,
      `
      $ seatkeeper usage receipt usage.skrcpt
      ! seatkeeper: receipt 1 of acme.example: 4 blocks acknowledged
      = 0

      $ seatkeeper usage receipt usage.skrcpt
      ! seatkeeper: receipt 1 of acme.example: 4 blocks acknowledged
      = 0
      `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [{ ledger: { acknowledged: 4 } }],
    });
  });

  it("can be asked for with one flag, in both spellings", async () => {
    const site = await Site.serving(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper --export-usage first.skb
      ! seatkeeper: wrote first.skb (<n> bytes, 3 blocks)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0

      $ seatkeeper --config config.yaml --export-usage=second.skb
      ! seatkeeper: wrote second.skb (<n> bytes, 4 blocks)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0

      $ seatkeeper --export-usage first.skb --force
      ! seatkeeper: wrote first.skb (<n> bytes, 5 blocks)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0

      $ seatkeeper --export-usage
      ! seatkeeper: error: --out needs a value
      ! seatkeeper: hint: see seatkeeper usage export --help
      = 2

      $ seatkeeper --export-usage=
      ! seatkeeper: error: --out is empty
      = 2

      $ ls
      acme.skvendor
      admin.sock
      config.yaml
      data
      first.skb
      passphrase
      second.skb
      site.sklic
      terms.yaml
      = 0
      `,
    );
    expect(await site.json("seatkeeper --export-usage third.skb")).toMatchObject({
      vendor: "acme.example",
      exportNo: 4,
      size: 6,
      file: "third.skb",
      daemon: "running",
    });
  });

  it("is written with the daemon stopped too, and loses nothing", async () => {
    const site = await usedSite();
    await site.stopDaemon();
    await expectSession(
      site,
      `
      $ seatkeeper usage export --out usage.skb
      ! seatkeeper: wrote usage.skb (<n> bytes, 5 blocks, daemon not running)
      ! seatkeeper: next: carry it to the vendor, who answers with a receipt
      = 0
      `,
    );
    const ingested = await site.json(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested).toMatchObject({
      bundles: [
        {
          verdict: "FIRST_VERIFIED",
          accepted: true,
          counted: { grants: 1, denials: 1, units: 30 },
        },
      ],
    });
  });

  it("has what a killed daemon had acknowledged, and does not wait for open leases", async () => {
    const features = [{ name: "sim.solver", seats: 1, lease_time: "1h" }];
    const site = await Site.initialised(vendor, { ...usualTerms, features });
    const daemon = await site.serveLicensed();
    const ada = await site.workstation("ada");
    await ada.acquire("sim.solver");
    await ada.usage.record("render.minutes", 42);
    await daemon.kill("SIGKILL");
    await site.type("seatkeeper usage export --out usage.skb");
    const ingested = await site.json(
      "seatkeeper-vendor ingest usage.skb --passphrase-file passphrase",
    );
    expect(ingested).toMatchObject({
      bundles: [{ verdict: "FIRST_VERIFIED", accepted: true, counted: { grants: 1, units: 42 } }],
    });
  });

  it("is not begun where it cannot be written", async () => {
    const site = await Site.serving(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper usage export --out none/usage.skb
      ! seatkeeper: error: cannot write none/usage.skb: no such folder (OUTPUT_FAILED)
      ! seatkeeper: hint: make the folder first
      = 1

      $ seatkeeper usage export --out data
      ! seatkeeper: error: data is not a regular file (OUTPUT_FAILED)
      ! seatkeeper: hint: name a file that does not exist yet
      = 1

      $ seatkeeper usage export --out usage.skb --vendor other.example
      ! seatkeeper: error: no ledger is kept for other.example (VENDOR_NOT_HERE)
      ! seatkeeper: hint: run seatkeeper init with the vendor's file
      = 1

      $ ls data/usage.skb usage.skb
      ! ls: cannot access 'data/usage.skb': No such file or directory
      ! ls: cannot access 'usage.skb': No such file or directory
      = 2
      `,
    );
  });
});

describe("a receipt that does not belong here", () => {
  it("is refused, and changes nothing", async () => {
    const other = await usedSite();
    await other.type("seatkeeper usage export --out usage.skb");
    await other.type("seatkeeper-vendor ingest usage.skb --passphrase-file passphrase");
    const site = await Site.serving(vendor);
    const receipt = other.read("usage.skrcpt");
    site.write("other.skrcpt", receipt);
    site.write("half.skrcpt", receipt.slice(0, 300));
    site.write("mailed.skrcpt", receipt.replaceAll("\n", "\r\n"));
    await expectSession(
      site,
      `
      $ seatkeeper usage receipt other.skrcpt
      ! seatkeeper: error: the receipt is for ledger <id> (RECEIPT_WRONG_CHAIN)
      ! seatkeeper: hint: import it where that ledger is kept
      = 1

      $ seatkeeper usage receipt half.skrcpt
      ! seatkeeper: error: the note ends in the middle of a line (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ seatkeeper usage receipt mailed.skrcpt
      ! seatkeeper: error: the note has carriage returns, first in line 1 (NOTE_CRLF)
      ! seatkeeper: hint: a mail program or editor changed its line endings; transfer the file as an attachment or in binary mode
      = 1

      $ seatkeeper usage receipt site.sklic
      ! seatkeeper: error: site.sklic is a license, not a receipt (FILE_UNREADABLE)
      ! seatkeeper: hint: give the receipt instead
      = 1
      `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [{ ledger: { size: 1, acknowledged: 0 } }],
    });
  });

  it("is not verified when it was changed", async () => {
    const site = await usedSite();
    await site.type("seatkeeper usage export --out usage.skb");
    await site.type("seatkeeper-vendor ingest usage.skb --passphrase-file passphrase");
    const receipt = site.read("usage.skrcpt");
    site.write("changed.skrcpt", receipt.replace('"receipt_no": 1', '"receipt_no": 9'));
    await expectSession(
      site,
      `
      $ seatkeeper usage receipt changed.skrcpt
      ! seatkeeper: error: the signature of acme.example/issuer does not verify (NOTE_SIGNATURE)
      ! seatkeeper: hint: the file was changed after it was signed; fetch it again from its sender
      = 3
      `,
    );
  });
});
