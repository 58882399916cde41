import { describe, expect, it, vi } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import { expiriesOf } from "../../src/daemon/expiries.ts";
import { readLicense } from "../../src/license/license.ts";
import {
  aSite,
  type GivenDaemon,
  licenseFor,
  noon,
  root,
  started,
  stopTime,
  vendor,
} from "./given.ts";
import { somebody, Workstation } from "./workstation.ts";

const DAY = 86_400_000;

/** Features that end at `endsAt`, with 5 days of grace, and one that does not. */
const ending = (endsAt: number, ...names: readonly string[]): object => ({
  site: "Example Studio",
  features: [
    ...names.map((name) => ({ name, seats: 1, expires_at: endsAt, grace_days: 5 })),
    { name: "for.ever", seats: 1 },
  ],
});

const warnings = ({ log }: GivenDaemon): readonly string[] =>
  log.filter((line) => line.includes('"license.expiring"'));

describe("a license that ends", () => {
  it("comes near 30, 7 and 1 days before its end, and stays in view through its grace", async () => {
    const site = await aSite();
    const end = noon + 40 * DAY;
    const file = licenseFor(site, ending(end, "cad.pro", "cad.max"));
    const license = readLicense(file, { vendorName: vendor, rootKey: root.publicKey });
    const stageAt = (now: number): number | undefined =>
      expiriesOf([license], unixMillis(now))[0]?.stage;
    expect(stageAt(end - 30 * DAY - 1)).toBeUndefined();
    expect(stageAt(end - 30 * DAY)).toBe(30);
    expect(stageAt(end - 7 * DAY - 1)).toBe(30);
    expect(stageAt(end - 7 * DAY)).toBe(7);
    expect(stageAt(end - DAY)).toBe(1);
    expect(stageAt(end)).toBe(0);
    expect(stageAt(end + 5 * DAY - 1)).toBe(0);
    expect(stageAt(end + 5 * DAY)).toBeUndefined();
    expect(expiriesOf([license], unixMillis(end))).toEqual([
      {
        licenseId: license.licenseId,
        names: ["cad.pro", "cad.max"],
        endsAt: end,
        graceUntil: end + 5 * DAY,
        stage: 0,
      },
    ]);
  });

  it("is warned of once per step: in the log, the status and to who is connected", async () => {
    stopTime();
    const daemon = await started(await aSite());
    const ada = await Workstation.greeted(daemon.url, somebody("ada"));
    const soon = 90_000;
    const install = (terms: object): Promise<unknown> =>
      daemon.admin.installLicense(licenseFor(daemon.site, terms));
    await install(ending(noon + 30 * DAY + soon, "thirty"));
    expect(warnings(daemon)).toEqual([]);
    expect((await daemon.admin.status()).vendors[0]?.expiries).toEqual([]);
    await install(ending(noon + 7 * DAY + soon, "seven"));
    await install(ending(noon + DAY + soon, "one"));
    await install(ending(noon + soon, "grace"));
    expect(warnings(daemon)).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(180_000);
    await vi.waitFor(() => expect(warnings(daemon)).toHaveLength(7));
    await vi.advanceTimersByTimeAsync(180_000);
    expect(warnings(daemon)).toHaveLength(7);
    const told: unknown[] = [];
    while (told.length < 7) told.push((await ada.notified("license.expiring")).params?.["names"]);
    expect(told).toEqual([
      ["seven"],
      ["one"],
      ["grace"],
      ["grace"],
      ["one"],
      ["seven"],
      ["thirty"],
    ]);
    expect((await daemon.admin.status()).vendors[0]?.expiries).toHaveLength(4);
    expect(JSON.parse(warnings(daemon)[0] ?? "")).toMatchObject({
      level: "warn",
      names: ["seven"],
      endsAt: "2026-11-29T12:01:30.000Z",
      graceUntil: "2026-12-04T12:01:30.000Z",
    });
    const bob = await Workstation.greeted(daemon.url, somebody("bob"));
    expect((await bob.notified("license.expiring")).params).toEqual({
      names: ["grace"],
      endsAt: noon + soon,
      graceUntil: noon + soon + 5 * DAY,
    });
  });
});
