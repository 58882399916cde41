import { describe, expect, it, vi } from "vitest";
import { unixMillis } from "../../src/base/time.ts";
import { withheldByClock } from "../../src/daemon/clock-policy.ts";
import { readLicense } from "../../src/license/license.ts";
import { type Ingested, ingest, receiptFor } from "./at-the-vendor.ts";
import {
  aDaemon,
  aSite,
  type GivenDaemon,
  licenseFor,
  noon,
  root,
  started,
  stopTime,
  vendor,
} from "./given.ts";
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";

const SECOND = 1_000;
const DAY = 86_400_000;

const terms = (policy: string, days = 0): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 2, lease_time: "5m" }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
  clock_policy: policy,
  policy_grace_days: days,
});

/** Somebody sets the clock of the machine, and the daemon looks at it. */
async function setClock(moment: number): Promise<void> {
  vi.setSystemTime(moment);
  await vi.advanceTimersByTimeAsync(5 * SECOND);
}

const reasonOf = ({ error, result }: Message): unknown =>
  (error?.data as { readonly reason?: string } | undefined)?.reason ?? result?.["state"];

async function sealed({ admin, site }: GivenDaemon): Promise<Ingested> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece.slice()));
  return ingest(new Uint8Array(Buffer.concat(pieces)), site.request);
}

const anomalies = ({ payloads }: Ingested): readonly unknown[] =>
  payloads.flatMap((payload) =>
    payload.type === "incident" && payload.code === "CLOCK_ANOMALY"
      ? [{ count: payload.count, firstSeen: payload.firstSeen - noon }]
      : [],
  );

describe("a clock that is set back, where the license says refuse", () => {
  it("ends the granting of seats, and nobody's work, until it is right again", async () => {
    stopTime();
    const daemon = await aDaemon(terms("refuse"));
    const ada = await Workstation.greeted(daemon.url, somebody("ada"));
    const cid = await Workstation.greeted(daemon.url, somebody("cid"));
    const held = leaseOf(await ada.acquire("cad.pro", { count: 2 }));
    await cid.acquire("cad.pro", { wait: true, key: "cid-1" });
    await setClock(noon - 365 * DAY);
    expect((await cid.notified("queue.dropped")).params).toMatchObject({
      key: "cid-1",
      denial: { reason: "CLOCK_SUSPECT" },
    });
    expect(reasonOf(await cid.acquire("cad.pro"))).toBe("CLOCK_SUSPECT");
    expect(await ada.ask("seat.renew", { leases: [held], nonce: nonce() })).toMatchObject({
      result: { leases: [{ id: held }], lost: [] },
    });
    const records = [{ meter: "render.minutes", units: 1, key: "use", usedAt: noon }];
    expect(await ada.ask("usage.record", { records })).not.toHaveProperty(
      "result.results.0.denial",
    );
    expect(await daemon.admin.status()).toMatchObject({
      ready: false,
      problems: [{ code: "CLOCK_SUSPECT" }],
      clock: { suspect: { byMs: -365 * DAY } },
      vendors: [{ refusedByClock: expect.any(Number) as number }],
    });
    await ada.ask("seat.release", { lease: held });
    await setClock(noon + 10 * SECOND);
    expect(reasonOf(await cid.acquire("cad.pro"))).toBe("granted");
    expect(await daemon.admin.status()).toMatchObject({ ready: true, clock: { suspect: null } });
  });

  it("refuses from the first request on after a restart with that clock", async () => {
    stopTime();
    const daemon = await aDaemon(terms("refuse"));
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    await daemon.stop();
    vi.setSystemTime(noon - 365 * DAY);
    const again = await started(daemon.site);
    const ada = await Workstation.greeted(again.url);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("CLOCK_SUSPECT");
  });
});

describe("a clock that is set ahead, where the license says refuse", () => {
  it("is believed, and seats are granted, once a receipt of the vendor confirms it", async () => {
    stopTime();
    const daemon = await aDaemon(terms("refuse"));
    const ada = await Workstation.greeted(daemon.url);
    await setClock(noon + 730 * DAY);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("CLOCK_SUSPECT");
    const { report } = await sealed(daemon);
    await daemon.admin.importReceipt(receiptFor(report, 1));
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("granted");
  });
});

describe("a suspect clock, where the license says grace", () => {
  it("is told with the day from which seats will be refused, which no restart moves", async () => {
    stopTime();
    const daemon = await aDaemon(terms("grace", 2));
    await setClock(noon - 365 * DAY);
    const ada = await Workstation.greeted(daemon.url);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("granted");
    const from = noon + 5 * SECOND + 2 * DAY;
    expect(await daemon.admin.status()).toMatchObject({
      ready: true,
      vendors: [{ refusedByClock: from }],
    });
    await daemon.stop();
    await vi.advanceTimersByTimeAsync(60 * SECOND);
    const again = await started(daemon.site);
    expect((await again.admin.status()).vendors).toMatchObject([{ refusedByClock: from }]);
  });

  it("is refused from then on: of several licenses in force the strictest decides", async () => {
    const site = await aSite();
    const license = (policy: string, days: number) =>
      readLicense(licenseFor(site, terms(policy, days)), {
        vendorName: vendor,
        rootKey: root.publicKey,
      });
    const since = unixMillis(noon);
    const trust = { kind: "suspect", by: -DAY, held: 0, since } as never;
    const licenses = [license("flag", 0), license("grace", 7), license("grace", 2)];
    expect(withheldByClock(licenses, trust, since)[0]).toEqual({
      reason: "CLOCK_SUSPECT",
      from: noon + 2 * DAY,
      seats: "new",
    });
    expect(withheldByClock([license("flag", 7)], trust, since)).toEqual([]);
    expect(withheldByClock([license("refuse", 7)], trust, since)).toMatchObject([{ from: noon }]);
    expect(withheldByClock(licenses, { kind: "trusted" }, since)).toEqual([]);
  });
});

describe("a suspect clock, where the license says flag", () => {
  it("denies nobody, is in the status, and the vendor reads of it in the bundle", async () => {
    stopTime();
    const daemon = await aDaemon(terms("flag"));
    const ada = await Workstation.greeted(daemon.url);
    await ada.acquire("cad.pro");
    await daemon.admin.checkpoint();
    await setClock(noon - 365 * DAY);
    expect(reasonOf(await ada.acquire("cad.pro", { key: "more" }))).toBe("granted");
    expect(await daemon.admin.status()).toMatchObject({
      ready: true,
      clock: { suspect: { byMs: -365 * DAY } },
      vendors: [{ refusedByClock: null }],
    });
    const ingested = await sealed(daemon);
    expect(anomalies(ingested)).toEqual([{ count: 1, firstSeen: 5 * SECOND }]);
    expect(ingested.report.findings.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["INCIDENT", "CLOCK_BACK", "CLOCK_BEHIND"]),
    );
    expect(ingested.report.verdict).toBe("VERIFIED_WITH_INCIDENTS");
  });

  it("that is turned to and fro is one block a day, with the number of times", async () => {
    stopTime();
    const midnight = noon + DAY / 2;
    vi.setSystemTime(midnight - 120 * SECOND);
    const daemon = await aDaemon(terms("flag"));
    let right = midnight - 120 * SECOND;
    const turn = async (): Promise<void> => {
      await setClock(noon - 365 * DAY);
      await setClock((right += 10 * SECOND));
    };
    for (const _ of "four") {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await turn();
    }
    expect(anomalies(await sealed(daemon))).toMatchObject([{ count: 1 }]);
    await vi.advanceTimersByTimeAsync(240 * SECOND);
    await vi.waitFor(async () =>
      expect(anomalies(await sealed(daemon))).toMatchObject([{ count: 1 }, { count: 3 }]),
    );
  });
});
