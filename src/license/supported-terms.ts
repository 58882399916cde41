import type { Terms } from "./terms.ts";

/**
 * The terms that this release reads but does not enforce yet, as paths into the license. A license that
 * has any is refused at installation: nobody gets less, or more, than was sold without being told.
 * Empty when everything in it is enforced.
 */
export function unsupportedTerms(terms: Terms): readonly string[] {
  const used = {
    clock_policy: terms.clockPolicy !== "flag",
  };
  return Object.entries(used).flatMap(([name, isUsed]) => (isUsed ? [name] : []));
}
