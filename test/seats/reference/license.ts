// What licenses and rules say, looked up anew each time.
import type { FeaturePool, SeatGrant } from "../../../src/seats/terms.ts";
import { type Held, type Records, sum, type Wish } from "./records.ts";

type Product = Pick<Wish, "feature" | "version" | "versionDate">;

export const poolOf = ({ terms }: Records, feature: string): FeaturePool | undefined =>
  terms.pools.find(({ name }) => name === feature);

/** LAW: a grant counts from its start on, and before its end. */
export function validGrants(records: Records, feature: string): readonly SeatGrant[] {
  return (poolOf(records, feature)?.grants ?? []).filter((grant) => isValid(records, grant));
}

function isValid(
  { wall }: Records,
  { startsAt, endsAt }: Pick<SeatGrant, "startsAt" | "endsAt">,
): boolean {
  return (startsAt ?? wall) <= wall && wall < (endsAt ?? Infinity);
}

/**
 * LAW: a seat serves versions up to its limit, and those released before its maintenance ended. Where it
 * has ended for some, who names no date is served by none of them.
 */
export function serving(records: Records, product: Product): readonly SeatGrant[] {
  return validGrants(records, product.feature).filter(
    ({ versionMax, maintenanceUntil }) =>
      (versionMax === null || Number(product.version) <= Number(versionMax)) &&
      (maintenanceUntil === null ||
        (product.versionDate !== null && product.versionDate < maintenanceUntil)),
  );
}

/** Which seats serve a version, in words; a lease that is too new for all keeps any. */
export function kindOf(records: Records, product: Product): string {
  const grants = validGrants(records, product.feature);
  const numbers = serving(records, product).map((grant) => grants.indexOf(grant));
  return numbers.length === 0 ? "any" : numbers.join(",");
}

/** Seats that are wanted or used: so many, of a version. Any seat will do without one. */
export interface Need {
  readonly count: number;
  readonly product: Product | undefined;
}

/**
 * LAW (never oversold): everybody can have a seat that serves them, if and only if no set of grants
 * is asked for more seats than it has by those whom no other grant serves (Hall's theorem).
 */
export function fit(
  records: Records,
  feature: string,
  needs: readonly Need[],
  seatsOf: (grant: SeatGrant) => number,
): boolean {
  const all = validGrants(records, feature);
  return subsetsOf(all).every((some) => {
    const bound = needs.filter(({ product }) => {
      const grants = product === undefined ? [] : serving(records, product);
      return (grants.length === 0 ? all : grants).every((grant) => some.includes(grant));
    });
    return sum(bound.map(({ count }) => count)) <= sum(some.map(seatsOf));
  });
}

function subsetsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return items.reduce<readonly (readonly Item[])[]>(
    (subsets, item) => [...subsets, ...subsets.map((subset) => [...subset, item])],
    [[]],
  );
}

export const licensed = ({ seats }: SeatGrant): number => seats;
export const withOverdraft = ({ seats, overdraftSeats }: SeatGrant): number =>
  seats + overdraftSeats;

/** Tokens of a pool in the licenses valid now. */
export function tokensIn(records: Records, pool: string): number {
  const grants = records.terms.tokens.filter(
    (grant) => grant.name === pool && isValid(records, grant),
  );
  return sum(grants.map(({ tokens }) => tokens));
}

/** LAW: whoever is in one of the groups is meant; a rule for nobody in particular means everybody. */
export function means(who: readonly string[] | null, groups: readonly string[]): boolean {
  return who === null || who.some((group) => groups.includes(group));
}

/** The rules of a kind that speak of a feature, in the order of the file. */
export function rulesFor<Rule extends { readonly feature: string }>(
  rules: readonly Rule[],
  feature: string,
): readonly Rule[] {
  return rules.filter(
    (rule) =>
      rule.feature === feature ||
      (rule.feature.endsWith("*") && feature.startsWith(rule.feature.slice(0, -1))),
  );
}

/** The first rule that fits counts. */
export function firstRule<
  Rule extends { readonly feature: string; readonly who: readonly string[] | null },
>(rules: readonly Rule[], feature: string, groups: readonly string[]): Rule | undefined {
  return rulesFor(rules, feature).find(({ who }) => means(who, groups));
}

/** LAW: a released seat stays for its linger, and at least until its least time is over; rules and license: the longer. */
export function stayEnd(records: Records, { feature, groups, began }: Held): number {
  const pool = poolOf(records, feature);
  const { linger, minLease } = records.terms.rules;
  const stays = Math.max(pool?.linger ?? 0, firstRule(linger, feature, groups)?.span ?? 0);
  const least = Math.max(pool?.minLease ?? 0, firstRule(minLease, feature, groups)?.span ?? 0);
  return Math.max(records.mono + stays, began + least);
}

/** Starts and ends of grants that lie behind. */
export function boundsBehind({ terms, wall }: Records): readonly number[] {
  return [...terms.pools.flatMap(({ grants }) => grants), ...terms.tokens]
    .flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
    .filter((bound) => bound !== null)
    .filter((bound) => bound <= wall);
}
