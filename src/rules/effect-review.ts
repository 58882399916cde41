import { matchesWildcard } from "../base/wildcard.ts";
import { coversPattern, isWithin } from "./coverage.ts";
import { type Finding, listed, optionPath, type Placed, type Review, rulesOf } from "./finding.ts";
import { type Group, groupNamed } from "./group.ts";

/** Rules that shut everybody out, and rules that change nothing because another says more. */
export function reviewEffects(review: Review): readonly Finding[] {
  return [
    ...rulesOf(review, "exclude").flatMap((exclude) => shutsOut(review, exclude)),
    ...rulesOf(review, "include").flatMap((include) => keepsNobodyOut(review, include)),
    ...rulesOf(review, "include", "exclude").flatMap((rule) => saidAlready(review, rule)),
    ...rulesOf(review, "max").flatMap((max) => [
      ...maximumOfZero(max),
      ...neverDecides(review, max),
      ...aboveSeats(review, max),
    ]),
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
function saidAlready(review: Review, rule: Placed<"include" | "exclude">): readonly Finding[] {
  const other = rulesOf(review, rule.kind).find(
    (each) =>
      each.index !== rule.index &&
      saysAll(review, each.rule, rule.rule) &&
      (each.index < rule.index || !saysAll(review, rule.rule, each.rule)),
  );
  if (other === undefined) return [];
  const { ruleId } = rule.rule;
  const text = `${other.rule.ruleId} says this already; the rule changes nothing`;
  return [{ severity: "remark", ruleId, path: optionPath(rule), text }];
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
function neverDecides({ groups, ...review }: Review, max: Placed<"max">): readonly Finding[] {
  const { ruleId, per, seats, who, feature } = max.rule;
  const lower = rulesOf({ groups, ...review }, "max").find(({ index, rule: other }) => {
    const isFirst = other.seats < seats || (other.seats === seats && index < max.index);
    if (index === max.index || !isFirst || other.per !== per) return false;
    if (!coversPattern(other.feature, feature)) return false;
    const { who: outer } = other;
    if (outer === null) return true;
    // Each group is counted by itself, so only the same one counts the same seats.
    const isMeant = (name: string): boolean =>
      per === "group" ? outer.includes(name) : isWithin(groups, name, outer);
    return who?.every(isMeant) ?? false;
  });
  if (lower === undefined) return [];
  const text = `${lower.rule.ruleId} allows at most ${lower.rule.seats} of the same, so this one never decides`;
  return [{ severity: "contradiction", ruleId, path: optionPath(max, "seats"), text }];
}

function aboveSeats({ licensed }: Review, max: Placed<"max">): readonly Finding[] {
  const { ruleId, seats, feature } = max.rule;
  const meant = licensed?.filter(({ name }) => matchesWildcard(feature, name)) ?? [];
  const most = Math.max(0, ...meant.map((each) => each.seats));
  if (meant.length === 0 || seats < most) return [];
  const text = `the licenses have ${most}, so a maximum of ${seats} keeps nobody back`;
  return [{ severity: "remark", ruleId, path: optionPath(max, "seats"), text }];
}
