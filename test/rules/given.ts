import { rawIdentity } from "../../src/base/identity.ts";
import { millis, seconds } from "../../src/base/time.ts";
import type { Door, Group } from "../../src/rules/group.ts";
import { type Network, readNetwork } from "../../src/rules/network.ts";
import type { SitePolicy, WrittenRule } from "../../src/rules/written-rule.ts";

export function network(text: string): Network {
  const read = readNetwork(text);
  if (read.kind === "refused") throw new Error(read.reason);
  return read.network;
}

export function group(written: {
  readonly users?: readonly string[];
  readonly hosts?: readonly string[];
  readonly networks?: readonly string[];
  readonly ignoreCase?: boolean;
}): Group {
  const { users = [], hosts = [], networks = [], ignoreCase = false } = written;
  return { users, hosts, networks: networks.map(network), ignoreCase };
}

export function door(user: string, host = "workstation-7", address?: string): Door {
  return { user: rawIdentity(user), host: rawIdentity(host), address };
}

export function site(groups: SitePolicy["groups"], ...rules: readonly WrittenRule[]): SitePolicy {
  return { groups, rules, policy: { showHolders: "none" } };
}

export const reserve = (
  ruleId: string,
  feature: string,
  seats: number,
  ...names: string[]
): WrittenRule => ({ kind: "reserve", rule: { ruleId, feature, seats, for: names } });

export const include = (ruleId: string, feature: string, ...who: string[]): WrittenRule => ({
  kind: "include",
  rule: { ruleId, feature, who },
});

export const exclude = (ruleId: string, feature: string, ...who: string[]): WrittenRule => ({
  kind: "exclude",
  rule: { ruleId, feature, who },
});

export const max = (
  ruleId: string,
  feature: string,
  seats: number,
  per: "user" | "host" | "group",
  who: readonly string[] | null = null,
): WrittenRule => ({ kind: "max", rule: { ruleId, feature, seats, per, who } });

export const priority = (
  ruleId: string,
  feature: string,
  value: number,
  who: readonly string[] | null = null,
): WrittenRule => ({ kind: "priority", rule: { ruleId, feature, value, who } });

/** @param days null for any number, as `seats` too */
export const borrow = (
  ruleId: string,
  feature: string,
  days: number | null,
  seats: number | null = null,
  who: readonly string[] | null = null,
): WrittenRule => ({
  kind: "borrow",
  rule: { ruleId, feature, span: days === null ? null : millis(days * 86_400_000), seats, who },
});

export const linger = (
  ruleId: string,
  feature: string,
  who: readonly string[] | null = null,
): WrittenRule => ({ kind: "linger", rule: { ruleId, feature, span: seconds(30), who } });
