import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { TermsError } from "../../src/license/errors.ts";
import { decodeTerms, encodeTerms } from "../../src/license/terms.ts";
import { TERMS_EXAMPLE } from "../../src/license/terms-example.ts";

const cad = { name: "cad.pro", seats: 3 };
const render = { name: "render.minutes", unit: "minutes" };
const site = "Example Studio";

const leaseTime = (value: unknown): number | undefined =>
  decodeTerms({ site, features: [{ ...cad, lease_time: value }] }).features[0]?.leaseTimeMs;

const start = (value: unknown): number | null | undefined =>
  decodeTerms({ site, features: [{ ...cad, starts_at: value }] }).features[0]?.startsAt;

/** Where and why terms were refused. */
function refusalOf(value: unknown): { path: readonly (string | number)[]; message: string } {
  try {
    decodeTerms(value);
  } catch (error) {
    if (error instanceof TermsError) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error("the terms were accepted");
}

describe("the example of a terms file", () => {
  const terms = decodeTerms(parse(TERMS_EXAMPLE));

  it("sells three seats of cad.pro and one of sim.solver", () => {
    expect(terms.features.map(({ name, seats }) => [name, seats])).toEqual([
      ["cad.pro", 3],
      ["sim.solver", 1],
    ]);
  });

  it("sells render minutes with a quota", () => {
    expect(terms.meters).toEqual([
      {
        name: "render.minutes",
        unit: "minutes",
        quota: 10_000,
        period: "month",
        overdraft: "deny",
        lateLimitMs: 604_800_000,
        refunds: false,
      },
    ]);
  });

  it("names every field that a feature can have", () => {
    const [cadPro] = terms.features;
    const words = Object.keys(cadPro ?? {}).map((field) =>
      field.replace(/Ms$/, "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    expect(
      words.filter((word) => !new RegExp(`^ +(?:- |# )?${word}: `, "m").test(TERMS_EXAMPLE)),
    ).toEqual([]);
    expect(TERMS_EXAMPLE).toContain("\n# pools: []\n");
  });

  it("shows the neutral values behind its comment signs", () => {
    const shown = TERMS_EXAMPLE.replaceAll(/^( *)# (?=[a-z_]+: \S|sealing:$)/gm, "$1").replaceAll(
      /^# (?= {2}(?:mode|max_interval))/gm,
      "",
    );
    expect(shown).toContain("\nsealing:\n  mode: scheduled\n  max_interval: 10m\n");
    expect(shown).toContain("\n    lease_time: 90s\n");
    expect(decodeTerms(parse(shown))).toEqual(terms);
  });
});

describe("terms that say little", () => {
  it("mean the neutral values", () => {
    expect(decodeTerms({ site, features: [cad] })).toEqual({
      site: "Example Studio",
      notBefore: null,
      notAfter: null,
      features: [
        {
          name: "cad.pro",
          seats: 3,
          versionMax: null,
          maintenanceUntil: null,
          startsAt: null,
          expiresAt: null,
          graceDays: 0,
          share: "none",
          tokens: null,
          borrow: null,
          overdraftSeats: 0,
          lingerMs: 0,
          minLeaseMs: 0,
          leaseTimeMs: 90_000,
          offlineGraceMs: 0,
          releaseOnDisconnect: false,
          namedUsers: null,
        },
      ],
      pools: [],
      meters: [],
      sealing: { mode: "scheduled", maxIntervalMs: 600_000 },
      detail: "totals",
      report: null,
      clockPolicy: "flag",
      witnessPolicy: "flag",
      policyGraceDays: 0,
      auditorAllowed: false,
      emergencyDays: 0,
      standbyHosts: [],
      minFormat: 1,
    });
  });
});

describe("terms that say everything", () => {
  const everything = {
    site,
    not_before: "2026-01-01",
    not_after: "2027-12-31",
    features: [
      {
        ...cad,
        version_max: "2027.10",
        maintenance_until: "2027-06-30",
        starts_at: "2026-11-22",
        expires_at: "2027-01-31",
        grace_days: 14,
        share: "user+host",
        tokens: { pool: "suite", cost: 2 },
        borrow: { days: 7, seats: 1 },
        overdraft_seats: 1,
        linger: "5m",
        min_lease: "1h",
        lease_time: "120s",
        offline_grace: "2h",
        release_on_disconnect: true,
        named_users: { max: 10, changes_per_month: 2 },
      },
    ],
    pools: [{ name: "suite", tokens: 100 }],
    meters: [
      { ...render, quota: 500, period: "day", overdraft: "allow", late_limit: "3d", refunds: true },
    ],
    sealing: { mode: "immediate", max_interval: "30s" },
    detail: "events",
    report: { interval_days: 30, grace_days: 10 },
    clock_policy: "grace",
    witness_policy: "refuse",
    policy_grace_days: 5,
    auditor_allowed: true,
    emergency_days: 3,
    standby_hosts: ["ab".repeat(32)],
    min_format: 1,
  };
  const terms = decodeTerms(everything);

  it("are read field by field", () => {
    expect(terms.features[0]).toEqual({
      name: "cad.pro",
      seats: 3,
      versionMax: "2027.10",
      maintenanceUntil: Date.parse("2027-07-01T00:00:00Z"),
      startsAt: Date.parse("2026-11-22T00:00:00Z"),
      expiresAt: Date.parse("2027-02-01T00:00:00Z"),
      graceDays: 14,
      share: "user+host",
      tokens: { pool: "suite", cost: 2 },
      borrow: { days: 7, seats: 1 },
      overdraftSeats: 1,
      lingerMs: 300_000,
      minLeaseMs: 3_600_000,
      leaseTimeMs: 120_000,
      offlineGraceMs: 7_200_000,
      releaseOnDisconnect: true,
      namedUsers: { max: 10, changesPerMonth: 2 },
    });
    expect(terms).toMatchObject({
      notBefore: Date.parse("2026-01-01T00:00:00Z"),
      notAfter: Date.parse("2028-01-01T00:00:00Z"),
      pools: [{ name: "suite", tokens: 100 }],
      sealing: { mode: "immediate", maxIntervalMs: 30_000 },
      detail: "events",
      report: { intervalDays: 30, graceDays: 10 },
      clockPolicy: "grace",
      witnessPolicy: "refuse",
      policyGraceDays: 5,
      auditorAllowed: true,
      emergencyDays: 3,
      standbyHosts: ["ab".repeat(32)],
      minFormat: 1,
    });
  });

  it("are written for a license and read again", () => {
    expect(decodeTerms(encodeTerms(terms))).toEqual(terms);
  });
});

describe("a length of time", () => {
  it.each([
    ["2500ms", 2_500],
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    [60_000, 60_000],
  ])("may be written %s", (written, expected) => {
    expect(leaseTime(written)).toBe(expected);
  });

  it.each(["90", "1.5h", "-1s", "90 s", "s", "2w", "", null, true, 1_999, 2_000.5, "1s", "25h"])(
    "may not be written %j",
    (written) => {
      expect(() => leaseTime(written)).toThrow(
        "features.0.lease_time must be a time from 2s to 1d, like 90s, 2h or 7d",
      );
    },
  );
});

describe("a date", () => {
  it.each([
    ["2028-02-29", Date.parse("2028-02-29T00:00:00Z")],
    [1_795_348_800_000, 1_795_348_800_000],
    [null, null],
  ])("may be written %s", (written, expected) => {
    expect(start(written)).toBe(expected);
  });

  it.each(["2027-02-29", "2027-13-01", "2027-1-1", "31.01.2027", "2027-01-31T00:00:00Z", -1, true])(
    "may not be written %j",
    (written) => {
      expect(refusalOf({ site, features: [{ ...cad, starts_at: written }] })).toEqual({
        path: ["features", 0, "starts_at"],
        message: "features.0.starts_at must be a date like 2027-01-31, or utc milliseconds",
      });
    },
  );
});

describe("terms with a mistake name its place", () => {
  it.each([
    ["no map", "x", [], "terms must be a map of fields"],
    ["nothing", undefined, [], "terms is missing"],
    ["no site", { features: [cad] }, ["site"], "site is missing"],
    ["an unknown field", { site, features: [cad], sits: 1 }, ["sits"], "sits is not a known field"],
    [
      "an unknown field of a feature",
      { site, features: [cad, { ...cad, name: "x", seat: 1 }] },
      ["features", 1, "seat"],
      "features.1.seat is not a known field",
    ],
    ["features that are no list", { site, features: cad }, ["features"], "features must be a list"],
    [
      "too many features",
      { site, features: Array.from({ length: 1_001 }, (_, n) => ({ name: `f${n}`, seats: 1 })) },
      ["features"],
      "features must have at most 1000 entries",
    ],
    ["nothing to sell", { site }, ["features"], "features or meters must sell something"],
    [
      "seats in words",
      { site, features: [{ ...cad, seats: "3" }] },
      ["features", 0, "seats"],
      "features.0.seats must be a whole number from 1 to 1000000",
    ],
    [
      "half a seat",
      { site, features: [{ ...cad, seats: 1.5 }] },
      ["features", 0, "seats"],
      "features.0.seats must be a whole number from 1 to 1000000",
    ],
    [
      "a name with capitals",
      { site, features: [{ ...cad, name: "CAD" }] },
      ["features", 0, "name"],
      "features.0.name must be a name of lower-case letters, digits, dots, dashes and underscores",
    ],
    [
      "a version that is a number",
      { site, features: [{ ...cad, version_max: 2027.1 }] },
      ["features", 0, "version_max"],
      "features.0.version_max must be a version, in quotes where it could be read as a number",
    ],
    [
      "an unknown word",
      { site, features: [{ ...cad, share: "group" }] },
      ["features", 0, "share"],
      "features.0.share must be one of none, user, host, user+host, display",
    ],
    [
      "a flag in words",
      { site, features: [{ ...cad, release_on_disconnect: "yes" }] },
      ["features", 0, "release_on_disconnect"],
      "features.0.release_on_disconnect must be true or false",
    ],
    [
      "a feature listed twice",
      { site, features: [cad, cad] },
      ["features", 1, "name"],
      "features.1.name is listed twice: cad.pro",
    ],
    [
      "a meter listed twice for one period",
      { site, meters: [render, { ...render, period: "day" }, render] },
      ["meters", 2, "name"],
      "meters.2.name is listed twice: render.minutes per total",
    ],
    [
      "a feature that ends before it starts",
      { site, features: [{ ...cad, starts_at: "2027-02-01", expires_at: "2027-01-30" }] },
      ["features", 0, "expires_at"],
      "features.0.expires_at must be after starts_at",
    ],
    [
      "a license that ends before it starts",
      { site, features: [cad], not_before: "2027-02-01", not_after: "2027-01-30" },
      ["not_after"],
      "not_after must be after not_before",
    ],
    [
      "tokens of a pool that is not sold",
      { site, features: [{ ...cad, tokens: { pool: "suite", cost: 1 } }] },
      ["features", 0, "tokens", "pool"],
      "features.0.tokens.pool names no pool of these terms",
    ],
    [
      "a seat that costs more tokens than its pool has",
      {
        site,
        features: [cad, { ...cad, name: "cad.max", tokens: { pool: "suite", cost: 5 } }],
        pools: [{ name: "suite", tokens: 4 }],
      },
      ["features", 1, "tokens", "cost"],
      "features.1.tokens.cost must be at most 4, all that the pool suite has: no seat could ever be granted",
    ],
    [
      "a site of two lines",
      { site: "two\nlines", features: [cad] },
      ["site"],
      "site must be one line of 1 to 200 characters",
    ],
  ])("for %s", (_, value, path, message) => {
    expect(refusalOf(value)).toEqual({ path, message });
  });

  it("without repeating what they do not know", () => {
    const { message } = refusalOf({ site, features: [cad], ["x\n\u001b[31m".repeat(20)]: 1 });
    expect(message).toMatch(/^[\x20-\x7e]{1,90}$/);
  });
});
