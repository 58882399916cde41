import { reviewAccess } from "./access-review.ts";
import { reviewBorrowing } from "./borrow-review.ts";
import { reviewEffects } from "./effect-review.ts";
import type { Finding, LicensedFeature } from "./finding.ts";
import { reviewNames } from "./name-review.ts";
import { reviewSeats } from "./seat-review.ts";
import type { SitePolicy } from "./written-rule.ts";

/**
 * What is wrong or odd about the site's rules, in the order of the file. It sees what the texts
 * show: two wildcards may meet in a way that is not found, and above 1,000 rules of a kind none is
 * called needless.
 * @param licensed what the licenses have; undefined when nothing is known of them.
 */
export function reviewRules(
  { groups, rules, policy }: SitePolicy,
  licensed?: readonly LicensedFeature[],
): readonly Finding[] {
  const review = { groups, rules, policy, licensed };
  const findings = [
    ...reviewNames(review),
    ...reviewAccess(review),
    ...reviewEffects(review),
    ...reviewBorrowing(review),
    ...reviewSeats(review),
  ];
  return findings.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** Groups stand before the rules. */
function placeOf({ path }: Finding): number {
  const [, index] = path;
  return typeof index === "number" ? index : -1;
}
