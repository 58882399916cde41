import type { UnixMillis } from "../base/time.ts";
import type { NamingChange, OpenSeatTime, UsageEvent } from "../base/usage-event.ts";

/** What one feature did within a checkpoint. Counts of leases unless said otherwise. */
export interface FeatureTotals {
  readonly feature: string;
  readonly grants: number;
  /** Of these grants, those that used seats above the license. */
  readonly overdraftGrants: number;
  readonly released: number;
  readonly expired: number;
  readonly revoked: number;
  /** Ascending by reason. */
  readonly denials: readonly DenialTotals[];
  /** Seats times milliseconds, of ended leases and of open ones up to the checkpoint. */
  readonly seatMillis: number;
  /** Most seats in use at any moment of the interval. */
  readonly peak: number;
  /** Seats in use at its end. */
  readonly inUse: number;
  /** Left out where nothing was borrowed or returned. */
  readonly borrow?: BorrowTotals;
}

/** What happened to borrowed leases of one feature. */
export interface BorrowTotals {
  /** How often leases were borrowed or borrowed for longer. */
  readonly borrows: number;
  /** The latest end among these; null without one. */
  readonly until: UnixMillis | null;
  readonly returned: number;
  readonly vendorReleased: number;
}

export interface DenialTotals {
  readonly reason: string;
  readonly count: number;
}

/** What one meter counted within a checkpoint: units used, or units given back. */
export interface MeterTotals {
  readonly meter: string;
  readonly records: number;
  readonly units: number;
  /** Of these records, those whose use lies before the interval. */
  readonly late: number;
}

/** How often the list of a feature's named users was changed within a checkpoint. */
export interface NamingTotals {
  readonly feature: string;
  /** Users put on the list. */
  readonly named: number;
  /** Users taken off it. */
  readonly unnamed: number;
}

/** What is folded. */
export interface Consumption {
  readonly events: readonly UsageEvent[];
  /** Pending events after `events`. */
  readonly later: readonly UsageEvent[];
  readonly open: readonly OpenSeatTime[];
  /** Seats in use after `later`, per feature. */
  readonly inUse: ReadonlyMap<string, number>;
  /** Where the interval begins, in wall-clock milliseconds. */
  readonly from: number;
}

export interface Totals {
  /** Ascending by feature: those with an event or open seat time. */
  readonly features: readonly FeatureTotals[];
  /** Units used, ascending by meter. */
  readonly meters: readonly MeterTotals[];
  /** Units given back, ascending by meter. */
  readonly refunds: readonly MeterTotals[];
  /** Ascending by feature. */
  readonly namings: readonly NamingTotals[];
}

/** Sums up one interval per feature and per meter. */
export function foldTotals(consumption: Consumption): Totals {
  const features = new Map<string, FeatureSum>();
  const sums: MeterSums = { usage: new Map(), refund: new Map() };
  const namings = new Map<string, NamingSum>();
  for (const event of consumption.events) {
    if (event.type === "usage" || event.type === "refund")
      addMetered(entryOf(sums[event.type], event.meter, newMeter), event, consumption);
    else if (event.type === "naming") entryOf(namings, event.feature, newNaming)[event.change] += 1;
    else addSeatEvent(entryOf(features, event.feature, newFeature), event);
  }
  for (const { feature, seatMillis } of consumption.open) {
    entryOf(features, feature, newFeature).seatMillis += seatMillis;
  }
  const atEnd = seatsAfter(consumption);
  return {
    features: sorted(features).map(([name, sum]) => featureTotals(name, sum, atEnd.get(name) ?? 0)),
    meters: sorted(sums.usage).map(([meter, sum]) => ({ meter, ...sum })),
    refunds: sorted(sums.refund).map(([meter, sum]) => ({ meter, ...sum })),
    namings: sorted(namings).map(([feature, sum]) => ({ feature, ...sum })),
  };
}

/** Open seat time per feature, ascending by feature. */
export function seatTimeByFeature(open: readonly OpenSeatTime[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { feature, seatMillis } of open) {
    sums.set(feature, (sums.get(feature) ?? 0) + seatMillis);
  }
  return new Map(sorted(sums));
}

interface FeatureSum {
  grants: number;
  overdraftGrants: number;
  released: number;
  expired: number;
  revoked: number;
  returned: number;
  vendorReleased: number;
  borrows: number;
  until: UnixMillis | null;
  readonly denials: Map<string, number>;
  seatMillis: number;
  /** Seats in use relative to the start of the interval: now, and at the highest. */
  net: number;
  highest: number;
}

interface MeterSum {
  records: number;
  units: number;
  late: number;
}

type MeterSums = Readonly<Record<"usage" | "refund", Map<string, MeterSum>>>;

type NamingSum = Record<NamingChange, number>;

const newFeature = (): FeatureSum => ({
  grants: 0,
  overdraftGrants: 0,
  released: 0,
  expired: 0,
  revoked: 0,
  returned: 0,
  vendorReleased: 0,
  borrows: 0,
  until: null,
  denials: new Map(),
  seatMillis: 0,
  net: 0,
  highest: 0,
});

const newMeter = (): MeterSum => ({ records: 0, units: 0, late: 0 });

const newNaming = (): NamingSum => ({ named: 0, unnamed: 0 });

type SeatEvent = Exclude<UsageEvent, { readonly type: "usage" | "refund" | "naming" }>;
type MeterEvent = Extract<UsageEvent, { readonly type: "usage" | "refund" }>;

function addMetered(sum: MeterSum, event: MeterEvent, { from }: Consumption): void {
  sum.records += 1;
  sum.units += event.units;
  if (event.usedAt < from) sum.late += 1;
}

function addSeatEvent(sum: FeatureSum, event: SeatEvent): void {
  switch (event.type) {
    case "grant":
      sum.grants += 1;
      if (event.overdraft) sum.overdraftGrants += 1;
      sum.net += event.count;
      sum.highest = Math.max(sum.highest, sum.net);
      return;
    case "end":
      sum[event.reason === "vendor-released" ? "vendorReleased" : event.reason] += 1;
      sum.seatMillis += event.seatMillis;
      sum.net -= event.count;
      return;
    case "borrow":
      sum.borrows += 1;
      sum.until = laterOf(sum.until, event.until);
      return;
    case "denial":
      sum.denials.set(event.reason, (sum.denials.get(event.reason) ?? 0) + 1);
  }
}

/** Seats in use after `events`: those in use now, without what `later` changed. */
function seatsAfter({ later, inUse }: Consumption): ReadonlyMap<string, number> {
  const seats = new Map(inUse);
  for (const event of later) {
    if (event.type !== "grant" && event.type !== "end") continue;
    const undone = event.type === "grant" ? -event.count : event.count;
    seats.set(event.feature, (seats.get(event.feature) ?? 0) + undone);
  }
  return seats;
}

function featureTotals(feature: string, sum: FeatureSum, inUse: number): FeatureTotals {
  const { net, highest, denials, ...others } = sum;
  const { borrows, until, returned, vendorReleased, ...counts } = others;
  const reasons = sorted(denials).map(([reason, count]) => ({ reason, count }));
  const atStart = inUse - net;
  const peak = Math.max(0, inUse, atStart + highest);
  return {
    feature,
    ...counts,
    denials: reasons,
    peak,
    inUse: Math.max(0, inUse),
    ...borrowTotals({ borrows, until, returned, vendorReleased }),
  };
}

/** The totals, if there is anything to tell. */
export function borrowTotals(totals: BorrowTotals): { readonly borrow?: BorrowTotals } {
  const { borrows, returned, vendorReleased } = totals;
  return borrows + returned + vendorReleased === 0 ? {} : { borrow: totals };
}

/** The later of two ends; null is none. */
export function laterOf(one: UnixMillis | null, other: UnixMillis | null): UnixMillis | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

function entryOf<Sum>(sums: Map<string, Sum>, name: string, make: () => Sum): Sum {
  const present = sums.get(name);
  if (present) return present;
  const made = make();
  sums.set(name, made);
  return made;
}

function sorted<Sum>(sums: ReadonlyMap<string, Sum>): readonly (readonly [string, Sum])[] {
  return [...sums].toSorted(([left], [right]) => (left < right ? -1 : 1));
}
