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
