import type { SiteRules } from "../base/site-rules.ts";
import type { Standing } from "../base/standing.ts";
import { pseudonymOf } from "../privacy/pseudonym.ts";
import type { Labels } from "../protocol/requests.ts";
import { compileGroups, type Doorkeeper } from "../rules/group.ts";
import { type SitePolicy, siteRulesOf } from "../rules/written-rule.ts";
import type { Caller } from "../seats/lease.ts";

/** What is kept of labels. */
export type Pseudonyms = Pick<Caller, "user" | "host" | "display">;

export function pseudonymsOf(key: Uint8Array, { user, host, display }: Labels): Pseudonyms {
  return {
    user: pseudonymOf(key, "user", user),
    host: pseudonymOf(key, "host", host),
    display: display === undefined ? null : pseudonymOf(key, "display", display),
  };
}

/** Asks the door about one caller again; answers by the rules of that moment. */
export type StandingNow = () => Standing;

/**
 * The site's rules of this moment, and the one place where they are held against labels. What
 * leaves are names of groups; the labels themselves stay in a closure that lives as long as the
 * connection, are compared there, and are never stored, logged or passed on.
 */
export class Door {
  #policy: SitePolicy;
  #rules: SiteRules;
  #doorkeeper: Doorkeeper;

  constructor(policy: SitePolicy) {
    this.#policy = policy;
    this.#rules = siteRulesOf(policy);
    this.#doorkeeper = compileGroups(policy.groups);
  }

  get policy(): SitePolicy {
    return this.#policy;
  }

  /** What the engine obeys. */
  get rules(): SiteRules {
    return this.#rules;
  }

  /** From now on other groups and rules hold. Who has come in is looked at again when next asked for. */
  change(policy: SitePolicy): void {
    this.#policy = policy;
    this.#rules = siteRulesOf(policy);
    this.#doorkeeper = compileGroups(policy.groups);
  }

  /** @param address where the connection comes from; undefined when unknown. */
  lookAt({ user, host }: Pick<Labels, "user" | "host">, address: string | undefined): StandingNow {
    let seen: { readonly by: Doorkeeper; readonly standing: Standing } | undefined;
    return () => {
      const by = this.#doorkeeper;
      if (seen?.by !== by) seen = { by, standing: by.standingOf({ user, host, address }) };
      return seen.standing;
    };
  }
}
