import { describe, expect, it, vi } from "vitest";
import { type UnixMillis, unixMillis } from "../../src/base/time.ts";
import { type ReportDue, reportStep, reportsDue } from "../../src/daemon/report-due.ts";
import { type License, readLicense } from "../../src/license/license.ts";
import { ingest, receiptFor } from "./at-the-vendor.ts";
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
import { leaseOf, type Message, nonce, somebody, Workstation } from "./workstation.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

const terms = (overdue: string, more: object = {}): object => ({
  site: "Example Studio",
  features: [{ name: "cad.pro", seats: 2, lease_time: "5m" }],
  meters: [{ name: "render.minutes", unit: "minutes" }],
  report: { interval_days: 30, grace_days: 10, overdue },
  ...more,
});

/** A daemon whose report is overdue a minute after noon. */
async function almostOverdue(overdue: string): Promise<GivenDaemon> {
  stopTime();
  const daemon = await started(await aSite());
  await daemon.admin.installLicense(
    licenseIssued(daemon, terms(overdue), noon - 40 * DAY + MINUTE),
  );
  return daemon;
}

const licenseIssued = ({ site }: GivenDaemon, sold: object, issuedAt: number): Uint8Array =>
  licenseFor(site, sold, { issuedAt: unixMillis(issuedAt) });

/** The vendor is told of everything, and its receipt of `vendorTime` imported. */
async function reported({ admin, site }: GivenDaemon, vendorTime = Date.now()): Promise<void> {
  const pieces: Uint8Array[] = [];
  await admin.exportUsage((piece) => void pieces.push(piece.slice()));
  const ingested = ingest(new Uint8Array(Buffer.concat(pieces)), site.request);
  await admin.importReceipt(receiptFor(ingested.report, 1, undefined, undefined, vendorTime));
}

const reasonOf = ({ error, result }: Message): unknown =>
  (error?.data as { readonly reason?: string } | undefined)?.reason ?? result?.["state"];

const steps = ({ log }: GivenDaemon): readonly string[] =>
  log.flatMap((line) => /"event":"(report\.\w+)"/.exec(line)?.[1] ?? []);

const stageOf = async ({ admin }: GivenDaemon): Promise<unknown> =>
  (await admin.status()).vendors[0]?.reports[0]?.stage;

const renewed = (leases: readonly string[]): object => ({ leases, nonce: nonce() });

describe("a report that is overdue, where no new seats are granted then", () => {
  it("denies from its first millisecond on; seats that are held and usage go on", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada, bob, cid] = await everybody(daemon);
    const held = leaseOf(await ada.acquire("cad.pro"));
    leaseOf(await bob.acquire("cad.pro"));
    await cid.acquire("cad.pro", { wait: true, key: "cid-1" });
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(reasonOf(await ada.acquire("cad.pro", { key: "more" }))).toBe("NO_SEATS");
    expect(await daemon.admin.status()).toMatchObject({ ready: true });
    await vi.advanceTimersByTimeAsync(1);
    expect((await cid.notified("queue.dropped")).params).toMatchObject({
      key: "cid-1",
      denial: { reason: "REPORT_OVERDUE" },
    });
    expect(reasonOf(await cid.acquire("cad.pro", { wait: true }))).toBe("REPORT_OVERDUE");
    expect(await ada.ask("seat.renew", renewed([held]))).toMatchObject({
      result: { leases: [{ id: held }], lost: [] },
    });
    const use = { meter: "render.minutes", units: 1, key: "use", usedAt: Date.now() };
    expect(await ada.ask("usage.record", { records: [use] })).not.toHaveProperty(
      "result.results.0.denial",
    );
    expect(await daemon.admin.status()).toMatchObject({
      ready: false,
      problems: [
        {
          code: "REPORT_OVERDUE",
          message: expect.stringMatching(
            /^acme\.example should have had a usage report by 2026-11-12T12:01:00\.000Z \(license [0-9a-f]{32}\): no new seats are granted$/,
          ) as string,
        },
      ],
    });
  });

  it("is over with the receipt, at once", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada] = await everybody(daemon);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("REPORT_OVERDUE");
    await reported(daemon);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("granted");
    expect(await daemon.admin.status()).toMatchObject({
      ready: true,
      vendors: [
        { reports: [{ since: noon + MINUTE, dueAt: noon + MINUTE + 30 * DAY, stage: "open" }] },
      ],
    });
  });

  it("stays overdue with a receipt that was kept back: the vendor's time counts", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada] = await everybody(daemon);
    await vi.advanceTimersByTimeAsync(MINUTE);
    await reported(daemon, noon - 40 * DAY);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("REPORT_OVERDUE");
  });

  it("is still overdue after a restart, from the first request on", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const ada = somebody("ada");
    const held = leaseOf(await (await Workstation.greeted(daemon.url, ada)).acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(MINUTE);
    await daemon.stop();
    const again = await started(daemon.site);
    const back = await Workstation.greeted(again.url, ada);
    expect(reasonOf(await back.acquire("cad.pro", { key: "more" }))).toBe("REPORT_OVERDUE");
    expect(await back.ask("seat.resume", renewed([held]))).toMatchObject({ result: { lost: [] } });
  });

  it("is sealed for the vendor with the denials", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada] = await everybody(daemon);
    await vi.advanceTimersByTimeAsync(MINUTE);
    await ada.acquire("cad.pro");
    const pieces: Uint8Array[] = [];
    await daemon.admin.exportUsage((piece) => void pieces.push(piece.slice()));
    const { payloads } = ingest(new Uint8Array(Buffer.concat(pieces)), daemon.site.request);
    expect(payloads).toContainEqual(
      expect.objectContaining({
        type: "checkpoint",
        features: [expect.objectContaining({ denials: [{ reason: "REPORT_OVERDUE", count: 1 }] })],
      }),
    );
  });
});

describe("a report that is overdue, where no seats are left then", () => {
  it("ends those that are held at their next renewal", async () => {
    const daemon = await almostOverdue("no_seats");
    const [ada] = await everybody(daemon);
    const held = leaseOf(await ada.acquire("cad.pro"));
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    expect(await ada.ask("seat.renew", renewed([held]))).toMatchObject({ result: { lost: [] } });
    await vi.advanceTimersByTimeAsync(1);
    expect(await ada.ask("seat.renew", renewed([held]))).toMatchObject({
      result: { leases: [], lost: [{ id: held, reason: "REPORT_OVERDUE" }] },
    });
    expect((await daemon.admin.status()).problems).toMatchObject([
      {
        message: expect.stringContaining("no seats are granted or renewed") as string,
      },
    ]);
  });
});

describe("a report that is overdue, where nothing hangs on it", () => {
  it("is told in the log and the status, and denies nobody", async () => {
    const daemon = await almostOverdue("flag");
    const [ada] = await everybody(daemon);
    expect(steps(daemon)).toEqual(["report.due"]);
    expect(await stageOf(daemon)).toBe("due");
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    await vi.waitFor(() => expect(steps(daemon)).toEqual(["report.due", "report.overdue"]));
    expect(await stageOf(daemon)).toBe("overdue");
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("granted");
    expect(await daemon.admin.status()).toMatchObject({ ready: true });
  });
});

describe("the clock of the machine", () => {
  it("set two years ahead makes no report overdue", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada] = await everybody(daemon);
    vi.setSystemTime(noon + 730 * DAY);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("granted");
    expect(daemon.log.some((line) => line.includes('"clock.suspect"'))).toBe(true);
  });

  it("set back a year makes none wait", async () => {
    const daemon = await almostOverdue("no_new_seats");
    const [ada] = await everybody(daemon);
    vi.setSystemTime(noon - 365 * DAY);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reasonOf(await ada.acquire("cad.pro"))).toBe("REPORT_OVERDUE");
    expect(daemon.log.some((line) => line.includes('"clock.suspect"'))).toBe(true);
  });
});

describe("when a report is due", () => {
  it("counts from the license, its start, or the newest receipt: whichever is last", async () => {
    const sold = terms("flag", { not_before: noon + DAY });
    const first = await license(sold, noon);
    const dueAt = (reportedAt: number | undefined): unknown =>
      reportsDue(
        [first],
        reportedAt === undefined ? undefined : at(reportedAt),
        at(noon + 2 * DAY),
      )[0]?.dueAt;
    expect(dueAt(undefined)).toBe(noon + 31 * DAY);
    expect(dueAt(noon - DAY)).toBe(noon + 31 * DAY);
    expect(dueAt(noon + 5 * DAY)).toBe(noon + 35 * DAY);
    // One that has not started wants nothing yet.
    expect(reportsDue([first], undefined, at(noon))).toEqual([]);
  });

  it("is warned of a week and a day before, when due, in its grace, and when overdue", () => {
    const due = { licenseId: "one", since: at(noon), overdue: "flag" } as const;
    const long: ReportDue = { ...due, dueAt: at(noon + 30 * DAY), overdueAt: at(noon + 40 * DAY) };
    const stepAt = (report: ReportDue, days: number, more = 0): unknown => {
      const step = reportStep(report, at(noon + days * DAY + more));
      return step && `${step.stage} ${(step.since - noon) / DAY}`;
    };
    expect(stepAt(long, 23, -1)).toBeUndefined();
    expect(stepAt(long, 23)).toBe("soon 23");
    expect(stepAt(long, 29)).toBe("soon 29");
    expect(stepAt(long, 30, -1)).toBe("soon 29");
    expect(stepAt(long, 30)).toBe("due 30");
    expect(stepAt(long, 33)).toBe("due 33");
    expect(stepAt(long, 39)).toBe("due 39");
    expect(stepAt(long, 40, -1)).toBe("due 39");
    expect(stepAt(long, 40)).toBe("overdue 40");
    const short: ReportDue = { ...due, dueAt: at(noon + 3 * DAY), overdueAt: at(noon + 3 * DAY) };
    expect(stepAt(short, 2, -1)).toBeUndefined();
    expect(stepAt(short, 2)).toBe("soon 2");
    expect(stepAt(short, 3)).toBe("overdue 3");
  });
});

async function everybody({ url }: GivenDaemon): Promise<[Workstation, Workstation, Workstation]> {
  return [
    await Workstation.greeted(url, somebody("ada")),
    await Workstation.greeted(url, somebody("bob")),
    await Workstation.greeted(url, somebody("cid")),
  ];
}

const at = (moment: number): UnixMillis => unixMillis(moment);

async function license(sold: object, issuedAt: number): Promise<License> {
  const site = await aSite();
  const file = licenseFor(site, sold, { issuedAt: at(issuedAt) });
  return readLicense(file, { vendorName: vendor, rootKey: root.publicKey });
}
