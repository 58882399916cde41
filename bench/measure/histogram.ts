/** Buckets per doubling: a value is known to better than one in 128. */
const SUB_BITS = 7;
const SUB = 1 << SUB_BITS;
/** Microseconds that can be told apart from longer: about 35 minutes. */
const LIMIT = 2 ** 31 - 1;

/** A histogram on its way between processes: pairs of bucket and count. */
export interface PackedHistogram {
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  readonly max: number;
}

/** The quantiles that every table shows, in milliseconds. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Latencies in microseconds, in buckets that grow with the value (as HdrHistogram does): a million
 * of them take no more room than a thousand, and those of several processes can be added up.
 */
export class Histogram {
  readonly #counts = new Float64Array((32 - SUB_BITS + 1) << SUB_BITS);
  #count = 0;
  #max = 0;

  static of(packed: PackedHistogram): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of packed.buckets) {
      histogram.#counts[bucket] = count;
      histogram.#count += count;
    }
    histogram.#max = packed.max;
    return histogram;
  }

  /** @param micros what is negative or too long counts as the nearest that fits. */
  add(micros: number): void {
    const value = Math.min(LIMIT, Math.max(0, Math.round(micros)));
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, value);
  }

  addAll(other: Histogram): void {
    for (const [bucket, count] of other.#counts.entries()) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    }
    this.#count += other.#count;
    this.#max = Math.max(this.#max, other.#max);
  }

  get count(): number {
    return this.#count;
  }

  /** The value in microseconds that `share` (0 to 1) of all do not exceed; 0 without any. */
  quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return Math.min(this.#max, upperEdge(bucket));
    }
    return this.#max;
  }

  quantiles(): Quantiles {
    const at = (share: number): number => this.quantile(share) / 1_000;
    const max = this.#max / 1_000;
    return { count: this.#count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max };
  }

  packed(): PackedHistogram {
    const buckets = [...this.#counts.entries()].filter(([, count]) => count > 0);
    return { buckets, max: this.#max };
  }
}

function bucketOf(value: number): number {
  const shift = Math.max(0, 31 - Math.clz32(value) - SUB_BITS);
  return (shift << SUB_BITS) + (value >> shift);
}

function upperEdge(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return (bucket - (shift << SUB_BITS) + 1) * 2 ** shift - 1;
}
