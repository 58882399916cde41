import { matchesWildcard } from "../base/wildcard.ts";
import { type Group, type Groups, groupNamed } from "./group.ts";
import { isInNetwork, type Network } from "./network.ts";

/**
 * Whether everything that `inner` matches is matched by `outer` too. May say no where it is so,
 * never yes where it is not.
 */
export function coversPattern(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  // A `?` of the outer pattern must not be taken for the inner one's `*`.
  return !(outer.includes("?") && inner.includes("*")) && matchesWildcard(outer, inner);
}

/** Whether both patterns can be meant of one name. May say no where it is so. */
export function canMeet(one: string, other: string): boolean {
  return coversPattern(one, other) || coversPattern(other, one);
}

/** Whether whoever is in the group `name` is in one of `others` too, by all that can be seen. */
export function isWithin(groups: Groups, name: string, others: readonly string[]): boolean {
  if (others.includes(name)) return true;
  const inner = groupNamed(groups, name);
  if (inner === undefined || isEmptyGroup(inner)) return false;
  const outer = others.flatMap((other) => groupNamed(groups, other) ?? []);
  return (
    inner.users.every((user) => outer.some((group) => coversUser(group, user, inner))) &&
    inner.hosts.every((host) => outer.some((group) => coversHost(group, host))) &&
    inner.networks.every((network) => outer.some((group) => hasNetwork(group, network)))
  );
}

/** A group that nobody can be in. */
export function isEmptyGroup({ users, hosts, networks }: Group): boolean {
  return users.length + hosts.length + networks.length === 0;
}

function coversUser(group: Group, user: string, { ignoreCase }: Group): boolean {
  if (group.ignoreCase)
    return group.users.some((other) => coversPattern(lower(other), lower(user)));
  // In any case, a login is more names than the pattern of one case has.
  return group.users.some((other) => other === "*" || (!ignoreCase && coversPattern(other, user)));
}

const coversHost = (group: Group, host: string): boolean =>
  group.hosts.some((other) => coversPattern(lower(other), lower(host)));

const lower = (text: string): string => text.toLowerCase();

function hasNetwork(group: Group, { base, prefix }: Network): boolean {
  return group.networks.some((outer) => outer.prefix <= prefix && isInNetwork(outer, base));
}
