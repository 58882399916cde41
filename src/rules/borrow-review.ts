import type { BorrowRule } from "../base/site-rules.ts";
import { coversPattern, isWithin } from "./coverage.ts";
import { comparedRules, type Finding, optionPath, type Placed, type Review } from "./finding.ts";

/** Rules about borrowing that never decide, because another one is always reached before. */
export function reviewBorrowing(review: Review): readonly Finding[] {
  const rules = comparedRules(review, "borrow");
  return rules.flatMap((rule) => neverReached(review, rules, rule));
}

function neverReached(
  review: Review,
  rules: readonly Placed<"borrow">[],
  later: Placed<"borrow">,
): readonly Finding[] {
  const other = rules.find(
    (each) =>
      each.index !== later.index &&
      isStricter(review, each.rule, later.rule) &&
      (each.index < later.index || !isStricter(review, later.rule, each.rule)),
  );
  if (other === undefined) return [];
  const { ruleId } = later.rule;
  const text = `${other.rule.ruleId} lets the same people borrow no more than this, so this one never decides`;
  return [{ severity: "contradiction", ruleId, path: optionPath(later), text }];
}

/** Who may not more by `outer` is never stopped by `inner`: the more people share seats, the fewer are left. */
function isStricter({ groups }: Review, outer: BorrowRule, inner: BorrowRule): boolean {
  if (!coversPattern(outer.feature, inner.feature)) return false;
  const { who } = outer;
  const isMeant =
    who === null || (inner.who?.every((name) => isWithin(groups, name, who)) ?? false);
  if (!isMeant) return false;
  const forbids = outer.span === 0 || outer.seats === 0;
  return forbids || (isAtMost(outer.span, inner.span) && isAtMost(outer.seats, inner.seats));
}

/** Null narrows nothing. */
const isAtMost = (one: number | null, other: number | null): boolean =>
  other === null || (one !== null && one <= other);
