import type { Database, Statement } from "better-sqlite3";
import type { ChainId } from "../base/ids.ts";
import type { EndReason } from "../base/usage-event.ts";
import type { CheckpointPayload, EventsPayload } from "../ledger/payload.ts";
import {
  type BorrowTotals,
  borrowTotals,
  type FeatureTotals,
  laterOf,
  type MeterTotals,
  type NamingTotals,
} from "../ledger/totals.ts";

/** What was added to the books, for the answer to the person who ingested. */
export interface Counted {
  readonly checkpoints: number;
  readonly grants: number;
  readonly denials: number;
  readonly seatMillis: number;
  /** Used, before anything was given back. */
  readonly units: number;
  readonly refundedUnits: number;
}

/** The sums of one checkpoint, whichever way it was sealed. */
export interface CheckpointTotals {
  readonly features: readonly FeatureTotals[];
  readonly meters: readonly MeterTotals[];
  readonly refunds: readonly MeterTotals[];
  readonly namings: readonly NamingTotals[];
}

/** Writes the usage of verified checkpoints, one after another in the order of the ledger. */
export class UsageRows {
  readonly #chain: ChainId;
  readonly #feature: Statement;
  readonly #borrow: Statement;
  readonly #denial: Statement;
  readonly #meter: Statement;
  readonly #refund: Statement;
  readonly #naming: Statement;
  /** Seats in use per feature after the newest checkpoint. */
  readonly #inUse: Map<string, number>;
  #counted: Counted = NOTHING;

  constructor(database: Database, chain: ChainId) {
    this.#chain = chain;
    this.#feature = database.prepare(
      "INSERT INTO feature_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#borrow = database.prepare("INSERT INTO borrow_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#denial = database.prepare("INSERT INTO denial_usage VALUES (?, ?, ?, ?, ?, ?)");
    this.#meter = database.prepare("INSERT INTO meter_usage VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#refund = database.prepare("INSERT INTO refund_usage VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#naming = database.prepare("INSERT INTO naming_usage VALUES (?, ?, ?, ?, ?, ?)");
    this.#inUse = seatsInUse(database, chain);
  }

  /** Everything added so far. */
  get counted(): Counted {
    return this.#counted;
  }

  /** @param index the checkpoint's block. */
  add(index: number, checkpoint: CheckpointPayload): void {
    const totals = "events" in checkpoint ? totalsOf(checkpoint, this.#inUse) : checkpoint;
    const place = [this.#chain, index, checkpoint.meta.to] as const;
    for (const feature of totals.features) this.#addFeature(place, feature);
    for (const { meter, records, units, late } of totals.meters) {
      this.#meter.run(...place, meter, records, units, late);
    }
    for (const { meter, records, units, late } of totals.refunds) {
      this.#refund.run(...place, meter, records, units, late);
    }
    for (const { feature, named, unnamed } of totals.namings) {
      this.#naming.run(...place, feature, named, unnamed);
    }
    this.#count(totals);
  }

  #addFeature(place: readonly [string, number, number], totals: FeatureTotals): void {
    const { feature, grants, overdraftGrants, released, expired, revoked } = totals;
    const { seatMillis, peak, inUse, denials } = totals;
    this.#inUse.set(feature, inUse);
    this.#feature.run(
      ...place,
      feature,
      grants,
      overdraftGrants,
      released,
      expired,
      revoked,
      seatMillis,
      peak,
      inUse,
    );
    if (totals.borrow !== undefined) {
      const { borrows, until, returned, vendorReleased } = totals.borrow;
      this.#borrow.run(...place, feature, borrows, until, returned, vendorReleased);
    }
    for (const { reason, count } of denials) this.#denial.run(...place, feature, reason, count);
  }

  #count({ features, meters, refunds }: CheckpointTotals): void {
    const sum = this.#counted;
    const denials = features.flatMap((feature) => feature.denials.map(({ count }) => count));
    this.#counted = {
      checkpoints: sum.checkpoints + 1,
      grants: sum.grants + total(features.map(({ grants }) => grants)),
      denials: sum.denials + total(denials),
      seatMillis: sum.seatMillis + total(features.map(({ seatMillis }) => seatMillis)),
      units: sum.units + total(meters.map(({ units }) => units)),
      refundedUnits: sum.refundedUnits + total(refunds.map(({ units }) => units)),
    };
  }
}

const NOTHING: Counted = {
  checkpoints: 0,
  grants: 0,
  denials: 0,
  seatMillis: 0,
  units: 0,
  refundedUnits: 0,
};

/**
 * The sums of a checkpoint that tells each event.
 * @param before seats in use per feature when its interval began.
 */
function totalsOf(
  { meta, events, open }: EventsPayload,
  before: ReadonlyMap<string, number>,
): CheckpointTotals {
  const features = new Map<string, FeatureSum>();
  const metered = { usage: new Map<string, MeterTotals>(), refund: new Map<string, MeterTotals>() };
  const namings = new Map<string, NamingTotals>();
  const featureSum = (name: string): FeatureSum => {
    const sum = features.get(name) ?? new FeatureSum(before.get(name) ?? 0);
    features.set(name, sum);
    return sum;
  };
  for (const event of events) {
    if (event.type === "usage" || event.type === "refund") {
      addMetered(metered[event.type], event, meta.from);
    } else if (event.type === "naming") addNaming(namings, event);
    else featureSum(event.feature).add(event);
  }
  for (const { feature, seatMillis } of open) featureSum(feature).seatMillis += seatMillis;
  return {
    features: [...features].map(([name, sum]) => sum.totals(name)),
    meters: [...metered.usage.values()],
    refunds: [...metered.refund.values()],
    namings: [...namings.values()],
  };
}

type Sealed = EventsPayload["events"][number];
type MeterEvent = Extract<Sealed, { readonly type: "usage" | "refund" }>;
type NamingEvent = Extract<Sealed, { readonly type: "naming" }>;
type SeatEvent = Exclude<Sealed, MeterEvent | NamingEvent>;

/** @param from where the interval begins: what was used before is late. */
function addMetered(
  sums: Map<string, MeterTotals>,
  { meter, units, usedAt }: MeterEvent,
  from: number,
): void {
  const sum = sums.get(meter) ?? { records: 0, units: 0, late: 0 };
  sums.set(meter, {
    meter,
    records: sum.records + 1,
    units: sum.units + units,
    late: sum.late + (usedAt < from ? 1 : 0),
  });
}

function addNaming(sums: Map<string, NamingTotals>, { feature, change }: NamingEvent): void {
  const sum = sums.get(feature) ?? { feature, named: 0, unnamed: 0 };
  sums.set(feature, { ...sum, [change]: sum[change] + 1 });
}

class FeatureSum {
  seatMillis = 0;
  #inUse: number;
  #peak: number;
  #grants = 0;
  #overdraftGrants = 0;
  readonly #ends = { released: 0, expired: 0, revoked: 0 };
  #borrow: BorrowTotals = { borrows: 0, until: null, returned: 0, vendorReleased: 0 };
  readonly #denials = new Map<string, number>();

  constructor(inUse: number) {
    this.#inUse = inUse;
    this.#peak = inUse;
  }

  add(event: SeatEvent): void {
    switch (event.type) {
      case "grant":
        this.#grants += 1;
        this.#overdraftGrants += event.overdraft ? 1 : 0;
        this.#inUse += event.count;
        this.#peak = Math.max(this.#peak, this.#inUse);
        return;
      case "end":
        this.#end(event.reason);
        this.seatMillis += event.seatMillis;
        this.#inUse = Math.max(0, this.#inUse - event.count);
        return;
      case "borrow":
        this.#borrow = {
          ...this.#borrow,
          borrows: this.#borrow.borrows + 1,
          until: laterOf(this.#borrow.until, event.until),
        };
        return;
      case "denial":
        this.#denials.set(event.reason, (this.#denials.get(event.reason) ?? 0) + 1);
    }
  }

  #end(reason: EndReason): void {
    const { returned, vendorReleased } = this.#borrow;
    if (reason === "returned") this.#borrow = { ...this.#borrow, returned: returned + 1 };
    else if (reason === "vendor-released") {
      this.#borrow = { ...this.#borrow, vendorReleased: vendorReleased + 1 };
    } else this.#ends[reason] += 1;
  }

  totals(feature: string): FeatureTotals {
    return {
      feature,
      grants: this.#grants,
      overdraftGrants: this.#overdraftGrants,
      ...this.#ends,
      denials: [...this.#denials].map(([reason, count]) => ({ reason, count })),
      seatMillis: this.seatMillis,
      peak: this.#peak,
      inUse: this.#inUse,
      ...borrowTotals(this.#borrow),
    };
  }
}

function seatsInUse(database: Database, chain: ChainId): Map<string, number> {
  const rows = database
    .prepare<[string], { readonly feature: string; readonly in_use: number }>(
      // SQLite gives the other columns of the row that holds the maximum.
      // Negative numbers are those of blocks that were given up: see `given-up-usage.ts`.
      "SELECT feature, in_use, max(block) FROM feature_usage WHERE chain_id = ? AND block >= 0 GROUP BY feature",
    )
    .all(chain);
  return new Map(rows.map((row) => [row.feature, row.in_use]));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, next) => sum + next, 0);
