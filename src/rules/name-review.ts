import { matchesWildcard } from "../base/wildcard.ts";
import { isEmptyGroup } from "./coverage.ts";
import { type Finding, optionPath, type Review, rulesOf } from "./finding.ts";
import { groupNamed } from "./group.ts";
import { groupsNamedBy } from "./written-rule.ts";

/** Ids that are taken, groups that are not there, are empty or unused, features nobody sold. */
export function reviewNames(review: Review): readonly Finding[] {
  return [
    ...duplicateIds(review),
    ...unknownGroups(review),
    ...groupMaxima(review),
    ...unlicensedFeatures(review),
    ...idleGroups(review),
  ];
}

function duplicateIds({ rules }: Review): readonly Finding[] {
  const taken = new Map<string, number>();
  return rules.flatMap(({ rule: { ruleId } }, index): readonly Finding[] => {
    const first = taken.get(ruleId);
    if (first === undefined) {
      taken.set(ruleId, index);
      return [];
    }
    const text = `the id ${ruleId} is taken by rule ${first + 1}; give one of them another id`;
    return [{ severity: "error", ruleId, path: ["rules", index, "id"], text }];
  });
}

function unknownGroups(review: Review): readonly Finding[] {
  return review.rules.flatMap((written, index) => {
    const { option, names } = groupsNamedBy(written);
    return names
      .filter((name) => groupNamed(review.groups, name) === undefined)
      .map((name): Finding => {
        const path = optionPath({ kind: written.kind, index }, option);
        const text = `there is no group ${name}`;
        return { severity: "error", ruleId: written.rule.ruleId, path, text };
      });
  });
}

function groupMaxima(review: Review): readonly Finding[] {
  return rulesOf(review, "max")
    .filter(({ rule }) => rule.per === "group" && rule.who === null)
    .map((placed): Finding => {
      const text = "a maximum per group names its groups with who";
      return {
        severity: "error",
        ruleId: placed.rule.ruleId,
        path: optionPath(placed, "per"),
        text,
      };
    });
}

function unlicensedFeatures({ rules, licensed }: Review): readonly Finding[] {
  if (licensed === undefined) return [];
  return rules.flatMap(({ kind, rule: { ruleId, feature } }, index): readonly Finding[] => {
    if (licensed.some(({ name }) => matchesWildcard(feature, name))) return [];
    const path = optionPath({ kind, index }, "feature");
    const text = `no license has a feature ${feature}; the rule does nothing`;
    return [{ severity: "contradiction", ruleId, path, text }];
  });
}

function idleGroups({ groups, rules }: Review): readonly Finding[] {
  const used = new Set(rules.flatMap((written) => groupsNamedBy(written).names));
  return Object.entries(groups).flatMap(([name, group]): readonly Finding[] => {
    const about = { severity: "remark", ruleId: null, path: ["groups", name] } as const;
    if (!used.has(name)) return [{ ...about, text: `no rule names the group ${name}` }];
    return isEmptyGroup(group) ? [{ ...about, text: `nobody can be in the group ${name}` }] : [];
  });
}
