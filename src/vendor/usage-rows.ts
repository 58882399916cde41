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
} from "../ledger/totals.ts";

/** What was added to the books, for the answer to the person who ingested. */
export interface Counted {
  readonly checkpoints: number;
  readonly grants: number;
  readonly denials: number;
  readonly seatMillis: number;
  readonly units: number;
}

/** The sums of one checkpoint, whichever way it was sealed. */
export interface CheckpointTotals {
  readonly features: readonly FeatureTotals[];
  readonly meters: readonly MeterTotals[];
}

/** Writes the usage of verified checkpoints, one after another in the order of the ledger. */
export class UsageRows {
  readonly #chain: ChainId;
  readonly #feature: Statement;
  readonly #borrow: Statement;
  readonly #denial: Statement;
  readonly #meter: Statement;
  /** Seats in use per feature after the newest checkpoint. */
  readonly #inUse: Map<string, number>;
  #counted: Counted = { checkpoints: 0, grants: 0, denials: 0, seatMillis: 0, units: 0 };

  constructor(database: Database, chain: ChainId) {
    this.#chain = chain;
    this.#feature = database.prepare(
      "INSERT INTO feature_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#borrow = database.prepare("INSERT INTO borrow_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#denial = database.prepare("INSERT INTO denial_usage VALUES (?, ?, ?, ?, ?, ?)");
    this.#meter = database.prepare("INSERT INTO meter_usage VALUES (?, ?, ?, ?, ?, ?, ?)");
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

  #count({ features, meters }: CheckpointTotals): void {
    const sum = this.#counted;
    const denials = features.flatMap((feature) => feature.denials.map(({ count }) => count));
    this.#counted = {
      checkpoints: sum.checkpoints + 1,
      grants: sum.grants + total(features.map(({ grants }) => grants)),
      denials: sum.denials + total(denials),
      seatMillis: sum.seatMillis + total(features.map(({ seatMillis }) => seatMillis)),
      units: sum.units + total(meters.map(({ units }) => units)),
    };
  }
}

/**
 * The sums of a checkpoint that tells each event.
 * @param before seats in use per feature when its interval began.
 */
function totalsOf(
  { meta, events, open }: EventsPayload,
  before: ReadonlyMap<string, number>,
): CheckpointTotals {
  const features = new Map<string, FeatureSum>();
  const meters = new Map<string, MeterTotals>();
  const featureSum = (name: string): FeatureSum => {
    const sum = features.get(name) ?? new FeatureSum(before.get(name) ?? 0);
    features.set(name, sum);
    return sum;
  };
  for (const event of events) {
    if (event.type !== "usage") {
      featureSum(event.feature).add(event);
      continue;
    }
    const { records, units, late } = meters.get(event.meter) ?? { records: 0, units: 0, late: 0 };
    meters.set(event.meter, {
      meter: event.meter,
      records: records + 1,
      units: units + event.units,
      late: late + (event.usedAt < meta.from ? 1 : 0),
    });
  }
  for (const { feature, seatMillis } of open) featureSum(feature).seatMillis += seatMillis;
  return {
    features: [...features].map(([name, sum]) => sum.totals(name)),
    meters: [...meters.values()],
  };
}

type SeatEvent = Exclude<EventsPayload["events"][number], { readonly type: "usage" }>;

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
      "SELECT feature, in_use, max(block) FROM feature_usage WHERE chain_id = ? GROUP BY feature",
    )
    .all(chain);
  return new Map(rows.map((row) => [row.feature, row.in_use]));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, next) => sum + next, 0);
