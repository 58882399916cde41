import { coversPattern, isEmptyGroup, isWithin } from "./coverage.ts";
import {
  type Finding,
  listed,
  optionPath,
  type Placed,
  type Review,
  rulesOf,
  shareFeature,
} from "./finding.ts";
import { groupNamed } from "./group.ts";

/** Rules about who may: one that takes away what another gives, or that never comes to bear. */
export function reviewAccess(review: Review): readonly Finding[] {
  return [
    ...rulesOf(review, "include").flatMap((include) => reviewInclude(review, include)),
    ...rulesOf(review, "priority", "linger", "min_lease", "idle_timeout").flatMap((rule) =>
      neverReached(review, rule),
    ),
  ];
}

/** Why nobody of the group can get the feature by this rule; undefined when somebody can. */
type Obstacle = "empty" | Placed<"exclude">;

function reviewInclude(review: Review, include: Placed<"include">): readonly Finding[] {
  const { ruleId, who } = include.rule;
  const known = who.filter((name) => groupNamed(review.groups, name) !== undefined);
  const obstacles = known.flatMap((name) => {
    const obstacle = obstacleFor(review, include, name);
    return obstacle === undefined ? [] : [{ name, obstacle }];
  });
  if (known.length > 0 && obstacles.length === known.length) {
    const why = obstacles.map(({ name, obstacle }) => obstacleText(name, obstacle));
    const text = `nobody can satisfy it: ${listed(why)}`;
    return [{ severity: "contradiction", ruleId, path: optionPath(include, "who"), text }];
  }
  return obstacles.flatMap(({ name, obstacle }): readonly Finding[] => {
    if (obstacle === "empty") return [];
    const text = `it shadows ${ruleId}, which includes ${name}: who is excluded stays out`;
    const path = optionPath(obstacle, "who");
    return [{ severity: "contradiction", ruleId: obstacle.rule.ruleId, path, text }];
  });
}

function obstacleFor(
  review: Review,
  include: Placed<"include">,
  name: string,
): Obstacle | undefined {
  const group = groupNamed(review.groups, name);
  if (group !== undefined && isEmptyGroup(group)) return "empty";
  return exclusionOf(review, include.rule, name);
}

/** The exclusion that keeps the whole group from a feature of `rule`, if there is one. */
export function exclusionOf(
  review: Review,
  rule: { readonly feature: string },
  name: string,
): Placed<"exclude"> | undefined {
  return rulesOf(review, "exclude").find(
    (exclude) =>
      shareFeature(review, rule, exclude.rule) && isWithin(review.groups, name, exclude.rule.who),
  );
}

function obstacleText(name: string, obstacle: Obstacle): string {
  if (obstacle === "empty") return `the group ${name} is empty`;
  return `${obstacle.rule.ruleId} excludes ${name}`;
}

/** Of these kinds the first rule that fits counts, so one behind a wider one never does. */
function neverReached(
  review: Review,
  later: Placed<"priority" | "linger" | "min_lease" | "idle_timeout">,
): readonly Finding[] {
  const earlier = rulesOf(review, later.kind).find(
    (other) => other.index < later.index && isWider(review, other.rule, later.rule),
  );
  if (earlier === undefined) return [];
  const text = `${earlier.rule.ruleId} stands before it and fits whenever it does; put this one first`;
  return [{ severity: "contradiction", ruleId: later.rule.ruleId, path: optionPath(later), text }];
}

interface ForSome {
  readonly feature: string;
  readonly who: readonly string[] | null;
}

function isWider({ groups }: Review, outer: ForSome, inner: ForSome): boolean {
  if (!coversPattern(outer.feature, inner.feature)) return false;
  const { who } = outer;
  if (who === null) return true;
  return inner.who?.every((name) => isWithin(groups, name, who)) ?? false;
}
