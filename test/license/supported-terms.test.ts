import { describe, expect, it } from "vitest";
import { unsupportedTerms } from "../../src/license/supported-terms.ts";
import { decodeTerms } from "../../src/license/terms.ts";

const unsupported = (feature: object, more: object = {}): readonly string[] =>
  unsupportedTerms(
    decodeTerms({
      site: "Example Studio",
      features: [{ name: "cad", seats: 1, ...feature }],
      ...more,
    }),
  );

describe("a license may say, because the daemon enforces it", () => {
  it.each([
    ["seats shared by a holder", { share: "user+host" }],
    ["how long a released seat stays with its holder", { linger: "30s" }],
    ["the least time of a seat", { min_lease: "5m" }],
    ["until when versions must be released", { maintenance_until: "2027-01-31" }],
    ["that only users on a list get seats", { named_users: { max: 1, changes_per_month: 1 } }],
  ])("%s", (_name, feature) => {
    expect(unsupported(feature)).toEqual([]);
  });

  it("that units of a meter may be given back", () => {
    const meters = [{ name: "render.minutes", unit: "minutes", refunds: true }];
    expect(unsupported({}, { meters })).toEqual([]);
  });

  it.each(["flag", "grace", "refuse"])("%s as the policy on contradicting heads", (policy) => {
    const terms = { witness_policy: policy, policy_grace_days: 3 };
    expect(unsupported({}, terms)).toEqual([]);
  });

  it.each([
    ["standby hosts", { standby_hosts: ["ab".repeat(32)] }],
    ["emergency days", { emergency_days: 3 }],
  ])("%s", (_name, more) => {
    expect(unsupported({}, more)).toEqual([]);
  });

  it("tokens of a common pool", () => {
    const pools = [{ name: "all", tokens: 10 }];
    expect(unsupported({ tokens: { pool: "all", cost: 2 } }, { pools })).toEqual([]);
  });
});

describe("a license is refused that says", () => {
  it("what a suspect clock leads to", () => {
    expect(unsupported({}, { clock_policy: "refuse" })).toEqual(["clock_policy"]);
  });
});
