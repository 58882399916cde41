import { days, type Millis, millis, type UnixMillis } from "../base/time.ts";
import type { FeatureTerms } from "../license/feature-terms.ts";
import { featureValidity, holdsAt, isInForce, meterValidity } from "../license/license-checks.ts";
import type { Terms } from "../license/terms.ts";
import type {
  FeaturePool,
  MeterRule,
  SeatGrant,
  SeatTerms,
  Share,
  TokenGrant,
} from "../seats/terms.ts";

/** What all licenses of one vendor allow and demand together. */
export interface Entitlement extends Omit<SeatTerms, "rules" | "withheld"> {
  /** Per feature: how long an application may go on without the daemon. */
  readonly offlineGrace: ReadonlyMap<string, Millis>;
  readonly sealing: "scheduled" | "immediate";
  /** The longest that usage may wait before it is sealed; undefined without a license. */
  readonly maxInterval: Millis | undefined;
  readonly detail: "totals" | "events";
  /** Whether the site may name an auditor who reads the ledger: one license in its term suffices. */
  readonly auditorAllowed: boolean;
}

/**
 * Seats and quotas add up; where licenses differ in a rule, the stricter one holds: the shorter
 * lease time and offline grace, immediate sealing, events instead of totals. Seats know their own
 * dates; meters do not, so those of a license outside its term are left out at `now`. Rules are those
 * of what holds at `now`: one that starts later, or has ended, makes none. Where nothing holds, leases
 * go on under the rules that there are.
 */
export function addUp(licenses: readonly Terms[], now: UnixMillis): Entitlement {
  const features = byName(
    licenses.flatMap((terms) => terms.features.map((feature) => ({ terms, feature }))),
  );
  const ruling = whereAny(licenses, (terms) => isInForce({ terms }, now));
  const intervals = ruling.map((terms) => terms.sealing.maxIntervalMs);
  return {
    pools: [...features].map(([name, parts]) => poolOf(name, parts, now)),
    tokens: licenses.flatMap(tokensOf),
    meters: licenses.filter((terms) => holdsAt(meterValidity(terms), now)).flatMap(metersOf),
    offlineGrace: new Map(
      [...features].map(([name, parts]) => [
        name,
        shortest(holding(parts, now).map(({ feature }) => feature.offlineGraceMs)),
      ]),
    ),
    sealing: ruling.some((terms) => terms.sealing.mode === "immediate") ? "immediate" : "scheduled",
    maxInterval: intervals.length === 0 ? undefined : shortest(intervals),
    detail: ruling.some((terms) => terms.detail === "events") ? "events" : "totals",
    auditorAllowed: licenses.some(
      (terms) => terms.auditorAllowed && holdsAt(meterValidity(terms), now),
    ),
  };
}

/**
 * Whether each lease can be proven to be in the ledger when it is granted: its block is written before
 * the answer, and names it.
 */
export function provesLeases({ sealing, detail }: Entitlement): boolean {
  return sealing === "immediate" && detail === "events";
}

interface Part {
  readonly terms: Terms;
  readonly feature: FeatureTerms;
}

/** Those whose seats may be granted now; where none may, all. */
const holding = (parts: readonly Part[], now: UnixMillis): readonly Part[] =>
  whereAny(parts, ({ terms, feature }) => holdsAt(featureValidity(terms, feature), now));

function whereAny<Value>(
  values: readonly Value[],
  is: (value: Value) => boolean,
): readonly Value[] {
  const some = values.filter(is);
  return some.length > 0 ? some : values;
}

function poolOf(name: string, all: readonly Part[], now: UnixMillis): FeaturePool {
  const parts = holding(all, now);
  return {
    name,
    grants: all.map(grantOf),
    leaseTime: shortest(parts.map(({ feature }) => feature.leaseTimeMs)),
    releaseOnDisconnect: parts.some(({ feature }) => feature.releaseOnDisconnect),
    share: narrowest(parts.map(({ feature }) => feature.share)),
    tokens: dearest(parts.map(({ feature }) => feature.tokens)),
    linger: longest(parts.map(({ feature }) => feature.lingerMs)),
    minLease: longest(parts.map(({ feature }) => feature.minLeaseMs)),
    namedUsers: fewest(parts.map(({ feature }) => feature.namedUsers)),
  };
}

/** Licenses that differ in who counts as one holder allow no sharing together. */
function narrowest(shares: readonly Share[]): Share {
  const [first = "none", ...others] = shares;
  return others.every((share) => share === first) ? first : "none";
}

function dearest(costs: readonly FeaturePool["tokens"][]): FeaturePool["tokens"] {
  return costs.toSorted((one, other) => (other?.cost ?? 0) - (one?.cost ?? 0))[0] ?? null;
}

/** Places on the list add up; a license without a list opens the feature to nobody else. */
function fewest(lists: readonly FeaturePool["namedUsers"][]): FeaturePool["namedUsers"] {
  const known = lists.filter((terms) => terms !== null);
  if (known.length === 0) return null;
  return {
    max: known.reduce((sum, { max }) => sum + max, 0),
    changesPerMonth: Math.min(...known.map(({ changesPerMonth }) => changesPerMonth)),
  };
}

function byName(parts: readonly Part[]): ReadonlyMap<string, readonly Part[]> {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const group = groups.get(part.feature.name);
    if (group === undefined) groups.set(part.feature.name, [part]);
    else group.push(part);
  }
  return groups;
}

function grantOf({ terms, feature }: Part): SeatGrant {
  return {
    seats: feature.seats,
    overdraftSeats: feature.overdraftSeats,
    versionMax: feature.versionMax,
    maintenanceUntil: feature.maintenanceUntil,
    borrow: feature.borrow && { span: days(feature.borrow.days), seats: feature.borrow.seats },
    ...featureValidity(terms, feature),
  };
}

function tokensOf(terms: Terms): readonly TokenGrant[] {
  return terms.pools.map(({ name, tokens }) => ({ name, tokens, ...meterValidity(terms) }));
}

function metersOf(terms: Terms): readonly MeterRule[] {
  return terms.meters.map((meter) => ({
    name: meter.name,
    unit: meter.unit,
    quota: meter.quota,
    period: meter.period,
    overdraft: meter.overdraft,
    lateLimit: meter.lateLimitMs,
    refunds: meter.refunds,
  }));
}

const longest = (spans: readonly Millis[]): Millis => millis(Math.max(...spans));
const shortest = (spans: readonly Millis[]): Millis => millis(Math.min(...spans));
