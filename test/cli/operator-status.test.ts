import { beforeAll, describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

let vendor: Vendor;
beforeAll(() => {
  vendor = Vendor.named();
});

describe("seatkeeper status", () => {
  it("says why the daemon cannot serve yet, and ends with 1", async () => {
    const site = await Site.initialised(vendor);
    await site.serve();
    await expectSession(
      site,
      `
      $ seatkeeper status
      seatkeeper 0.1.0  not ready, up <span>, 0 connections
        NO_LICENSE  no license of acme.example is in force
        hint  install one with seatkeeper license install

      acme.example  0 licenses
      ledger: 1 block, 0 acknowledged, 0 events not yet sealed
      = 1
    `,
    );
  });

  it("shows what is in use", async () => {
    const site = await Site.serving(vendor);
    const ada = await site.workstation("ada");
    await ada.acquire("cad.pro");
    await ada.usage.record("render.minutes", 12);
    await expectSession(
      site,
      `
      $ seatkeeper status
      seatkeeper 0.1.0  ready, up <span>, 1 connection

      acme.example  1 license
      ledger: 1 block, 0 acknowledged, 2 events not yet sealed

      feature     seats  used  free  queued
      cad.pro         2     1     1       0
      sim.solver      1     0     1       0

      meter                 used  quota  period
      render.minutes  12 minutes    100  total
      = 0
    `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      version: "0.1.0",
      ready: true,
      problems: [],
      connections: 1,
      vendors: [
        {
          vendor: "acme.example",
          licenses: 1,
          ledger: { size: 1, acknowledged: 0, pending: 2 },
          features: [
            { feature: "cad.pro", seats: 2, used: 1, free: 1, queued: 0 },
            { feature: "sim.solver", seats: 1, used: 0, free: 1, queued: 0 },
          ],
          meters: [{ meter: "render.minutes", unit: "minutes", quota: 100, used: 12 }],
        },
      ],
    });
  });
});

describe("seatkeeper status, of token pools and overdraft", () => {
  const terms = {
    site: "Example Studio",
    features: [
      { name: "pool.a", seats: 10, tokens: { pool: "bag", cost: 3 } },
      { name: "pool.b", seats: 10, tokens: { pool: "bag", cost: 1 } },
      { name: "extra", seats: 1, overdraft_seats: 2 },
    ],
    pools: [{ name: "bag", tokens: 6 }],
  };

  it("shows what is left of the tokens, what a seat costs, and what is used above the license", async () => {
    const site = await Site.serving(vendor, terms);
    const ada = await site.workstation("ada");
    const seat = await ada.acquire("pool.a", { count: 2 });
    await ada.acquire("extra");
    await ada.acquire("extra");
    await expectSession(
      site,
      `
      $ seatkeeper status
      seatkeeper 0.1.0  ready, up <span>, 1 connection

      acme.example  1 license
      ledger: 1 block, 0 acknowledged, 3 events not yet sealed

      feature  seats  used  free  overdraft  queued  a seat costs
      extra        1     2     0     1 of 2       0
      pool.a      10     2     8     0 of 0       0  3 tokens of bag
      pool.b      10     0    10     0 of 0       0  1 token of bag

      pool  tokens  spent  free
      bag        6      6     0
      = 0

      $ seatkeeper run --feature pool.b -- echo granted
      ! seatkeeper: error: pool.b denied: NO_SEATS (SEAT_DENIED)
      ! seatkeeper: hint: too few bag tokens are free, whatever seats are; wait in the queue or try again later; who waits would be number 1
      = 1
    `,
    );
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [
        {
          features: [
            { feature: "extra", overdraftSeats: 2, overdraft: 1, tokens: null },
            { feature: "pool.a", used: 2, overdraft: 0, tokens: { pool: "bag", cost: 3 } },
            { feature: "pool.b", free: 10, tokens: { pool: "bag", cost: 1 } },
          ],
          pools: [{ pool: "bag", tokens: 6, spent: 6, free: 0 }],
        },
      ],
    });
    await seat.release();
    expect(await site.json("seatkeeper status")).toMatchObject({
      vendors: [{ pools: [{ pool: "bag", tokens: 6, spent: 0, free: 6 }] }],
    });
  });

  it("goes on showing the tokens with --watch", async () => {
    const site = await Site.serving(vendor, terms);
    const watch = site.start("seatkeeper status --watch");
    await watch.says(/"pools":\[\{"pool":"bag","tokens":6,"spent":0,"free":6\}\]/);
    const ada = await site.workstation("ada");
    await ada.acquire("pool.a");
    await watch.says(/"pools":\[\{"pool":"bag","tokens":6,"spent":3,"free":3\}\]/);
    expect((await watch.kill("SIGTERM")).code).toBe(0);
  });
});

describe("seatkeeper seats", () => {
  it("lists who holds what, by pseudonym, and takes a seat back", async () => {
    const site = await Site.serving(vendor);
    const ada = await site.workstation("ada");
    const seat = await ada.acquire("cad.pro", { version: "4.2", count: 2 });
    await expectSession(
      site,
      `
      $ seatkeeper seats list
      lease                             feature  seats  user                      host                      since                     ends in  state
      <id>  cad.pro      2  <pseudonym>  <pseudonym>  <moment>      <n>s  connected
      = 0

      $ seatkeeper seats revoke ${seat.leaseId}
      ! seatkeeper: revoked <id>
      = 0

      $ seatkeeper seats list
      ! seatkeeper: no seat is held
      = 0

      $ seatkeeper seats revoke ${seat.leaseId}
      ! seatkeeper: error: there is no lease <id> (ADMIN_LEASE_UNKNOWN)
      ! seatkeeper: hint: list them with seatkeeper seats list
      = 1

      $ seatkeeper seats revoke ada
      ! seatkeeper: error: a lease has 32 hex digits
      ! seatkeeper: hint: see: seatkeeper seats list
      = 2
      `,
    );
    expect(seat.loss).toMatchObject({ reason: "LEASE_REVOKED", final: true });
  });

  it("gives a script every field, and no name of a person or machine", async () => {
    const site = await Site.serving(vendor);
    const ada = await site.workstation("ada");
    const { leaseId } = await ada.acquire("cad.pro", { version: "4.2" });
    const listed = await site.json("seatkeeper seats list");
    expect(listed).toMatchObject({
      seats: [
        {
          lease: leaseId,
          vendor: "acme.example",
          feature: "cad.pro",
          version: "4.2",
          count: 1,
          overdraft: false,
          connected: true,
        },
      ],
    });
    expect(JSON.stringify(listed)).not.toMatch(/\bada\b/);
    expect(await site.json(`seatkeeper seats revoke ${leaseId}`)).toEqual({ lease: leaseId });
    expect(await site.json("seatkeeper seats list")).toEqual({ seats: [] });
  });
});

describe("seatkeeper seats, of somebody", () => {
  it("are found and taken back by the names that clients send, which stay nowhere", async () => {
    const site = await Site.serving(vendor);
    const [ada, bob] = [await site.workstation("ada"), await site.workstation("bob")];
    await ada.acquire("cad.pro");
    await bob.acquire("cad.pro");
    await expectSession(
      site,
      `
      $ seatkeeper seats list --user ada
      lease                             feature  seats  user                      host                      since                     ends in  state
      <id>  cad.pro      1  <pseudonym>  <pseudonym>  <moment>      <n>s  connected
      ! seatkeeper: known here as <pseudonym>
      = 0

      $ seatkeeper seats list --user ada --host bob-pc
      ! seatkeeper: known here as <pseudonym> on <pseudonym>
      ! seatkeeper: no seat is held
      = 0

      $ seatkeeper seats revoke --host ada-pc
      ! seatkeeper: revoked <id>
      = 0

      $ seatkeeper seats revoke --user ada
      ! seatkeeper: no seat is held
      = 0

      $ seatkeeper seats revoke
      ! seatkeeper: error: name a lease, or somebody by --user and --host
      ! seatkeeper: hint: see: seatkeeper seats list
      = 2

      $ seatkeeper seats revoke 00112233445566778899aabbccddeeff --user bob
      ! seatkeeper: error: a lease and --user or --host are both given, and one of them is enough
      ! seatkeeper: hint: leave out --user and --host to take that one seat, or the lease to take all of somebody
      = 2
      `,
    );
    expect(ada.seats[0]?.loss).toMatchObject({ reason: "LEASE_REVOKED" });
    expect(bob.seats[0]?.state).toBe("held");
    const found = await site.json("seatkeeper seats list --user bob --host bob-pc");
    expect(found).toMatchObject({
      user: expect.stringMatching(/^u_/) as unknown,
      host: expect.stringMatching(/^h_/) as unknown,
      seats: [{ feature: "cad.pro" }],
    });
    expect(JSON.stringify(found)).not.toMatch(/\bbob\b/);
  });
});

describe("a command for the daemon when none runs", () => {
  it("says so on standard error, as JSON where JSON was asked for", async () => {
    const site = await Site.initialised(vendor);
    await expectSession(
      site,
      `
      $ seatkeeper seats list
      ! seatkeeper: error: no daemon answers on <folder>/admin.sock: connect ENOENT <folder>/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: start it with seatkeeper serve, or check socket in the configuration
      = 1

      $ seatkeeper usage show
      ! seatkeeper: error: no daemon answers on <folder>/admin.sock: connect ENOENT <folder>/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: start it with seatkeeper serve, or check socket in the configuration
      = 1

      $ seatkeeper status --json
      ! {"error":{"code":"ADMIN_UNREACHABLE","message":"no daemon answers on <folder>/admin.sock: connect ENOENT <folder>/admin.sock","hint":"start it with seatkeeper serve, or check socket in the configuration","facts":{}}}
      = 1
      `,
    );
  });

  it("does not mistake the socket of a killed daemon for one", async () => {
    const site = await Site.initialised(vendor);
    const daemon = await site.serve();
    await daemon.kill("SIGKILL");
    await expectSession(
      site,
      `
      $ seatkeeper status
      ! seatkeeper: error: no daemon answers on <folder>/admin.sock: connect ECONNREFUSED <folder>/admin.sock (ADMIN_UNREACHABLE)
      ! seatkeeper: hint: start it with seatkeeper serve, or check socket in the configuration
      = 1
      `,
    );
  });
});
