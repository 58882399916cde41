import { describe, expect, it } from "vitest";
import { millis, unixMillis } from "../../src/base/time.ts";
import { decodeTerms } from "../../src/license/terms.ts";
import { type ReportQuery, type UsageReport, usageReport } from "../../src/vendor/report.ts";
import {
  borrowed,
  codeOf,
  Desk,
  day,
  denied,
  ended,
  granted,
  listed,
  metered,
  minute,
  noon,
  refunded,
} from "./given.ts";
import { Site } from "./site.ts";

/** Of a feature whose seats never left the network. */
const notBorrowed = { borrows: 0, borrowedUntil: null, returned: 0, vendorReleased: 0 };
const HALF_A_DAY = 12 * 60;

describe("what a site has used", () => {
  it("is summed up per feature and per meter", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([granted(), granted("sim.solver", true), denied("NO_SEATS"), metered(30)]);
    site.checkpoint([ended(90), denied("NO_SEATS"), denied("TOO_MANY"), metered(12), metered(8)]);
    deliver();
    const chainId = site.genesis.chainId;
    const line = { site: "Example GmbH", formerNames: [], chainId, period: "" };
    expect(reportOf(desk)).toEqual({
      features: [
        {
          ...line,
          feature: "cad.pro",
          grants: 1,
          overdraftGrants: 0,
          denials: [
            { reason: "NO_SEATS", count: 2 },
            { reason: "TOO_MANY", count: 1 },
          ],
          seatMillis: 90 * minute,
          peak: 1,
          ...notBorrowed,
          named: 0,
          unnamed: 0,
        },
        {
          ...line,
          feature: "sim.solver",
          grants: 1,
          overdraftGrants: 1,
          denials: [],
          seatMillis: 0,
          peak: 1,
          ...notBorrowed,
          named: 0,
          unnamed: 0,
        },
      ],
      meters: [
        {
          ...line,
          meter: "render.minutes",
          records: 3,
          units: 50,
          late: 2,
          refunds: 0,
          refundedUnits: 0,
          netUnits: 50,
          denials: [],
        },
      ],
    });
  });

  it("says what was borrowed, until when at the latest, and how it came back", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([granted(), granted(), borrowed(7), borrowed(2)]);
    site.checkpoint([ended(1, "returned"), ended(1, "vendor-released")]);
    deliver();
    expect(reportOf(desk).features).toMatchObject([
      { borrows: 2, borrowedUntil: noon + 7 * day, returned: 1, vendorReleased: 1 },
    ]);
  });

  it("is the same whether the site sealed sums or events", () => {
    const happenings = [
      [granted(), granted(), denied("NO_SEATS"), metered(30)],
      [ended(5), granted(), ended(7), metered(1), refunded(3), listed("named")],
      [ended(1), borrowed(7), metered(2), refunded(4), listed("unnamed"), listed("named")],
      [granted(), borrowed(2), ended(1, "returned"), ended(1, "vendor-released")],
    ];
    const reports = (["totals", "events"] as const).map((detail) => {
      const { desk, site, deliver } = licensed();
      for (const each of happenings) site.checkpoint(each, { detail });
      deliver();
      const { features, meters } = reportOf(desk);
      return [...features, ...meters].map((line) => ({ ...line, chainId: "" }));
    });
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[1]).toMatchObject([
      { grants: 4, seatMillis: 15 * minute, peak: 2, named: 2, unnamed: 1 },
      { units: 33, refunds: 2, refundedUnits: 7, netUnits: 26 },
    ]);
  });

  it("has what was given back beside what was used, also in a month without any use", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([metered(30)]);
    site.checkpoint([refunded(12)], { minutes: 31 * 2 * HALF_A_DAY });
    deliver();
    expect(reportOf(desk, { by: "month" }).meters).toMatchObject([
      { period: "2024-03", units: 30, refunds: 0, refundedUnits: 0, netUnits: 30 },
      { period: "2024-04", records: 0, units: 0, refunds: 1, refundedUnits: 12, netUnits: -12 },
    ]);
    expect(reportOf(desk).meters).toMatchObject([{ units: 30, refundedUnits: 12, netUnits: 18 }]);
  });

  it("tells how often a list of named users was changed, also of a feature nobody used", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([listed("named"), listed("named"), listed("unnamed")]);
    deliver();
    expect(reportOf(desk).features).toMatchObject([
      { feature: "cad.pro", grants: 0, seatMillis: 0, named: 2, unnamed: 1 },
    ]);
  });

  it("tells the denials of a meter beside the meter, also of one that was never used", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([granted(), denied("NO_SEATS"), denied("QUOTA_EXHAUSTED", "render.minutes")]);
    deliver();
    const { features, meters } = reportOf(desk);
    expect(features).toMatchObject([
      { feature: "cad.pro", denials: [{ reason: "NO_SEATS", count: 1 }] },
    ]);
    expect(features).toHaveLength(1);
    expect(meters).toMatchObject([
      {
        meter: "render.minutes",
        records: 0,
        units: 0,
        denials: [{ reason: "QUOTA_EXHAUSTED", count: 1 }],
      },
    ]);
  });

  it("includes the time of seats that were still open", () => {
    const { desk, site, deliver } = licensed();
    const open = [{ feature: "cad.pro", seatMillis: millis(20 * minute) }];
    site.checkpoint([granted()], { open });
    deliver();
    expect(reportOf(desk).features).toMatchObject([{ grants: 1, seatMillis: 20 * minute }]);
  });
});

describe("a report for a time", () => {
  it("counts a checkpoint where its interval ends, midnight to the day before", () => {
    const { desk, site, deliver } = licensed();
    site.checkpoint([metered(1)], { minutes: HALF_A_DAY });
    site.checkpoint([metered(10)], { minutes: 1 });
    deliver();
    const midnight = unixMillis(noon + HALF_A_DAY * minute);
    expect(reportOf(desk, { to: midnight }).meters).toMatchObject([{ units: 1 }]);
    expect(reportOf(desk, { from: midnight }).meters).toMatchObject([{ units: 10 }]);
    expect(reportOf(desk, { by: "day" }).meters).toMatchObject([
      { period: "2024-03-01", units: 1 },
      { period: "2024-03-02", units: 10 },
    ]);
    expect(reportOf(desk, { by: "month" }).meters).toMatchObject([
      { period: "2024-03", units: 11 },
    ]);
  });

  it("is empty where nothing was reported", () => {
    const { desk } = licensed();
    expect(reportOf(desk)).toEqual({ features: [], meters: [] });
  });
});

describe("a report of one site", () => {
  it("is found by its name, or by the beginning of its ledger's id", () => {
    const desk = Desk.open();
    const first = delivered(desk, "Example GmbH", 1);
    delivered(desk, "Other AG", 10);
    expect(reportOf(desk, { site: "Example GmbH" }).meters).toMatchObject([{ units: 1 }]);
    expect(reportOf(desk, { site: "Other AG" }).meters).toMatchObject([{ units: 10 }]);
    const chain = first.genesis.chainId.slice(0, 12);
    expect(reportOf(desk, { site: chain }).meters).toMatchObject([{ units: 1 }]);
    expect(reportOf(desk).meters.map(({ units }) => units)).toEqual([1, 10]);
  });

  it("is found by every name that its licenses ever had, and says them", () => {
    const desk = Desk.open();
    const site = delivered(desk, "Example GmbH", 1);
    const meters = [{ name: "render.minutes", unit: "minute" }];
    for (const name of ["Example SE", "Example AG"])
      desk.issue(site.request(), decodeTerms({ site: name, meters }));
    for (const name of ["Example GmbH", "Example SE", "Example AG"]) {
      expect(reportOf(desk, { site: name }).meters).toMatchObject([
        { site: "Example AG", formerNames: ["Example GmbH", "Example SE"], units: 1 },
      ]);
    }
  });

  it("that nobody was licensed as is refused", () => {
    const { desk } = licensed();
    expect(codeOf(() => reportOf(desk, { site: "Nobody" }))).toBe("SITE_UNKNOWN");
  });
});

function licensed(): { desk: Desk; site: Site; deliver: () => void } {
  const desk = Desk.open();
  const site = new Site(desk.folder.vendor);
  desk.issue(site.request());
  const deliver = (): void => {
    expect(desk.ingest(site.export(), { now: noon + 3 * HALF_A_DAY * minute }).accepted).toBe(true);
  };
  return { desk, site, deliver };
}

function delivered(desk: Desk, name: string, units: number): Site {
  const site = new Site(desk.folder.vendor);
  const meters = [{ name: "render.minutes", unit: "minute" }];
  desk.issue(site.request(), decodeTerms({ site: name, meters }));
  site.checkpoint([metered(units)]);
  desk.ingest(site.export());
  return site;
}

function reportOf(desk: Desk, query: Partial<ReportQuery> = {}): UsageReport {
  return desk.store.read((database) => usageReport(database, { by: "total", ...query }));
}
