import { beforeAll, describe, expect, it } from "vitest";
import { Site, usualTerms, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
/** Its daemon runs, without a license. */
let site: Site;
beforeAll(async () => {
  vendor = Vendor.named();
  site = await Site.initialised(vendor);
  await site.serve();
});

const nothingInstalled = `
      $ seatkeeper license show
      ! seatkeeper: no license is installed
      = 0
`;

describe("a license that is not as the vendor signed it", () => {
  it("is refused when its line ends were changed on the way", async () => {
    site.write("mailed.sklic", site.read("site.sklic").replaceAll("\n", "\r\n"));
    await expectSession(
      site,
      `
      $ seatkeeper license install mailed.sklic
      ! seatkeeper: error: the note has carriage returns, first in line 1 (NOTE_CRLF)
      ! seatkeeper: hint: a mail program or editor changed its line endings; transfer the file as an attachment or in binary mode
      = 1
      ${nothingInstalled}`,
    );
  });

  it("is refused when half of it is missing", async () => {
    const whole = site.read("site.sklic");
    site.write("half.sklic", whole.slice(0, whole.length / 2));
    site.write("unsigned.sklic", whole.slice(0, whole.indexOf("\n\n") + 1));
    site.write("empty.sklic", "");
    await expectSession(
      site,
      `
      $ seatkeeper license install half.sklic
      ! seatkeeper: error: the note ends in the middle of a line (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ seatkeeper license install unsigned.sklic
      ! seatkeeper: error: the note ends before its signature (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ seatkeeper license install empty.sklic
      ! seatkeeper: error: license empty.sklic is empty (FILE_UNREADABLE)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1
      ${nothingInstalled}`,
    );
  });

  it("is not verified when somebody made two seats two hundred", async () => {
    site.write("more.sklic", site.read("site.sklic").replace('"seats": 2', '"seats": 200'));
    await expectSession(
      site,
      `
      $ seatkeeper license install more.sklic
      ! seatkeeper: error: the license was changed after it was signed (LICENSE_SIGNATURE)
      ! seatkeeper: hint: fetch the license again from the vendor and install it unchanged
      = 3
      ${nothingInstalled}`,
    );
  });

  it("is not verified when another vendor of the same name signed it", async () => {
    const forger = Vendor.named();
    const other = await Site.initialised(forger);
    site.write("forged.sklic", other.read("site.sklic"));
    await expectSession(
      site,
      `
      $ seatkeeper license install forged.sklic
      ! seatkeeper: error: the issuer certificate is not signed by the root key of acme.example (LICENSE_ISSUER)
      ! seatkeeper: hint: ask the vendor for a license issued under the root key of your vendor file
      = 3
      ${nothingInstalled}`,
    );
  });

  it("must be a license, and there", async () => {
    await expectSession(
      site,
      `
      $ seatkeeper license install acme.skvendor
      ! seatkeeper: error: acme.skvendor is a vendor file, not a license (FILE_UNREADABLE)
      ! seatkeeper: hint: give the license instead
      = 1

      $ seatkeeper license install config.yaml
      ! seatkeeper: error: the note ends before its signature (NOTE_TRUNCATED)
      ! seatkeeper: hint: copy the file again, whole and unchanged
      = 1

      $ seatkeeper license install none.sklic
      ! seatkeeper: error: no such license: none.sklic (FILE_NOT_FOUND)
      ! seatkeeper: hint: check the spelling and the folder
      = 1

      $ seatkeeper license install
      ! seatkeeper: error: an argument is missing
      ! seatkeeper: hint: see seatkeeper license install --help
      = 2
      `,
    );
  });
});

describe("a license that is not for this site, or not for now", () => {
  it("is refused when it is for another ledger", async () => {
    const other = await Site.initialised(vendor);
    site.write("other.sklic", other.read("site.sklic"));
    await expectSession(
      site,
      `
      $ seatkeeper license install other.sklic
      ! seatkeeper: error: the license is for ledger <id>, this site's is <id> (LICENSE_WRONG_CHAIN)
      ! seatkeeper: hint: ask the vendor for a license for this site's request; see seatkeeper license request
      = 1
      ${nothingInstalled}`,
    );
  });

  it("is refused when it is for another host", async () => {
    site.write("host.sklic", await site.licenseForHost("ab".repeat(32)));
    await expectSession(
      site,
      `
      $ seatkeeper license install host.sklic
      ! seatkeeper: error: the license is for another host (LICENSE_WRONG_HOST)
      ! seatkeeper: hint: install it on the host it was requested on, or ask the vendor for a license for this one
      = 1
      ${nothingInstalled}`,
    );
  });

  it("is refused when it has ended", async () => {
    site.write("old.sklic", await site.licenseFor({ ...usualTerms, not_after: "2020-01-31" }));
    await expectSession(
      site,
      `
      $ seatkeeper license install old.sklic
      ! seatkeeper: error: the license expired on <moment> (LICENSE_EXPIRED)
      ! seatkeeper: hint: ask the vendor for a renewal, and check that this host's clock is right
      = 1
      ${nothingInstalled}`,
    );
  });
});

describe("a license that holds", () => {
  it("takes effect at once, and adds up with another one", async () => {
    const own = await Site.initialised(vendor);
    await own.serve();
    const more = { site: "Example Studio", features: [{ name: "cad.pro", seats: 5 }] };
    own.write("more.sklic", await own.licenseFor(more));
    await expectSession(
      own,
      `
      $ seatkeeper license install site.sklic
      <id>  in force
        vendor   acme.example
        site     Example Studio
        issued   <moment>
        feature  cad.pro: 2 seats
                 lease time 30s
        feature  sim.solver: 1 seat
                 lease time 30s
        meter    render.minutes: 100 (minutes)
        total    cad.pro: 2 seats
        total    sim.solver: 1 seat
      = 0

      $ seatkeeper run --feature cad.pro --count 5 -- echo granted
      ! seatkeeper: error: cad.pro denied: TOO_MANY (SEAT_DENIED)
      ! seatkeeper: hint: more seats than the license has can never be granted; ask for fewer
      = 1

      $ seatkeeper license install more.sklic
      <id>  in force
        vendor   acme.example
        site     Example Studio
        issued   <moment>
        feature  cad.pro: 5 seats
        total    cad.pro: 7 seats
        total    sim.solver: 1 seat
      = 0

      $ seatkeeper run --feature cad.pro --count 7 -- echo granted
      granted
      = 0
      `,
    );
  });

  it("tells from when until when each feature may be used, and the quotas", async () => {
    const own = await Site.initialised(vendor);
    await own.serve();
    own.write(
      "dated.sklic",
      await own.licenseFor({
        site: "Example Studio",
        not_before: "2026-01-01",
        features: [
          { name: "cad.pro", seats: 2, expires_at: "2040-01-31", grace_days: 7 },
          { name: "sim.solver", seats: 2, borrow: { days: 7, seats: 1 } },
        ],
        meters: [
          { name: "render.minutes", unit: "minute", quota: 600, period: "month" },
          { name: "prints", unit: "page" },
        ],
      }),
    );
    await own.type("seatkeeper license install dated.sklic");
    await expectSession(
      own,
      `
      $ seatkeeper license show
      <id>  in force
        vendor   acme.example
        site     Example Studio
        issued   <moment>
        feature  cad.pro: 2 seats, from 2026-01-01, to 2040-01-31, grace to 2040-02-07
        feature  sim.solver: 2 seats, from 2026-01-01, 1 to borrow for at most 7 days
        meter    render.minutes: 600 (minute) a month
        meter    prints: no quota (page)
      = 0
      `,
    );
    expect(await own.json("seatkeeper license show")).toMatchObject({
      licenses: [
        {
          features: [
            {
              startsAt: Date.UTC(2026, 0, 1),
              endsAt: Date.UTC(2040, 1, 1),
              graceUntil: Date.UTC(2040, 1, 8),
              borrow: null,
            },
            { feature: "sim.solver", borrow: { days: 7, seats: 1 } },
          ],
          meters: [
            { meter: "render.minutes", unit: "minute", period: "month", quota: 600 },
            { meter: "prints", unit: "page", period: "total", quota: null },
          ],
        },
      ],
    });
  });

  it("tells every other term of a feature, a pool and a meter that differs from leaving it out", async () => {
    const own = await Site.initialised(vendor);
    await own.serve();
    own.write(
      "special.sklic",
      await own.licenseFor({
        site: "Example Studio",
        features: [
          { name: "plain", seats: 1 },
          {
            name: "pool.a",
            seats: 10,
            share: "user+host",
            tokens: { pool: "bag", cost: 3 },
            overdraft_seats: 2,
            linger: "15m",
            min_lease: "10m",
            release_on_disconnect: true,
          },
          { name: "pool.b", seats: 10, tokens: { pool: "bag", cost: 1 } },
          {
            name: "old",
            seats: 1,
            version_max: "4.2",
            maintenance_until: "2026-06-30",
            named_users: { max: 2, changes_per_month: 1 },
            lease_time: "5m",
            offline_grace: "2h",
          },
        ],
        pools: [{ name: "bag", tokens: 9 }],
        meters: [
          { name: "plain.units", unit: "unit", quota: 5 },
          {
            name: "prints",
            unit: "page",
            quota: 5,
            overdraft: "allow",
            refunds: true,
            late_limit: "2d",
          },
        ],
      }),
    );
    await own.type("seatkeeper license install special.sklic");
    await expectSession(
      own,
      `
      $ seatkeeper license show
      <id>  in force
        vendor   acme.example
        site     Example Studio
        issued   <moment>
        feature  plain: 1 seat
        feature  pool.a: 10 seats
                 one seat per user and host, 3 tokens of bag a seat, overdraft of 2 seats, lingers 15m, lasts at least 10m, free when the connection breaks
        feature  pool.b: 10 seats
                 1 token of bag a seat
        feature  old: 1 seat
                 versions up to 4.2, maintenance to 2026-06-30, 2 named users, 1 change a month, lease time 5m, offline for at most 2h
        pool     bag: 9 tokens
        meter    plain.units: 5 (unit)
        meter    prints: 5 (page), more is counted too, refunds, late by at most 2d
      = 0
      `,
    );
    expect(await own.json("seatkeeper license show")).toMatchObject({
      licenses: [
        {
          features: [
            { feature: "plain", share: "none", tokens: null, leaseTimeMs: 90_000, lingerMs: 0 },
            { feature: "pool.a", tokens: { pool: "bag", cost: 3 }, overdraftSeats: 2 },
            { feature: "pool.b", tokens: { pool: "bag", cost: 1 }, overdraftSeats: 0 },
            {
              feature: "old",
              versionMax: "4.2",
              maintenanceUntil: Date.UTC(2026, 6, 1),
              namedUsers: { max: 2, changesPerMonth: 1 },
              offlineGraceMs: 7_200_000,
            },
          ],
          pools: [{ pool: "bag", tokens: 9 }],
          meters: [
            { meter: "plain.units", overdraft: "deny", refunds: false, lateLimitMs: 604_800_000 },
            { meter: "prints", overdraft: "allow", refunds: true, lateLimitMs: 172_800_000 },
          ],
        },
      ],
    });
  });

  it("may be installed twice", async () => {
    const own = await Site.serving(vendor);
    const { code } = await own.type("seatkeeper license install site.sklic");
    expect(code).toBe(0);
    expect(await own.json("seatkeeper license show")).toMatchObject({
      licenses: [
        {
          vendor: "acme.example",
          site: "Example Studio",
          problem: "",
          features: [
            { feature: "cad.pro", seats: 2 },
            { feature: "sim.solver", seats: 1 },
          ],
        },
      ],
    });
  });

  it("is shown with its trouble when it was damaged in the data folder", async () => {
    const own = await Site.serving(vendor);
    const [file = ""] = (await own.type("ls data/vendors/acme.example/licenses")).stdout.split(
      "\n",
    );
    await own.stopDaemon();
    const path = `data/vendors/acme.example/licenses/${file}`;
    own.write(path, own.read(path).replace('"seats": 2', '"seats": 9'));
    await own.serve();
    await expectSession(
      own,
      `
      $ seatkeeper license show
      <id>  LICENSE_SIGNATURE
        vendor   acme.example
      = 0

      $ seatkeeper status
      seatkeeper 0.1.0  not ready, up <span>, 0 connections
        NO_LICENSE  no license of acme.example is in force
        hint  install one with seatkeeper license install
        LICENSE_SIGNATURE  <id>.sklic: the license was changed after it was signed
        hint  fetch the license again from the vendor and install it unchanged

      acme.example  1 license
      ledger: 1 block, 0 acknowledged, 0 events not yet sealed
      = 1
      `,
    );
  });

  it("cannot be installed while no daemon runs", async () => {
    const own = await Site.initialised(vendor);
    await expectSession(
      own,
      `
      $ seatkeeper license install site.sklic
      ! seatkeeper: error: no daemon answers on <folder>/admin.sock: connect ENOENT <folder>/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: start it with seatkeeper serve, or check socket in the configuration
      = 1
      `,
    );
  });
});
