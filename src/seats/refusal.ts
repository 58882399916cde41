import type { DenialReason } from "../base/denial.ts";

/** Why not, before it is put into words. */
export interface Refusal {
  readonly reason: DenialReason;
  /** The rule of the site that decided, if one did. */
  readonly rule?: SiteRuleName;
  /** True when no lease that ends can change it. */
  readonly isLasting?: boolean;
  /** What to do, where it can be said better than by the reason alone. */
  readonly hint?: string;
}

/** A rule as a denied person gets to know it. */
interface SiteRuleName {
  readonly ruleId: string;
  readonly reason?: string;
}
