import { describe, expect, it } from "vitest";
import { Site, Vendor } from "../support/site.ts";
import { expectSession } from "../support/terminal.ts";

const TERMS = {
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 2, maintenance_until: "2026-06-30" }],
};

describe("a license whose maintenance has ended", () => {
  it("covers programs that say that they are older", async () => {
    const site = await Site.serving(Vendor.named(), TERMS);
    await expectSession(
      site,
      `
      $ seatkeeper run --feature cad.pro --version-date 2026-06-30 -- echo covered
      covered
      = 0

      $ seatkeeper run --feature cad.pro --version-date 2026-07-01 -- echo covered
      ! seatkeeper: error: cad.pro denied: VERSION_TOO_NEW (SEAT_DENIED)
      ! seatkeeper: hint: maintenance covers versions released before 2026-07-01; use an older one or renew it
      = 1

      $ seatkeeper run --feature cad.pro -- echo covered
      ! seatkeeper: error: cad.pro denied: VERSION_TOO_NEW (SEAT_DENIED)
      ! seatkeeper: hint: maintenance covers versions released before 2026-07-01, and the program does not say when it was released
      = 1

      $ seatkeeper run --feature cad.pro --version-date 2026-02-30 -- echo covered
      ! seatkeeper: error: "2026-02-30" is not a day
      ! seatkeeper: hint: write it like 2026-11-30
      = 2

      $ seatkeeper why --feature cad.pro --user ada --host ws7 --version-date 2026-06-30
      cad.pro of acme.example: granted
        groups: none
        known here as <pseudonym> on <pseudonym>
      = 0
      `,
    );
    const ada = await site.workstation("ada");
    const versionDate = Date.UTC(2026, 5, 30);
    await ada.acquire("cad.pro", { version: "4.2", versionDate });
    await expect(ada.acquire("cad.pro", { version: "4.2" })).rejects.toMatchObject({
      reason: "VERSION_TOO_NEW",
    });
  });
});
