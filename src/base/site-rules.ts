import type { Millis } from "./time.ts";

/**
 * The site's own rules about seats, from `config.yaml`. They narrow what the licenses allow and
 * never widen it. Plain data: `config` reads them, the engine obeys them, and both mean the same
 * by them because it stands here. Of `priority`, `linger`, `min_lease` and `idle_timeout` the first
 * rule that fits counts; of the other kinds all that fit hold side by side.
 */
export interface SiteRules {
  readonly reserve: readonly ReserveRule[];
  readonly include: readonly WhoRule[];
  readonly exclude: readonly WhoRule[];
  readonly max: readonly MaxRule[];
  readonly priority: readonly PriorityRule[];
  readonly linger: readonly SpanRule[];
  readonly minLease: readonly SpanRule[];
  readonly idleTimeout: readonly SpanRule[];
  readonly requireBound: readonly RequireBoundRule[];
  readonly borrow: readonly BorrowRule[];
  /** Whether a denied person reads the pseudonyms of those who hold the seats. */
  readonly showHolders: ShowHolders;
}

export type ShowHolders = "none" | "pseudonym";

/** Group names; a caller in any of them is meant. */
export type Groups = readonly string[];

interface SiteRule {
  /** Unique among all rules; what a denied person can quote. */
  readonly ruleId: string;
  /** The name of a feature, or a pattern for several (`matchesWildcard`). */
  readonly feature: string;
  /** Why, in the administrator's words; a denied person reads it. */
  readonly reason?: string;
}

/** A rule that may be limited to some; null means everybody. */
interface RuleForSome extends SiteRule {
  readonly who: Groups | null;
}

/** Seats that only the groups of `for` may take. Not `who`: it says who else must stay away. */
export interface ReserveRule extends SiteRule {
  /** At least 1, for each feature that the pattern names. */
  readonly seats: number;
  readonly for: Groups;
}

/** Of `include`: with any for a feature, only those included may use it. Of `exclude`: these may not. */
export interface WhoRule extends SiteRule {
  readonly who: Groups;
}

/** At most `seats` at a time for each user, for each host, or for each group of `who` together. */
export interface MaxRule extends RuleForSome {
  /** At least 0. */
  readonly seats: number;
  /** `group` needs a `who`: each group of it counts by itself. */
  readonly per: "user" | "host" | "group";
}

/** Higher ones are served first; 0 where no rule fits. */
export interface PriorityRule extends RuleForSome {
  /** A whole number from -1000 to 1000. */
  readonly value: number;
}

/** Of `linger`, `min_lease` and `idle_timeout`: how long. */
export interface SpanRule extends RuleForSome {
  readonly span: Millis;
}

/** What may be taken off the network. */
export interface BorrowRule extends RuleForSome {
  /** The longest time of one borrowing; null narrows nothing, 0 forbids it. */
  readonly span: Millis | null;
  /** Seats that those whom the rule means may have out together; null narrows nothing, 0 forbids it. */
  readonly seats: number | null;
}

/** Labels that must be proven by certificate or token before a seat is given. */
export interface RequireBoundRule extends RuleForSome {
  readonly labels: readonly ("user" | "host")[];
}

/** A site without rules of its own. */
export const NO_RULES: SiteRules = {
  reserve: [],
  include: [],
  exclude: [],
  max: [],
  priority: [],
  linger: [],
  minLease: [],
  idleTimeout: [],
  requireBound: [],
  borrow: [],
  showHolders: "none",
};
