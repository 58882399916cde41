import type { SiteRules } from "../base/site-rules.ts";
import { NO_STANDING, type Standing } from "../base/standing.ts";
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

/**
 * What a certificate or token proves of its bearer's labels at this moment; undefined once it has
 * ended. Asked anew each time: it may be revoked while the connection lives.
 */
export type Proof = () => Standing["bound"] | undefined;

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

  /**
   * @param address where the connection comes from; undefined when unknown.
   * @param proofs what vouches for the labels; a label is bound when one of them says so.
   */
  lookAt(
    { user, host }: Pick<Labels, "user" | "host">,
    address: string | undefined,
    proofs: readonly Proof[] = [],
  ): StandingNow {
    let seen: { readonly by: Doorkeeper; readonly standing: Standing } | undefined;
    return () => {
      const by = this.#doorkeeper;
      const bound = boundBy(proofs);
      if (seen?.by !== by || !isSame(seen.standing.bound, bound)) {
        seen = { by, standing: { groups: by.groupsOf({ user, host, address }), bound } };
      }
      return seen.standing;
    };
  }
}

function boundBy(proofs: readonly Proof[]): Standing["bound"] {
  if (proofs.length === 0) return NO_STANDING.bound;
  let { user, host } = NO_STANDING.bound;
  for (const proof of proofs) {
    const bound = proof();
    user ||= bound?.user === true;
    host ||= bound?.host === true;
  }
  return { user, host };
}

const isSame = (one: Standing["bound"], other: Standing["bound"]): boolean =>
  one.user === other.user && one.host === other.host;
