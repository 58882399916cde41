import { matchesWildcard } from "../base/wildcard.ts";
import { coversPattern, isWithin } from "./coverage.ts";
import {
  comparedRules,
  type Finding,
  listed,
  optionPath,
  type Placed,
  type Review,
  rulesOf,
} from "./finding.ts";
import { type Group, groupNamed } from "./group.ts";

/** Rules that shut everybody out, and rules that change nothing because another says more. */
export function reviewEffects(review: Review): readonly Finding[] {
  return [
    ...rulesOf(review, "exclude").flatMap((exclude) => shutsOut(review, exclude)),
    ...rulesOf(review, "include").flatMap((include) => keepsNobodyOut(review, include)),
    ...saidAlready(review, comparedRules(review, "include")),
    ...saidAlready(review, comparedRules(review, "exclude")),
    ...neverDecides(review, comparedRules(review, "max")),
    ...rulesOf(review, "max").flatMap((max) => [...maximumOfZero(max), ...aboveSeats(review, max)]),
  ];
}

function shutsOut(review: Review, exclude: Placed<"exclude">): readonly Finding[] {
  const { ruleId, who, feature } = exclude.rule;
  const all = who.find((name) => isEverybody(groupNamed(review.groups, name)));
  if (all === undefined) return [];
  const text = `everybody is in the group ${all}, so nobody can use ${feature}`;
  return [{ severity: "contradiction", ruleId, path: optionPath(exclude, "who"), text }];
}

function keepsNobodyOut(review: Review, include: Placed<"include">): readonly Finding[] {
  const { ruleId, who, feature } = include.rule;
  const all = who.find((name) => isEverybody(groupNamed(review.groups, name)));
  if (all === undefined) return [];
  const text = `everybody is in the group ${all}, so no include keeps anybody from ${feature}`;
  return [{ severity: "remark", ruleId, path: optionPath(include, "who"), text }];
}

/** Whether there is nobody outside, by what the group says: all logins, all hosts or all addresses. */
function isEverybody(group: Group | undefined): boolean {
  if (group === undefined) return false;
  const whole = group.networks.filter(({ prefix }) => prefix === 0);
  const families = new Set(whole.map(({ base }) => base.length));
  return group.users.some(isAny) || group.hosts.some(isAny) || families.size === 2;
}

const isAny = (pattern: string): boolean => /^\*+$/.test(pattern);

/** A second include or exclude of the same people does nothing; the first one is told. */
function saidAlready(
  review: Review,
  rules: readonly Placed<"include" | "exclude">[],
): readonly Finding[] {
  return rules.flatMap((rule): readonly Finding[] => {
    const other = rules.find(
      (each) =>
        each.index !== rule.index &&
        saysAll(review, each.rule, rule.rule) &&
        (each.index < rule.index || !saysAll(review, rule.rule, each.rule)),
    );
    if (other === undefined) return [];
    const { ruleId } = rule.rule;
    const text = `${other.rule.ruleId} says this already; the rule changes nothing`;
    return [{ severity: "remark", ruleId, path: optionPath(rule), text }];
  });
}

interface ForGroups {
  readonly feature: string;
  readonly who: readonly string[];
}

const saysAll = ({ groups }: Review, outer: ForGroups, inner: ForGroups): boolean =>
  coversPattern(outer.feature, inner.feature) &&
  inner.who.every((name) => isWithin(groups, name, outer.who));

function maximumOfZero(max: Placed<"max">): readonly Finding[] {
  const { ruleId, seats, who, feature } = max.rule;
  if (seats > 0) return [];
  const about = { ruleId, path: optionPath(max, "seats") };
  if (who === null) {
    const text = `a maximum of 0 for everybody: nobody can use ${feature}`;
    return [{ severity: "contradiction", ...about, text }];
  }
  const text = `a maximum of 0 keeps ${listed(who)} from ${feature}; an exclude says that plainly`;
  return [{ severity: "remark", ...about, text }];
}

/** A lower maximum over the same holders is always reached first. */
function neverDecides(review: Review, rules: readonly Placed<"max">[]): readonly Finding[] {
  return rules.flatMap((max): readonly Finding[] => {
    const lower = rules.find((other) => isReachedFirst(review, other, max));
    if (lower === undefined) return [];
    const { ruleId, seats } = lower.rule;
    const text = `${ruleId} allows at most ${seats} of the same, so this one never decides`;
    const path = optionPath(max, "seats");
    return [{ severity: "contradiction", ruleId: max.rule.ruleId, path, text }];
  });
}

function isReachedFirst(
  { groups }: Review,
  { index, rule: other }: Placed<"max">,
  { index: at, rule: max }: Placed<"max">,
): boolean {
  const isLower = other.seats < max.seats || (other.seats === max.seats && index < at);
  if (index === at || !isLower || other.per !== max.per) return false;
  if (!coversPattern(other.feature, max.feature)) return false;
  const { who } = other;
  if (who === null) return true;
  // Each group is counted by itself, so only the same one counts the same seats.
  const isMeant = (name: string): boolean =>
    max.per === "group" ? who.includes(name) : isWithin(groups, name, who);
  return max.who?.every(isMeant) ?? false;
}

function aboveSeats({ licensed }: Review, max: Placed<"max">): readonly Finding[] {
  const { ruleId, seats, feature } = max.rule;
  const meant = licensed?.filter(({ name }) => matchesWildcard(feature, name)) ?? [];
  const most = Math.max(0, ...meant.map((each) => each.seats));
  if (meant.length === 0 || seats < most) return [];
  const text = `the licenses have ${most}, so a maximum of ${seats} keeps nobody back`;
  return [{ severity: "remark", ruleId, path: optionPath(max, "seats"), text }];
}
