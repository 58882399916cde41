import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rawIdentity } from "../../src/base/identity.ts";
import { unixMillis } from "../../src/base/time.ts";
import { dataFolder, vendorFolder } from "../../src/store/data-folder.ts";
import { aDaemon, licenseFor, started, stopTime, vendor } from "./given.ts";
import { leaseOf, nonce, Workstation } from "./workstation.ts";

const ends = Date.parse("2026-11-20T00:00:00.000Z");
const MAINTAINED = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 3, lease_time: "30s", maintenance_until: ends }],
};

const HINT = "maintenance covers versions released before 2026-11-20";

describe("a license with maintenance until 20 November", () => {
  it("gives seats to versions released before, and to no others", async () => {
    const daemon = await aDaemon(MAINTAINED);
    const ada = await Workstation.greeted(daemon.url);
    leaseOf(await ada.acquire("cad.pro", { versionDate: ends - 1 }));
    expect((await ada.acquire("cad.pro", { versionDate: ends })).error?.data).toMatchObject({
      reason: "VERSION_TOO_NEW",
      hint: `${HINT}; use an older one or renew it`,
    });
  });

  it("gives none to a client that does not say when its version was released", async () => {
    const daemon = await aDaemon(MAINTAINED);
    const ada = await Workstation.greeted(daemon.url);
    for (const version of ["0", "2026.1"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await ada.acquire("cad.pro", { version })).error?.data).toMatchObject({
        reason: "VERSION_TOO_NEW",
        hint: `${HINT}, and the program does not say when it was released`,
      });
    }
  });

  it("is what the administrator is told too", async () => {
    const daemon = await aDaemon(MAINTAINED);
    const asked = { feature: "cad.pro", version: "0", count: 1 };
    const who = { user: rawIdentity("ada"), host: rawIdentity("ws7") };
    expect(await daemon.admin.why({ ...asked, ...who })).toMatchObject({
      denial: { reason: "VERSION_TOO_NEW" },
    });
    const versionDate = unixMillis(ends - 1);
    expect(await daemon.admin.why({ ...asked, ...who, versionDate })).toMatchObject({
      outcome: "granted",
    });
  });

  it("knows the date of a lease over a restart, and ends newer ones at their next renewal", async () => {
    stopTime();
    const daemon = await aDaemon();
    const ada = await Workstation.greeted(daemon.url);
    const older = leaseOf(await ada.acquire("cad.pro", { versionDate: ends - 1 }));
    const newer = leaseOf(await ada.acquire("cad.pro", { versionDate: ends }));
    await daemon.stop();
    rmSync(vendorFolder(dataFolder(daemon.site.config.dataDir), vendor).licenses, {
      recursive: true,
    });
    const again = await started(daemon.site);
    await again.admin.installLicense(licenseFor(daemon.site, MAINTAINED));
    const back = await Workstation.greeted(again.url, ada.identity);
    const leases = [older, newer];
    expect((await back.ask("seat.resume", { leases, nonce: nonce() })).result).toMatchObject({
      leases: [{ id: older }],
      lost: [{ id: newer, reason: "VERSION_TOO_NEW" }],
    });
  });
});
