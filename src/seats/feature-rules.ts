import type { Groups, SiteRules } from "../base/site-rules.ts";
import { type Millis, millis } from "../base/time.ts";
import { matchesWildcard } from "../base/wildcard.ts";

/** The site's rules that speak of one feature. */
export type FeatureRules = Omit<SiteRules, "showHolders">;

export function rulesFor(rules: SiteRules, feature: string): FeatureRules {
  const fits = (rule: { readonly feature: string }): boolean =>
    matchesWildcard(rule.feature, feature);
  return {
    reserve: rules.reserve.filter(fits),
    include: rules.include.filter(fits),
    exclude: rules.exclude.filter(fits),
    max: rules.max.filter(fits),
    priority: rules.priority.filter(fits),
    linger: rules.linger.filter(fits),
    minLease: rules.minLease.filter(fits),
    idleTimeout: rules.idleTimeout.filter(fits),
    requireBound: rules.requireBound.filter(fits),
    borrow: rules.borrow.filter(fits),
  };
}

/** Whether the rule means somebody of these groups; null means everybody. */
export function means(who: Groups | null, groups: readonly string[]): boolean {
  return who === null || who.some((group) => groups.includes(group));
}

/** The first rule that means somebody of these groups. */
export function firstFor<Rule extends { readonly who: Groups | null }>(
  rules: readonly Rule[],
  groups: readonly string[],
): Rule | undefined {
  return rules.find(({ who }) => means(who, groups));
}

/** The longer of what the license and the first fitting rule say. */
export function spanFor(
  rules: FeatureRules["linger"],
  groups: readonly string[],
  licensed: Millis,
): Millis {
  return millis(Math.max(licensed, firstFor(rules, groups)?.span ?? 0));
}
