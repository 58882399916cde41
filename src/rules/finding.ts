import { matchesWildcard } from "../base/wildcard.ts";
import { canMeet } from "./coverage.ts";
import type { SitePolicy, WrittenRule } from "./written-rule.ts";

/**
 * `error`: the rules mean nothing as they stand, and are refused. `contradiction`: they work, but
 * one defeats another or itself. `remark`: probably not what was meant.
 */
export type Severity = "error" | "contradiction" | "remark";

/** Something about the rules that deserves a look. */
export interface Finding {
  readonly severity: Severity;
  /** The rule; null when it is about a group. */
  readonly ruleId: string | null;
  /** Where in the file: `["rules", 2, "reserve", "seats"]`. */
  readonly path: readonly (string | number)[];
  /** A sentence, lower case, without a full stop. */
  readonly text: string;
}

/** A feature that the licenses have, with its seats of this moment. */
export interface LicensedFeature {
  readonly name: string;
  readonly seats: number;
}

/** What is reviewed. */
export interface Review extends SitePolicy {
  /** Undefined when nothing is known of the licenses: then only the rules are looked at. */
  readonly licensed: readonly LicensedFeature[] | undefined;
}

/** A rule with its place among the written ones. */
export type Placed<Kind extends WrittenRule["kind"] = WrittenRule["kind"]> = Extract<
  WrittenRule,
  { readonly kind: Kind }
> & { readonly index: number };

/** The rules of some kinds, with their places. */
export function rulesOf<Kind extends WrittenRule["kind"]>(
  { rules }: SitePolicy,
  ...kinds: readonly Kind[]
): readonly Placed<Kind>[] {
  const known = LISTS.get(rules) ?? new Map<string, readonly Placed[]>();
  LISTS.set(rules, known);
  const name = kinds.join(" ");
  const isWanted = (placed: Placed): placed is Placed<Kind> =>
    kinds.some((kind) => kind === placed.kind);
  const list = known.get(name) ?? rules.map((each, index) => ({ ...each, index })).filter(isWanted);
  known.set(name, list);
  return list.filter(isWanted);
}

/** Lists that were made before: each rule asks for those of its kind again. */
const LISTS = new WeakMap<readonly WrittenRule[], Map<string, readonly Placed[]>>();

/** Comparing more rules, each with each, would hold a reload up for seconds. */
const COMPARED_MAX = 1_000;

/** The rules of a kind, where they are few enough to be compared with one another; else none. */
export function comparedRules<Kind extends WrittenRule["kind"]>(
  review: Review,
  kind: Kind,
): readonly Placed<Kind>[] {
  const rules = rulesOf(review, kind);
  return rules.length <= COMPARED_MAX ? rules : [];
}

/** Where an option of a rule is written. */
export function optionPath(
  { kind, index }: { readonly kind: WrittenRule["kind"]; readonly index: number },
  option?: string,
): readonly (string | number)[] {
  return ["rules", index, kind, ...(option === undefined ? [] : [option])];
}

/** Whether two rules can be about one feature: a licensed one, where the licenses are known. */
export function shareFeature(
  { licensed }: Review,
  one: { readonly feature: string },
  other: { readonly feature: string },
): boolean {
  if (licensed === undefined) return canMeet(one.feature, other.feature);
  return licensed.some(
    ({ name }) => matchesWildcard(one.feature, name) && matchesWildcard(other.feature, name),
  );
}

/** `cad`, `cad and sim`, `cad, sim and plot`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "nobody";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}
