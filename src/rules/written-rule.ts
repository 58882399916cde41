import type {
  BorrowRule,
  MaxRule,
  PriorityRule,
  RequireBoundRule,
  ReserveRule,
  ShowHolders,
  SiteRules,
  SpanRule,
  WhoRule,
} from "../base/site-rules.ts";
import type { Groups } from "./group.ts";

/** A rule as the file lists it; its place in the list is its place among the written rules. */
export type WrittenRule =
  | Written<"reserve", ReserveRule>
  | Written<"include", WhoRule>
  | Written<"exclude", WhoRule>
  | Written<"max", MaxRule>
  | Written<"priority", PriorityRule>
  | Written<"linger", SpanRule>
  | Written<"min_lease", SpanRule>
  | Written<"idle_timeout", SpanRule>
  | Written<"require_bound", RequireBoundRule>
  | Written<"borrow", BorrowRule>;

interface Written<Kind extends string, Rule> {
  readonly kind: Kind;
  readonly rule: Rule;
}

/** All that the site says about who gets seats. */
export interface SitePolicy {
  readonly groups: Groups;
  readonly rules: readonly WrittenRule[];
  readonly policy: { readonly showHolders: ShowHolders };
}

/** The rules as the engine takes them, each kind in the order of the file. */
export function siteRulesOf({ rules, policy }: SitePolicy): SiteRules {
  return {
    reserve: rules.flatMap((each) => (each.kind === "reserve" ? [each.rule] : [])),
    include: rules.flatMap((each) => (each.kind === "include" ? [each.rule] : [])),
    exclude: rules.flatMap((each) => (each.kind === "exclude" ? [each.rule] : [])),
    max: rules.flatMap((each) => (each.kind === "max" ? [each.rule] : [])),
    priority: rules.flatMap((each) => (each.kind === "priority" ? [each.rule] : [])),
    linger: rules.flatMap((each) => (each.kind === "linger" ? [each.rule] : [])),
    minLease: rules.flatMap((each) => (each.kind === "min_lease" ? [each.rule] : [])),
    idleTimeout: rules.flatMap((each) => (each.kind === "idle_timeout" ? [each.rule] : [])),
    requireBound: rules.flatMap((each) => (each.kind === "require_bound" ? [each.rule] : [])),
    borrow: rules.flatMap((each) => (each.kind === "borrow" ? [each.rule] : [])),
    showHolders: policy.showHolders,
  };
}

/** The groups a rule names, and under which option of the rule. */
export function groupsNamedBy(written: WrittenRule): {
  readonly option: "for" | "who";
  readonly names: readonly string[];
} {
  if (written.kind === "reserve") return { option: "for", names: written.rule.for };
  return { option: "who", names: written.rule.who ?? [] };
}
