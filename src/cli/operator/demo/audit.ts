import type { Tally } from "./tally.ts";

/** One figure of the vendor's report beside what the workstations counted. */
export interface Comparison {
  readonly what: string;
  readonly reported: string;
  readonly counted: string;
  readonly agrees: boolean;
}

/**
 * Holds the vendor's report (`report --json`) against what the workstations counted themselves.
 * Grants, denials and units must be equal. Seat time may be longer by what nobody could tell: the
 * seat of the killed workstation until its lease ended, and the way of each request.
 * @param slackMillis how much longer the seat time of a feature may be.
 */
export function compare(report: unknown, tally: Tally, slackMillis: number): readonly Comparison[] {
  const features = rowsIn(report, "features");
  const meters = rowsIn(report, "meters");
  const comparisons: Comparison[] = [];
  for (const [feature, seen] of [...tally.features].filter(([, { grants }]) => grants > 0)) {
    const row = features.find((each) => each["feature"] === feature) ?? {};
    comparisons.push(exactly(`${feature} grants`, numberIn(row, "grants"), seen.grants));
    comparisons.push(exactly(`${feature} denials`, denialsIn(row), seen.denials));
    comparisons.push(
      about(`${feature} seat time`, numberIn(row, "seatMillis"), seen.seatMillis, slackMillis),
    );
  }
  for (const [meter, units] of tally.units) {
    const row = meters.find((each) => each["meter"] === meter) ?? {};
    comparisons.push(exactly(`${meter} units`, numberIn(row, "units"), units));
  }
  return comparisons;
}

function exactly(what: string, reported: number, counted: number): Comparison {
  return {
    what,
    reported: String(reported),
    counted: String(counted),
    agrees: reported === counted,
  };
}

function about(what: string, reported: number, counted: number, slack: number): Comparison {
  return {
    what,
    reported: seconds(reported),
    counted: `${seconds(counted)} to ${seconds(counted + slack)}`,
    agrees: reported >= counted - CLOCK_SLACK && reported <= counted + slack,
  };
}

/** Two processes round their milliseconds apart. */
const CLOCK_SLACK = 100;

const seconds = (span: number): string => `${(span / 1_000).toFixed(1)} s`;

type Row = Readonly<Record<string, unknown>>;

function rowsIn(report: unknown, name: string): readonly Row[] {
  if (typeof report !== "object" || report === null) return [];
  const found: unknown = Reflect.get(report, name);
  return Array.isArray(found)
    ? found.map((row: object) => Object.fromEntries(Object.entries(row)))
    : [];
}

const numberIn = (row: Row, name: string): number => {
  const value = row[name];
  return typeof value === "number" ? value : 0;
};

function denialsIn(row: Row): number {
  return rowsIn(row, "denials").reduce((sum, each) => sum + numberIn(each, "count"), 0);
}
