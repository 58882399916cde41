import { describe, expect, it } from "vitest";
import { millis, unixMillis } from "../../src/base/time.ts";
import type { UsageEvent } from "../../src/base/usage-event.ts";
import { foldTotals } from "../../src/ledger/totals.ts";
import { denial, grant, naming, noon, refund, release, usage } from "./given.ts";

const seats = (count: number): ReadonlyMap<string, number> => new Map([["cad.pro", count]]);
const of = (events: readonly UsageEvent[], inUse = seats(0), later: readonly UsageEvent[] = []) =>
  foldTotals({ events, later, open: [], inUse, from: noon });

describe("the totals of a feature", () => {
  it("count grants, ends by reason, denials by reason and seat time", () => {
    const events: UsageEvent[] = [
      grant(1),
      { ...grant(2), overdraft: true } as UsageEvent,
      denial(3),
      denial(4, "VERSION_TOO_NEW"),
      denial(5),
      release(6, 1_000),
      { ...release(7, 2_000), reason: "expired" } as UsageEvent,
    ];
    expect(of(events).features).toEqual([
      {
        feature: "cad.pro",
        grants: 2,
        overdraftGrants: 1,
        released: 1,
        expired: 1,
        revoked: 0,
        denials: [
          { reason: "NO_SEATS", count: 2 },
          { reason: "VERSION_TOO_NEW", count: 1 },
        ],
        seatMillis: 3_000,
        peak: 2,
        inUse: 0,
      },
    ]);
  });

  it("add the seat time of leases that are still open", () => {
    const open = [{ feature: "cad.pro", seatMillis: millis(500) }];
    const totals = foldTotals({
      events: [release(1, 100)],
      later: [],
      open,
      inUse: seats(1),
      from: noon,
    });
    expect(totals.features).toMatchObject([{ seatMillis: 600, inUse: 1, peak: 2 }]);
  });

  it("mention a feature that was only held, not touched", () => {
    const open = [{ feature: "cad.pro", seatMillis: millis(500) }];
    const totals = foldTotals({ events: [], later: [], open, inUse: seats(3), from: noon });
    expect(totals.features).toMatchObject([{ grants: 0, seatMillis: 500, inUse: 3, peak: 3 }]);
  });

  it("find the peak between the ends of the interval", () => {
    // One seat in use before; two come, two go.
    const events = [grant(1), grant(2), release(3, 1), release(4, 1)];
    expect(of(events, seats(1)).features).toMatchObject([{ peak: 3, inUse: 1 }]);
  });

  it("count the seats in use before the events that wait for the next block", () => {
    const later = [release(3, 1), grant(4), grant(5)];
    expect(of([grant(1), grant(2)], seats(3), later).features).toMatchObject([
      { peak: 2, inUse: 2 },
    ]);
  });

  it("come in the order of the names", () => {
    expect(of([grant(1, "sim"), grant(2, "cad")]).features.map(({ feature }) => feature)).toEqual([
      "cad",
      "sim",
    ]);
  });
});

describe("the totals of a meter", () => {
  it("sum units and count records, and those used before the interval", () => {
    const early = unixMillis(noon - 1);
    expect(of([usage(1, 5), usage(2, 7, early)]).meters).toEqual([
      { meter: "render.minutes", records: 2, units: 12, late: 1 },
    ]);
  });

  it("keep what was given back apart from what was used", () => {
    const early = unixMillis(noon - 1);
    const totals = of([usage(1, 5), refund(2, 7), refund(3, 2, early)]);
    expect(totals.meters).toEqual([{ meter: "render.minutes", records: 1, units: 5, late: 0 }]);
    expect(totals.refunds).toEqual([{ meter: "render.minutes", records: 2, units: 9, late: 1 }]);
  });
});

describe("the totals of a list of named users", () => {
  it("count those put on it and those taken off, and no use of the feature", () => {
    const events = [naming(1, "named"), naming(2, "unnamed"), naming(3, "named")];
    expect(of([...events, naming(4, "named", "aerodyn")])).toEqual({
      features: [],
      meters: [],
      refunds: [],
      namings: [
        { feature: "aerodyn", named: 1, unnamed: 0 },
        { feature: "cad.pro", named: 2, unnamed: 1 },
      ],
    });
  });
});
